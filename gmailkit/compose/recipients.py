"""Address lists of templates: what the author wrote is structure, what a value says is not."""

from __future__ import annotations

import re
from collections.abc import Iterator

from gmailkit.compose.value import unmask
from gmailkit.errors import UsageError
from gmailkit.mime.address import check_address, parse_addresses

ME = "me"

_ONE = re.compile(r'(?:"(?:[^"\\]|\\.)*"|[^,;"])+|"')
_NAMED = re.compile(r"(?P<name>.*?)\s*<(?P<email>[^<>]*)>", re.DOTALL)
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')
_NEEDS_QUOTES = re.compile(r'[()<>\[\]:;@\\,."]')
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


def read_recipients(text: str) -> Iterator[str]:
    """Each recipient of a list in which values are masked; "me" stays.

    `{{ name }} <{{ email }}>` is one recipient whatever the name holds. Where a value stands alone
    between two commas it is read as what it is: an address, with a name or without, or several.

    UsageError for what is no address, and for control characters.
    """
    for piece in _ONE.findall(text):
        piece = piece.strip()
        if found := _NAMED.fullmatch(piece):
            yield _checked(unmask(found["email"]), unmask(_without_quotes(found["name"])))
        elif "@" in piece:
            yield _checked(unmask(piece))
        elif alone := unmask(piece).strip():
            yield from _alone(alone)


def _alone(value: str) -> Iterator[str]:
    if value.lower() == ME:
        yield ME
        return
    _check_controls(value)
    found = parse_addresses(value)
    if not all(address.email for address in found):
        check_address(value)
    for address in found:
        yield _checked(address.email, address.name)


def _checked(email: str, name: str = "") -> str:
    _check_controls(email + name)
    address = check_address(email)
    if address.name or address.email != email.strip():
        raise UsageError(f"{email!r} is no e-mail address.", hint="Write it like ann@example.com.")
    name = " ".join(name.split())
    if _NEEDS_QUOTES.search(name):
        name = '"' + re.sub(r'(["\\])', r"\\\1", name) + '"'
    return f"{name} <{address.email}>" if name else address.email


def _without_quotes(name: str) -> str:
    return _QUOTED.sub(lambda found: re.sub(r"\\(.)", r"\1", found[1]), name)


def _check_controls(text: str) -> None:
    if found := _CONTROL.search(text.strip()):
        what = "a line break" if found[0] in "\r\n" else f"the character U+{ord(found[0]):04X}"
        raise UsageError(f"It holds {what}, which no header may hold.")
