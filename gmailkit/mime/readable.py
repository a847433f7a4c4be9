"""A message as clean text: its words, where they link to, who counts its readers."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from gmailkit.mime.html import render
from gmailkit.mime.quoted import fold_quotes
from gmailkit.model.mail import Mail

_REFERENCE = re.compile(r"\[(\d{1,6})\]")
_FORWARD = re.compile(r"\s*(?:fwd?|wg|tr|rv|i|vs|enc|doorst)\s*:", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Readable:
    """`links` are those that `text` refers to as [1], by their number (none in a plain message);
    `pixels` the hosts of its tracking pixels, one for each.
    """

    text: str
    links: tuple[tuple[int, str], ...] = ()
    pixels: tuple[str, ...] = ()

    @property
    def whole(self) -> str:
        """The text with its links listed below."""
        listed = "\n".join(f"[{number}] {url}" for number, url in self.links)
        return f"{self.text}\n\n{listed}" if listed else self.text


def readable(mail: Mail, *, fold: Callable[[int], str] | None = None) -> Readable:
    """The plain part where it says something, else the HTML. With `fold` quotes are replaced by
    what it gives for their number of lines.
    """
    page = render(mail.html)
    plain = bool(mail.text.strip() or not mail.html)
    text = mail.text if plain else page.text
    if fold:
        text = fold_quotes(text, fold, forward=bool(_FORWARD.match(mail.subject)))
    named = set() if plain else {int(number) for number in _REFERENCE.findall(text)}
    links = tuple((n, url) for n, url in enumerate(page.links, start=1) if n in named)
    return Readable(text.strip("\n"), links, page.pixels)
