"""Recipients that a rule names, whichever way an address is written.

What is forbidden is meant broadly and what is allowed narrowly, so that neither is got around by
another spelling: `deny` sees through case, tags (bob+x@), quotes, look-alike full-width letters and
both forms of an international domain, and a domain stands for all below it; `allow` takes the
address or the domain as it stands, in any case and either form.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from gmailkit.mime.address import is_addr_spec

_GOOGLE = ("gmail.com", "googlemail.com")  # one mailbox by both names, and without the dots


@dataclass(frozen=True, slots=True)
class Pattern:
    """ann@example.com, example.com, *.example.com (with all below), or * for everybody."""

    text: str
    local: str
    domain: str
    below: bool

    @classmethod
    def read(cls, text: str) -> Pattern | None:
        """None for what names nobody."""
        given = text.strip()
        if given == "*":
            return cls(given, "", "", below=True)
        local, at, domain = given.rpartition("@")
        below = not local and domain.startswith("*.")
        domain = domain.removeprefix("*.") if below else domain
        if not is_addr_spec(f"{local or 'x'}@{domain}") or "." not in domain or (at and below):
            return None
        return cls(given, local, domain, below)

    def means(self, email: str) -> bool:
        """Whether it is about that address, read broadly: for what is forbidden."""
        if not self.domain:
            return True
        if self.local:
            return broad(f"{self.local}@{self.domain}") == broad(email)
        domain, wanted = broad(email).rpartition("@")[2], broad(f"x@{self.domain}")[2:]
        return domain == wanted or domain.endswith(f".{wanted}")

    def admits(self, email: str) -> bool:
        """Whether it is about that address, read narrowly: for what is allowed."""
        if not self.domain:
            return True
        local, _, domain = narrow(email).rpartition("@")
        wanted_local, _, wanted = narrow(f"{self.local or 'x'}@{self.domain}").rpartition("@")
        if self.local:
            return (local, domain) == (wanted_local, wanted)
        return domain == wanted or (self.below and domain.endswith(f".{wanted}"))


def narrow(email: str) -> str:
    """The same for two ways to write one address that every server takes for one."""
    local, _, domain = unicodedata.normalize("NFC", email.strip()).rpartition("@")
    return f"{_unquoted(local).lower()}@{_decoded(domain).lower()}"


def is_public(domain: str) -> bool:
    """Whether strangers have addresses there too."""
    return domain.casefold() in _GOOGLE


def broad(email: str) -> str:
    """The same for two ways to write one address that some server takes for one."""
    text = unicodedata.normalize("NFKC", email.strip()).replace("\u3002", ".")
    local, _, domain = text.rpartition("@")
    domain = unicodedata.normalize("NFKC", _decoded(domain)).casefold().strip(".")
    local = _unquoted(local).casefold().partition("+")[0]
    if domain in _GOOGLE:
        local, domain = local.replace(".", ""), _GOOGLE[0]
    return f"{local}@{domain}"


def _unquoted(local: str) -> str:
    if len(local) > 1 and local.startswith('"') and local.endswith('"'):
        return local[1:-1].replace("\\", "")
    return local


def _decoded(domain: str) -> str:
    """xn--bcher-kva.example as bücher.example (RFC 3492)."""
    return ".".join(map(_decoded_label, domain.split(".")))


def _decoded_label(label: str) -> str:
    if label[:4].lower() != "xn--":
        return label
    try:
        return label[4:].encode("ascii").decode("punycode")
    except UnicodeError:
        return label
