"""From whom and to whom a message goes, whatever its headers say (RFC 5321, DSN: RFC 3461)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from gmailkit.errors import UsageError
from gmailkit.mime.address import is_addr_spec

Notify = Literal["never", "success", "failure", "delay"]
Return = Literal["full", "headers"]
NOTIFY: tuple[Notify, ...] = ("never", "success", "failure", "delay")


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """`sender` gets reports of failure, "" means that nobody does. `notify`: when a report is
    asked for; `returns`: how much of the message it shall hold; `id` is what the report calls it.
    These need a server with DSN.
    """

    sender: str
    recipients: tuple[str, ...]
    notify: tuple[Notify, ...] = ()
    returns: Return | None = None
    id: str = ""

    @property
    def utf8(self) -> bool:
        return not all(each.isascii() for each in (self.sender, *self.recipients))

    @property
    def wants_reports(self) -> bool:
        return bool(self.notify or self.returns)

    def check(self) -> None:
        """UsageError for anything that could become a second command, or is no address."""
        if not self.recipients:
            raise UsageError("The envelope has no recipient.", hint="Name one with --rcpt.")
        for what, address in [
            ("sender", self.sender),
            *(("recipient", r) for r in self.recipients),
        ]:
            if not (is_addr_spec(address) or (what == "sender" and address == "")):
                raise UsageError(
                    f"The envelope's {what} {address!r} is no e-mail address.",
                    hint="Write it like ann@example.com.",
                )
        check_notify(self.notify)


def check_notify(notify: Iterable[str]) -> tuple[Notify, ...]:
    """Words of RFC 3461 section 4.1, where "never" stands alone."""
    known = tuple(each for each in NOTIFY if each in set(notify))
    strange = [each for each in notify if each not in NOTIFY]
    if strange or ("never" in known and len(known) > 1):
        said = f"{strange[0]!r} is no event" if strange else "never stands alone"
        raise UsageError(f"--notify: {said}.", hint="never, or some of success, failure, delay.")
    return known


def xtext(text: str) -> str:
    """ASCII as the value of a parameter (RFC 3461 section 4): what cannot stand there as +HH."""
    return "".join(each if _stands(each) and each != "+" else f"+{ord(each):02X}" for each in text)


def typed(address: str) -> str:
    """A recipient as the report is to name it, with its type (RFC 3461 section 4.2; RFC 6533
    section 3 for one in another script, which only a server with SMTPUTF8 is told).
    """
    if address.isascii():
        return f"rfc822;{xtext(address)}"
    escaped = (x if _stands(x) and x not in "+\\" else f"\\x{{{ord(x):X}}}" for x in address)
    return f"utf-8;{''.join(escaped)}"


def _stands(character: str) -> bool:
    return character > " " and character not in "=\x7f"
