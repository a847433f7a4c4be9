"""Mail that is unusual in form: large, tiny, forwarded whole, late, encrypted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from gmailkit.model.mail import Address, Attachment
from gmailkit.sandbox.sample.compose import write
from gmailkit.sandbox.sample.days import Days
from gmailkit.sandbox.sample.files import archive, eml, png, wav
from gmailkit.sandbox.sample.headers import date_text
from gmailkit.sandbox.sample.letter import Letter, token
from gmailkit.sandbox.sample.people import ME, PEOPLE

_SENSOR = Address("sensor@weather.example", "Roof sensor")


def letters(days: Days) -> Iterator[Letter]:
    yield from _large(days)
    yield from _tiny(days)
    yield _forwarded(days)
    yield _late(days)
    yield _encrypted(days)
    yield from _strange_header(days)


def _from(days: Days, ago: int, who: str, subject: str, text: str, *labels: str) -> Letter:
    person = PEOPLE[who]
    return Letter(
        key=f"odd-{ago}",
        date=days.ago(ago, "14:41"),
        sender=person.address,
        subject=subject,
        text=f"{text}\n",
        labels=labels,
        producer=person.producer,
        zone=person.zone,
    )


def _large(days: Days) -> Iterator[Letter]:
    """One message of about 6 MB, three of 1 to 2 MB."""
    talk = "The whole rehearsal as sound, for those who missed it. Four and a half minutes."
    letter = _from(days, 48, "carla", "Recording of the rehearsal", talk, "Work")
    yield replace(letter, files=(wav("rehearsal.wav", seconds=275),))
    poster = "The poster for the concert in full size. Print it at the copy shop, not here."
    letter = _from(days, 116, "june", "Poster, full size", poster, "INBOX", "CATEGORY_PERSONAL")
    yield replace(letter, files=(png("poster.png", width=640, height=640, color=0x41236D),))
    export = "Every pallet that ever came through gate 4, one a line. You asked for it."
    letter = _from(days, 174, "dina", "Export of gate 4", export, "Work/Clients & Partners")
    yield replace(letter, files=(_gate_book(),))
    backup = "My recipes, all of them, in case my computer falls into the soup again."
    letter = _from(days, 523, "farah", "Keep this for me", backup, "CATEGORY_PERSONAL")
    recipes = {"recipes.txt": "".join(map(_recipe, range(12_000)))}
    yield replace(letter, files=(archive("recipes.zip", recipes),))


def _gate_book() -> Attachment:
    """A long table, put together from its lines at once since it is the slowest file to make."""
    lines = (
        f"{n},P-{n * 7919 % 100_000:05},gate 4,hall {n % 17 + 1},euro pallet,{n * 31 % 900} kg\n"
        for n in range(20_000)
    )
    return Attachment("gate-4.csv", "".join(lines).encode(), "text/csv")


def _recipe(number: int) -> str:
    salt, minutes = number % 9 + 1, number * 7 % 50 + 10
    return (
        f"Recipe {number}: soup with {salt} spoons of salt, boil it {minutes} minutes and stir.\n"
    )


def _tiny(days: Days) -> Iterator[Letter]:
    """Messages of a few lines, written by devices that know just enough of RFC 5322."""
    for ago, reading in ((2, "7.5 C"), (3, "9.1 C"), (30, "FROST"), (365, "21.0 C")):
        date = days.ago(ago, "04:04")
        lines = (
            f"From: {_SENSOR.email}",
            f"To: {ME.email}",
            f"Subject: {reading}",
            f"Date: {date_text(date)}",
            "",
            f"t={reading} n={ago * 288}",
        )
        raw = "".join(f"{line}\r\n" for line in lines).encode()
        yield _by_hand(f"sensor-{ago}", date, raw)


def _by_hand(key: str, date: datetime, raw: bytes) -> Letter:
    return Letter(key=key, date=date, sender=_SENSOR, subject="", as_is=raw)


def _forwarded(days: Days) -> Letter:
    """A whole message as attachment, its own attachment inside."""
    inner = _from(days, 90, "gus", "Offer for the boat", "Tar, two cans, and my Saturday: 75.00.")
    inner = replace(inner, files=(archive("boat.zip", {"hull.txt": "12 planks, 3 to change\n"}),))
    words = "Gus's offer as it came. I say yes to the tar and no to his Saturday."
    letter = _from(
        days, 89, "nils", "Fwd: Offer for the boat", words, "CATEGORY_PERSONAL", "Family"
    )
    return replace(letter, files=(eml(write(inner)),))


def _late(days: Days) -> Letter:
    """Written two days before it arrived: Date and the moment of acceptance differ."""
    text = "Typed on the ferry, sent when the ferry found a mast. The sea was flat and grey."
    letter = _from(days, 60, "emil", "From the ferry", text, "INBOX", "CATEGORY_PERSONAL")
    return replace(letter, written=letter.date - timedelta(days=2, hours=3))


def _encrypted(days: Days) -> Letter:
    """Shaped like S/MIME (RFC 8551): a CMS envelope with noise where the content would be."""
    noise = bytes.fromhex("".join(token(f"noise {n}", 64) for n in range(8)))
    oid = bytes.fromhex("06092a864886f70d010703")  # envelopedData
    content = b"\xa0\x82" + len(noise).to_bytes(2, "big") + noise
    envelope = b"\x30\x82" + (len(oid) + len(content)).to_bytes(2, "big") + oid + content
    kind = "application/pkcs7-mime; smime-type=enveloped-data"
    text = "This message is encrypted; open the attached envelope with your key."
    letter = _from(days, 137, "emil", "Keys for the new server", text, "CATEGORY_PERSONAL")
    return replace(letter, files=(Attachment("smime.p7m", envelope, kind),))


def _strange_header(days: Days) -> Iterator[Letter]:
    yield _from(days, 313, "max", "", "did you mean to leave the subject empty? me too", "Family")
    subject = "Minutes of the meeting about the minutes of the meeting of the committee for " * 3
    yield _from(
        days, 340, "june", subject.strip(), "It was decided to write shorter minutes.", "Work"
    )
    line = "and then the goat looked at the keeper and the keeper looked at the sea, " * 20
    yield _from(days, 26, "lena", "One sentence of that book", line.strip() + ".", "Reading list")
    letter = _from(days, 402, "ann", "Phone list", "Now with Bob's new number, 0177.", "Work")
    people = tuple(PEOPLE[name].address for name in ("me", "dina", "emil", "gus", "ivan", "mum"))
    yield replace(letter, to=people, cc=(PEOPLE["bob"].address, PEOPLE["carla"].address))
