"""A conversation as one Markdown document, oldest message first."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from gmailkit.mime.filename import safe_name
from gmailkit.mime.readable import readable
from gmailkit.model.content import Content
from gmailkit.model.counted import count_text
from gmailkit.model.ids import MessageId
from gmailkit.model.letter import Letter
from gmailkit.model.mail import Attachment, Mail
from gmailkit.services.attachments.folder import Folder
from gmailkit.services.export.markdown import as_markdown, inline
from gmailkit.services.raw import new_file, taken


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """`files` are what was attached, where it was saved; one a message, though one file may be of
    several.
    """

    markdown: str
    messages: tuple[MessageId, ...]
    files: tuple[Path, ...] = ()


def export_conversation(
    letters: Callable[[], Iterator[Letter]],
    *,
    to: Path | None = None,
    attachments: Path | None = None,
    whole: bool = False,
) -> Exported:
    """The messages that `letters` gives, into the new file `to`, where one is named.

    What is attached is listed, with `attachments` also saved into that folder and linked to. Quoted
    text is folded unless `whole`: it stands above. Raises CannotWrite when the file is there
    already (nothing is read then) or the disk refuses; then no such file is left.
    """
    if to and to.exists():
        raise taken(to)
    coming = letters()
    if attachments is None:
        found = _export(coming, lambda letter, each: None, beside=to, whole=whole)
    else:
        with closing(Folder(attachments)) as folder:
            found = _export(coming, lambda *each: _save(folder, *each), beside=to, whole=whole)
    if to:
        new_file(Content.of(found.markdown.encode(errors="replace")), to)
    return found


Save = Callable[[Letter, Attachment], Path | None]


def _export(coming: Iterator[Letter], save: Save, *, beside: Path | None, whole: bool) -> Exported:
    pieces: list[str] = []
    messages: list[MessageId] = []
    files: list[Path] = []
    for letter in coming:
        if not messages:
            pieces.append(f"# {inline(letter.mail.subject) or '(no subject)'}")
        messages.append(letter.id)
        saved = [(each, save(letter, each)) for each in letter.mail.attachments]
        files += [path for _, path in saved if path]
        pieces.append(_heading(letter, len(messages)))
        body = readable(letter.mail, fold=None if whole else _folded)
        pieces.append(as_markdown(body.whole.strip("\n")))
        if saved:
            pieces.append("\n".join(_attached(each, path, beside) for each, path in saved))
    return Exported(
        markdown="\n\n".join(filter(None, pieces)) + "\n",
        messages=tuple(messages),
        files=tuple(files),
    )


def _save(folder: Folder, letter: Letter, attachment: Attachment) -> Path:
    name = safe_name(attachment.filename, content_type=attachment.content_type)
    path, _ = folder.save([name], attachment.content, mtime=letter.date.timestamp())
    return path


def _heading(letter: Letter, number: int) -> str:
    mail = letter.mail
    who = inline(mail.sender.name or mail.sender.email) if mail.sender else "(unknown)"
    draft = ", a draft" if "DRAFT" in letter.labels else ""
    facts = "\n".join(f"- {name}: {inline(value)}" for name, value in _facts(mail))
    return f"## {number}. {who}{draft}\n\n{facts}".rstrip()


def _facts(mail: Mail) -> list[tuple[str, str]]:
    facts = (
        ("From", str(mail.sender or "")),
        ("To", ", ".join(map(str, mail.to))),
        ("Cc", ", ".join(map(str, mail.cc))),
        ("Bcc", ", ".join(map(str, mail.bcc))),
        ("Date", mail.date.strftime("%a, %d %b %Y %H:%M %z") if mail.date else ""),
        ("Subject", mail.subject),
    )
    return [(name, value) for name, value in facts if value]


def _attached(attachment: Attachment, path: Path | None, beside: Path | None) -> str:
    name = inline(attachment.filename or "(no name)")
    if path:
        where = os.path.relpath(path, beside.parent) if beside else str(path)
        name = f"[{name}](<{quote(Path(where).as_posix())}>)"
    return f"- Attached: {name} ({inline(attachment.content_type)}, {attachment.size:,} bytes)"


def _folded(lines: int) -> str:
    return f"[{count_text(lines, 'quoted line')}]"
