"""What a server says it can, in its answer to EHLO (RFC 5321 section 4.1.1.1)."""

from __future__ import annotations

from dataclasses import dataclass

from gmailkit.transport.smtp.reply import Reply


@dataclass(frozen=True, slots=True)
class Offer:
    """`keywords` in the order they came, each with its parameters ("" for none)."""

    keywords: tuple[tuple[str, str], ...] = ()

    @classmethod
    def read(cls, reply: Reply) -> Offer:
        """The first line is the greeting; the AUTH= of old counts as AUTH."""
        found: dict[str, str] = {}
        for line in reply.lines[1:]:
            keyword, _, values = line.replace("AUTH=", "AUTH ", 1).partition(" ")
            if keyword:
                known = found.get(keyword.upper(), "")
                found[keyword.upper()] = f"{known} {values.strip()}".strip()
        return cls(tuple(found.items()))

    def __contains__(self, keyword: str) -> bool:
        return any(keyword == name for name, _ in self.keywords)

    def values(self, keyword: str) -> tuple[str, ...]:
        return tuple(next((v for name, v in self.keywords if name == keyword), "").split())

    @property
    def mechanisms(self) -> tuple[str, ...]:
        """Ways to sign in, each once."""
        return tuple(dict.fromkeys(each.upper() for each in self.values("AUTH")))

    @property
    def size(self) -> int | None:
        """Bytes of the largest message (RFC 1870); None where it names no limit, as 0 does."""
        said = "".join(self.values("SIZE")[:1])
        return int(said) or None if said.isascii() and said.isdigit() and len(said) < 20 else None
