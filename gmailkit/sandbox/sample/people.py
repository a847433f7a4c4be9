"""Who writes to whom. Everybody is invented; the domains are reserved (RFC 2606)."""

from __future__ import annotations

from dataclasses import dataclass

from gmailkit.model.mail import Address
from gmailkit.sandbox.sample.producers import (
    HERON,
    MERIDIAN,
    OTTER,
    POCKET,
    WEBMAIL,
    Producer,
)

ME = Address("me@example.com", "Mira Vale")


@dataclass(frozen=True, slots=True)
class Person:
    """An address, the program its owner writes with, and the owner's zone (hours east of UTC)."""

    address: Address
    producer: Producer
    zone: float = 0


PEOPLE = {
    "me": Person(ME, WEBMAIL, 1),
    "ann": Person(Address("ann@example.com", "Ann Keller"), WEBMAIL, 1),
    "bob": Person(Address("bob@example.com", "Bob Okafor"), OTTER, -5),
    "carla": Person(Address("carla@example.com", "Carla Nunes"), HERON, 0),
    "dina": Person(Address("dina@harbor.example", "Haddad, Dina"), MERIDIAN, 2),
    "emil": Person(Address("emil@fjord.example", "Emil Sørby"), OTTER, 1),
    "farah": Person(Address("farah.aziz@example.net", "Farah Aziz"), POCKET, 5),
    "gus": Person(Address("gus@workshop.example", 'Gus "Bolt" Pereira'), HERON, -3),
    "hana": Person(Address("hana@kawa.test", "Hana Mori"), WEBMAIL, 9),
    "ivan": Person(Address("ivan@example.org", "Ivan Petrov"), OTTER, 3),
    "june": Person(Address("june@lakeside-school.example", "June Albright"), MERIDIAN, 1),
    "kofi": Person(Address("kofi@lists.example.org", "Kofi Mensah"), OTTER, 0),
    "lena": Person(Address("lena@example.net", "Lena Brandt"), HERON, 1),
    "max": Person(Address("max@example.org", "Max"), POCKET, -8),
    "mum": Person(Address("rosa.vale@example.net", "Rosa Vale"), POCKET, 1),
    "nils": Person(Address("nils.vale@example.org", "Nils Vale"), HERON, 1),
    "olga": Person(Address("olga@atelier.example", "Olga Winter"), MERIDIAN, 1),
    "team": Person(Address("team@example.com", "Team"), WEBMAIL, 0),
    "all": Person(Address("everyone@example.com", "Everyone"), WEBMAIL, 0),
}


def address(name: str) -> Address:
    return PEOPLE[name].address
