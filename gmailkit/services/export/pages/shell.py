"""What every page has around what it says."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape
from importlib.resources import files

# A page with mail loads nothing at all and runs nothing; pictures stand inside of it.
MAIL_POLICY = (
    "default-src 'none'; img-src data:; style-src 'unsafe-inline'; form-action 'none';"
    " base-uri 'none'"
)
# The one page with a script has no mail in it but escaped text; "file:" is what a stick is.
SEARCH_POLICY = (
    "default-src 'none'; script-src 'self' file:; style-src 'unsafe-inline'; form-action 'none';"
    " base-uri 'none'"
)
_UNSEEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_TURNS = re.compile(r"[\u202a-\u202e\u2066-\u2069\u200e\u200f\u061c]")  # letters that turn text


def page(title: str, body: Iterable[str], *, policy: str = MAIL_POLICY) -> bytes:
    """`body` is HTML, `title` text."""
    head = (
        "<!doctype html>",
        '<html lang="en">',
        '<meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
        '<meta http-equiv="x-dns-prefetch-control" content="off">',
        '<meta name="referrer" content="no-referrer">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{text(title)}</title>",
        f"<style>{asset('look.css')}</style>",
        "<body>",
    )
    return "\n".join((*head, *body, "</body></html>\n")).encode(errors="replace")


def text(said: str) -> str:
    """What others wrote, as text of a page and as nothing else."""
    return escape(_TURNS.sub("", _UNSEEN.sub("\ufffd", said)))


def own(said: str) -> str:
    """The same, in a direction of its own: it does not turn around what stands beside it."""
    return f"<bdi>{text(said)}</bdi>"


def asset(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8")
