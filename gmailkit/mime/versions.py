"""The two versions of a message, text and HTML: most programs show the HTML alone."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from gmailkit.mime.html import Rendered, render
from gmailkit.model.mail import Mail

NOTHING = "(nothing in words)"
_ADDRESS = r"(?:https?|ftp|mailto|tel):[^\s<>\"]+"
_LINK = re.compile(rf"\s*<({_ADDRESS}|[^\s<>@]+@[^\s<>@]+)>|({_ADDRESS})")
_REFERENCE = re.compile(r"\s*\[(\d{1,6})\]")
_MARKS = str.maketrans("", "", "*_~`<>[]|")  # of emphasis, code, quotes and pictures in a text
_RULE = re.compile(r"[-=#+•·]+")  # a line, or before an item of a list


def said_by_html(mail: Mail) -> str:
    """What the HTML says, where that is something else than the text says, or leads elsewhere;
    "" where both say the same, or there is but one of them; NOTHING for pictures alone. How it is
    set out is no difference.
    """
    if not (mail.html and mail.text.strip()):
        return ""
    page = render(mail.html)
    same = _words(_without_pictures(mail)) == _words(_without_references(page))
    if same and {*_bare(page.links), *_addresses(page.text)} <= {*_addresses(mail.text)}:
        return ""
    listed = "\n".join(f"[{number}] {url}" for number, url in enumerate(page.links, start=1))
    said = page.text or NOTHING
    return f"{said}\n\n{listed}" if listed else said


def _words(text: str) -> list[str]:
    """Without what only a text needs: the marks of emphasis, rules, and where a link leads."""
    words = _LINK.sub("", text).translate(_MARKS).split()
    return [word for word in words if not _RULE.fullmatch(word)]


def _without_pictures(mail: Mail) -> str:
    """A text names each picture; in HTML it is seen."""
    text = mail.text
    for each in mail.attachments:
        text = text.replace(f"[{each.filename}]", "") if each.inline else text
    return text


def _without_references(page: Rendered) -> str:
    """`render` names each link by a number behind it."""
    return _REFERENCE.sub(lambda n: "" if 0 < int(n[1]) <= len(page.links) else n[0], page.text)


def _addresses(text: str) -> Iterator[str]:
    return _bare(found[1] or found[2] for found in _LINK.finditer(text))


def _bare(addresses: Iterable[str]) -> Iterator[str]:
    """As one compares them: what ends a sentence is no part of them."""
    return (each.removeprefix("mailto:").rstrip(".,;:!?)\"'") for each in addresses)
