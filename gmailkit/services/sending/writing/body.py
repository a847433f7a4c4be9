"""Text, HTML, Markdown and signature to the body of a message."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path

from gmailkit.compose.picture import cid_of
from gmailkit.compose.quote import as_html
from gmailkit.errors import UsageError
from gmailkit.mime.html import html_to_text
from gmailkit.model.mail import Attachment
from gmailkit.services.sending.writing.files import Room
from gmailkit.services.sending.writing.pictures import embed, read_pictures

_END_OF_BODY = re.compile(r"\s*(?:</body\s*>\s*)?(?:</html\s*>\s*)?\Z", re.IGNORECASE)
Pictures = list[tuple[str, str]]  # Content-ID and path


@dataclass(frozen=True, slots=True)
class Body:
    text: str = ""
    html: str = ""
    pictures: tuple[Attachment, ...] = ()


def body_of(
    *,
    text: str,
    html: str,
    markdown: str,
    signature: str,
    room: Room,
    folder: Path | None,
    roots: tuple[Path, ...] = (),
) -> Body:
    """What the reader sees. Raises UsageError for a text said twice and a picture not there."""
    if markdown and (text or html):
        raise UsageError(
            "The text is given twice: as Markdown and as text or HTML.",
            hint="Markdown becomes both.",
        )
    body = Body(text)
    if markdown or html:
        text, html, named = _of_markdown(markdown) if markdown else _of_html(text, html)
        body = Body(text, html, read_pictures(named, folder=folder, room=room, roots=roots))
    return _signed(body, signature) if signature else body


def _of_html(text: str, html: str) -> tuple[str, str, Pictures]:
    html, paths = embed(html)
    return text, html, list(paths.items())


def _of_markdown(markdown: str) -> tuple[str, str, Pictures]:
    from gmailkit.compose.markdown import render

    made = render(markdown)
    return made.text, made.html, [(cid_of(path), path) for path in made.pictures]


def _signed(body: Body, signature: str) -> Body:
    """Below the text, after the mark that mail programs know ("-- ", RFC 3676 section 4.3)."""
    text = f"{body.text.rstrip()}\n\n-- \n{html_to_text(signature).strip()}\n"
    html = body.html or as_html(body.text)
    end = _END_OF_BODY.search(html)
    at = end.start() if end else len(html)
    mark = f'<br>-- <br>\n<div class="gmail_signature">{signature}</div>\n'
    html = html[:at] + mark + html[at:].lstrip()
    return replace(body, text=text if body.text or not body.html else "", html=html)
