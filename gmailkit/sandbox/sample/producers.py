"""Programs that write mail, each with its habits; all of them are invented."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

_USUAL = "Date From Subject To Cc Reply-To In-Reply-To References Message-ID MIME-Version".split()


@dataclass(frozen=True, slots=True, kw_only=True)
class Producer:
    """How a program forms Message-ID and boundary, encodes, folds, and what it adds.

    `message_id` and `boundary` are templates with {digits} (32 hexadecimal ones) and {domain};
    `plain` is the Content-Type of text, with {charset}.
    """

    message_id: str
    boundary: str
    order: tuple[str, ...] = tuple(_USUAL)
    headers: tuple[tuple[str, str], ...] = ()
    plain: str = 'text/plain; charset="{charset}"'
    encoding: Literal["quoted-printable", "base64", "8bit"] = "quoted-printable"
    words: Literal["B", "Q"] = "B"  # RFC 2047 encoding of names and subjects
    file_names: Literal["2231", "2047"] = "2231"  # which RFC non-ASCII file names follow
    indent: str = " "  # begins a continued header line
    html: bool = False  # whether a person's text goes out as HTML too


WEBMAIL = Producer(
    message_id="CA{digits:.24}@mail.example.com",
    boundary="000000000000{digits:.16}",
    order=tuple(
        "MIME-Version References In-Reply-To From Date Message-ID Subject To Cc Bcc".split()
    ),
    html=True,
)

HERON = Producer(  # a desktop program with long-winded ids
    message_id="{digits:.8}-5C0E-4B1D-9A77-{digits:.12}@{domain}",
    boundary="Heron-Mail=_{digits:.8}-77F0-4A52-8E1C-{digits:.12}",
    order=tuple(
        "From Content-Type MIME-Version Subject Date References To In-Reply-To Message-ID".split()
    ),
    headers=(("X-Mailer", "Heron Mail (3.2.81)"),),
    plain="text/plain;\r\n\tcharset={charset}",
    words="Q",
    indent="\t",
)

OTTER = Producer(  # flowed text, 8 bit, as free desktop programs like it
    message_id="{digits:.8}-3f21-4c6d-b0aa-{digits:.12}@{domain}",
    boundary="------------{digits:.24}",
    order=tuple("Message-ID Date MIME-Version Subject To Cc References From In-Reply-To".split()),
    headers=(("User-Agent", "Otter Mail 128.4"), ("Content-Language", "en-GB")),
    plain="text/plain; charset={charset}; format=flowed",
    encoding="8bit",
)

MERIDIAN = Producer(  # office software
    message_id="AM0PR{digits:.20}@mail.{domain}",
    boundary="_000_AM0PR{digits:.20}_",
    order=tuple("From To Cc Subject Thread-Topic Date Message-ID References In-Reply-To".split()),
    headers=(("X-Originating-IP", "[192.0.2.50]"), ("X-Mailer", "Meridian Office Mail 16.0")),
    encoding="base64",
    words="Q",
    file_names="2047",
    html=True,
)

POCKET = Producer(  # a telephone
    message_id="{digits:.12}.pocket@{domain}",
    boundary="--_pocket_{digits:.10}_mail",
    headers=(("X-Mailer", "PocketPost 9.1 (handset)"),),
    plain="text/plain; charset={charset}",
    encoding="base64",
)

ROBOT = Producer(  # scripts and shops
    message_id="{digits:.20}@{domain}",
    boundary="=============={digits:.20}==",
    plain='text/plain; charset="{charset}"',
)

POSTWAGON = Producer(  # bulk mail
    message_id="01{digits:.28}-000000@bulk.{domain}",
    boundary="----=_Part_{digits:.12}",
    order=tuple("Date From Reply-To To Message-ID Subject MIME-Version".split()),
    headers=(("X-Mailer", "Postwagon 8.1"), ("Precedence", "bulk")),
    plain="text/plain; charset={charset}",
)
