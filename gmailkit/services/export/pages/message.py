"""One message as a page that loads nothing and runs nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from html import escape
from urllib.parse import quote

from gmailkit.backup.labels import shown
from gmailkit.mime.readable import readable
from gmailkit.mime.sanitised import sanitised
from gmailkit.model.item import Item
from gmailkit.model.mail import Attachment, Mail
from gmailkit.services.export.markdown import ADDRESS
from gmailkit.services.export.pages import shell
from gmailkit.services.export.pages.attached import Saved, is_picture, picture

_LABELS = 100  # of a message, that its page names


def shown_inside(mail: Mail) -> frozenset[str]:
    """Ids of the pictures that its HTML shows where they belong, and so are no files beside."""
    return frozenset(
        each.content_id
        for each in mail.attachments
        if each.content_id
        and each.inline
        and is_picture(each)
        and f"cid:{each.content_id}" in mail.html
    )


def page_of(
    item: Item,
    mail: Mail,
    *,
    labels: Iterable[str],
    saved: Sequence[Saved],
    folder: str,
    whole: str,
) -> bytes:
    """`folder` is where the files lie, seen from the page; `whole` the file of a message that is
    too large for a page, or "". Raises UsageError without nh3.
    """
    body = [
        '<nav><a href="../../index.html">All mail</a>',
        *_conversation(item.thread),
        "</nav>",
        f"<h1>{shell.own(mail.subject or '(no subject)')}</h1>",
        *_facts(mail, labels),
        *_attached(saved, folder, whole),
        *_body(mail),
    ]
    return shell.page(mail.subject or "(no subject)", body)


def _conversation(thread: str) -> Iterator[str]:
    if thread:
        search = quote(f"thread:{thread}", safe="")
        yield f'<a href="../../index.html#q={search}">The conversation</a>'


def _facts(mail: Mail, labels: Iterable[str]) -> Iterator[str]:
    names = sorted(map(shown, labels), key=str.casefold)
    beyond = f" and {len(names) - _LABELS:,} more" if len(names) > _LABELS else ""
    facts = (
        ("From", str(mail.sender or "")),
        ("To", ", ".join(map(str, mail.to))),
        ("Cc", ", ".join(map(str, mail.cc))),
        ("Bcc", ", ".join(map(str, mail.bcc))),
        ("Date", mail.date.strftime("%a, %d %b %Y %H:%M %z") if mail.date else ""),
        ("Labels", ", ".join(names[:_LABELS]) + beyond),
    )
    yield "<dl>"
    yield from (f"<dt>{name}<dd>{shell.own(said)}" for name, said in facts if said)
    yield "</dl>"


def _attached(saved: Sequence[Saved], folder: str, whole: str) -> Iterator[str]:
    if whole:
        yield "<p>This message is too large for a page: its beginning stands here, and"
        yield f'<a href="{_link(folder, whole)}">all of it</a> in a file that mail programs open.'
    if saved:
        yield "<h2>Attached</h2><ul>"
        for each in saved:
            name = shell.own(each.attachment.filename or each.file)
            kind = shell.text(each.attachment.content_type)
            yield f'<li><a href="{_link(folder, each.file)}">{name}</a>'
            yield f'<span class="quiet">{kind}, {each.attachment.size:,} bytes</span>'
            if each.as_text:
                yield '<span class="quiet">saved as text, since a browser would run it</span>'
            if each.program:
                yield '<strong class="warn">a program: open it only if you know why</strong>'
        yield "</ul>"


def _link(folder: str, file: str) -> str:
    return escape(f"{quote(folder)}/{quote(file)}")


def _body(mail: Mail) -> Iterator[str]:
    if not mail.html:
        yield f'<article class="text"><pre>{"".join(_linked(mail.text))}</pre></article>'
        return
    kept: tuple[Attachment, ...] = mail.attachments
    clean = sanitised(mail.html, lambda content_id: picture(kept, content_id))
    yield f'<article class="html">\n{clean.html}\n</article>'
    if clean.remote:
        count = len(clean.remote)
        words = "1 picture lies" if count == 1 else f"{count:,} pictures lie"
        yield f'<details class="quiet"><summary>{words} elsewhere and would tell who reads: not'
        yield " loaded</summary><ul>"
        yield from (f"<li><code>{shell.text(each)}</code>" for each in clean.remote)
        yield "</ul></details>"
    if text := readable(mail).text:
        yield f"<details><summary>As text</summary><pre>{''.join(_linked(text))}</pre></details>"


def _linked(said: str) -> Iterator[str]:
    at = 0
    for found in ADDRESS.finditer(said):
        address = found[0].rstrip(".,;:!?)]")
        yield shell.text(said[at : found.start()])
        shown = shell.text(address)
        yield f'<a href="{shown}" rel="noopener noreferrer nofollow">{shown}</a>'
        at = found.start() + len(address)
    yield shell.text(said[at:])
