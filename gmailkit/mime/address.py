"""Addresses (RFC 5322 section 3.4): tolerant where mail is read, strict where a person typed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from gmailkit.errors import UsageError
from gmailkit.mime.header import decode, unfold
from gmailkit.model.mail import Address

# Runs are possessive: no input makes a scan look at the same stretch again and again.
_TOKEN = re.compile(
    r"""(?P<quoted>"(?:[^"\\]|\\.)*+")
    | (?P<unclosed>".*)
    | <(?P<angle>[^<>"]*+(?:"[^"]*+"[^<>"]*+)*+)>
    | (?P<mark>[,;:()])
    | (?P<text>=\?[^?\s]++\?[bBqQ]\?[^?\s]*+\?=|\\.|[^",;:()<=\\]++|[=<\\])""",
    re.VERBOSE | re.DOTALL,
)
_BARE = re.compile(r'(?<![^\s<>"])(?:"(?:[^"\\]|\\.)*+"|[^\s<>"@]++)@[^\s<>"]++')
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_COMMENT = re.compile(r"\([^()]*+\)")

# Not in an address, whatever its script: controls, blanks, separators, bidi and other invisibles.
_NEVER = r"\x00-\x20\x7f-\xa0\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff"
_ATOM = rf'[^{_NEVER}()<>\[\]:;@\\,."]+'  # RFC 5322 section 3.2.3, widened by RFC 6532
_LOCAL = rf'{_ATOM}(?:\.{_ATOM})*+|"(?:[ !#-\[\]-~]|\\[ -~])*+"'
_LABEL = rf"(?!-)[^{_NEVER}!-,./:-@\[-`{{-~\u3002\uff0e\uff61]{{1,63}}(?<!-)"  # RFC 5890
_ADDR_SPEC = re.compile(rf"(?P<local>{_LOCAL})@(?P<domain>{_LABEL}(?:\.{_LABEL})*+)")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


def parse_addresses(value: str) -> tuple[Address, ...]:
    """Every address of a header value, in order: names decoded, groups flattened.

    `value` is as the header has it (encoded words still encoded, since they may hide a comma) or
    decoded already. Words without an address come back as a name alone, a lone word as an address
    without a domain ("MAILER-DAEMON"). Never raises.
    """
    return tuple(item for item in _items(unfold(value)) if item.email or item.name)


def is_mailable(email: str) -> bool:
    """Whether Gmail takes it for a recipient's address: with a domain that has a dot."""
    return is_addr_spec(email) and "." in email.rpartition("@")[2]


def check_address(text: str | Address) -> Address:
    """The one address in `text`, "ann@example.com" or "Ann Lee <ann@example.com>".

    Stricter than mail may be: a domain needs a dot, address literals ([192.0.2.1]) and comments
    are refused. What comes along when an address is copied is taken off: "mailto:" before it, a
    comma or semicolon around it, Outlook's 'ann@example.com'. A domain in another script is
    written as xn--... UsageError says what is wrong.
    """
    if isinstance(text, Address):
        return replace(check_address(text.email), name=text.name)
    if _CONTROL.search(text):
        raise UsageError(f"The address {text!r} holds a line break or another control character.")
    text = _copied(text)
    found = parse_addresses(text)
    if len(found) > 1:
        raise UsageError(
            f"{text!r} reads as {len(found)} addresses, not one.",
            hint='Give them one by one; a name with a comma in quotes: "Lee, Ann" <ann@x.org>.',
        )
    hint = "Write it like ann@example.com."
    email = found[0].email if found else ""
    if not is_addr_spec(email) or not (text == email or text.endswith(f"<{email}>")):
        raise UsageError(f"{text!r} is no e-mail address.", hint=hint)
    if "." not in email.rpartition("@")[2]:
        raise UsageError(f"The address {email!r} has no complete domain.", hint=hint)
    return replace(found[0], email=_known_everywhere(email))


def _known_everywhere(email: str) -> str:
    """A domain in another script as every server knows it (bücher.example: xn--bcher-kva.example,
    RFC 5891), so that SMTPUTF8 is needed for what stands before the @ alone.
    """
    local, _, domain = email.rpartition("@")
    if domain.isascii() or not local.isascii():
        return email
    import idna

    try:
        written = f"{local}@{idna.encode(domain, uts46=True).decode()}"
    except idna.IDNAError:  # one with a heart in it, as some sell
        return email
    return written if is_addr_spec(written) else email


def _copied(text: str) -> str:
    """Without what stood around it where it was copied from."""
    text = text.strip(" \t,;")
    if text[:7].lower() == "mailto:":
        text = text[7:]
    quoted = len(text) > 2 and text[0] == text[-1] == "'"
    return text[1:-1].strip() if quoted else text


def is_addr_spec(email: str) -> bool:
    """Whether `email` is a sound addr-spec (RFC 5322 section 3.4.1, RFC 5321 section 4.5.3.1)."""
    found = _ADDR_SPEC.fullmatch(email) if len(email) <= 254 else None
    if not found:
        return False
    return len(email.encode()) <= 254 and len(found["local"].encode()) <= 64


def _items(value: str) -> Iterator[Address]:
    item = _Item()
    for kind, text in _tokens(value):
        if item.depth or (kind == "mark" and text in "()"):
            item.comment(text)
        elif kind == "mark" and text == ":":
            item = _Item()  # what stood before it was the name of a group, or "mailto"
        elif kind == "mark":
            yield item.address()
            item = _Item()
        elif kind == "angle":
            if item.angle is not None:  # a comma was forgotten
                yield item.address()
                item = _Item()
            item.angle = text
        elif text.strip() or item.words:
            item.words.append(text)
    yield item.address()


def _tokens(value: str) -> Iterator[tuple[str, str]]:
    for found in _TOKEN.finditer(value):
        kind = found.lastgroup or ""
        if kind == "unclosed":  # a quote that never ends says nothing about what follows
            yield from _tokens(found[0].replace('"', " "))
        else:
            yield kind, found[kind]


class _Item:
    """What stands between two commas."""

    def __init__(self) -> None:
        self.words: list[str] = []
        self.angle: str | None = None
        self.depth = 0
        self._comment: list[str] = []

    def comment(self, text: str) -> None:
        """RFC 822 mailers put the name into a comment: ann@example.com (Ann Lee)."""
        self.depth += (text == "(") - (text == ")" and self.depth > 0)
        if text not in "()":
            self._comment.append(text)

    def address(self) -> Address:
        if self.angle is not None:
            return Address(_email(self.angle), self._name(*self.words))
        words = "".join(self.words)
        if bare := _BARE.search(words):
            return Address(_email(bare[0]), self._name(words[: bare.start()], words[bare.end() :]))
        name = self._name(*self.words) if words.strip() else ""
        return Address("", name) if len(name.split()) > 1 else Address(name)

    def _name(self, *words: str) -> str:
        plain = "".join(map(_unquoted, words)).strip(" <>")
        if not plain and self._comment:
            plain = "".join(map(_unquoted, self._comment))
        return " ".join(decode(plain).split()) if plain else ""


def _unquoted(word: str) -> str:
    if word.startswith('"') and word.endswith('"') and len(word) > 1:
        word = word[1:-1]
    return _ESCAPED.sub(r"\1", word) if "\\" in word else word


def _email(text: str) -> str:
    """Without blanks, comments and the source routes of old: <@relay.example:ann@example.com>."""
    text = decode(text)
    if text.startswith("@"):
        text = text.partition(":")[2]
    if '"' in text:
        return text
    return "".join(_COMMENT.sub("", text).partition(",")[0].split())
