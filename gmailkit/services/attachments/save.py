"""Saving attachments of many messages into one folder, safely named, never overwriting."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from gmailkit.errors import Failure, PartialError
from gmailkit.model.counted import count_text
from gmailkit.model.ids import MessageId
from gmailkit.model.letter import Letter
from gmailkit.model.mail import Attachment
from gmailkit.services.attachments.folder import Folder
from gmailkit.services.attachments.manifest import Line, Manifest
from gmailkit.services.attachments.place import Pattern
from gmailkit.services.attachments.wanted import Wanted, is_program
from gmailkit.zones import local


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    """One attachment on disk. `new` is False when the same content lay there already, under this
    or another name.

    `name` is what the sender called it, `path` where it lies; `program`: a system may run it when
    it is opened.
    """

    path: Path
    message_id: MessageId
    subject: str
    name: str
    size: int
    new: bool
    program: bool = False


def save_attachments(
    coming: Generator[Letter | Failure],
    *,
    to: Path,
    pattern: Pattern,
    wanted: Wanted,
    manifest: bool = False,
    on_read: Callable[[int], None] | None = None,
) -> Iterator[Saved]:
    """Save what is attached to messages, as they come; lazy.

    Each goes where `pattern` says (`place.Pattern`), under the date of its message; a name that is
    taken by other content gets a number. Content that this run, or the `manifest`, knows already is
    not saved again. Raises CannotWrite when the folder or the disk refuses (what was saved stays),
    and at the end PartialError that names the messages which are gone or could not be read.
    `on_read` hears how many messages were read.
    """
    failed: list[Failure] = []
    done = 0
    with closing(coming), closing(Folder(to)) as folder:
        saver = _Saver(folder, pattern, wanted, Manifest(folder) if manifest else None)
        for letter in coming:
            if isinstance(letter, Failure):
                failed.append(letter)
                continue
            yield from saver.save(letter)
            done += 1
            if on_read:
                on_read(done)
    if failed:
        raise PartialError(
            f"{count_text(len(failed), 'message')} could not be read; the attachments of {done:,} "
            "were saved.",
            done=done,
            failed=failed,
            hint="Run the same command again: what is saved is not saved twice.",
        )


class _Saver:
    def __init__(
        self, folder: Folder, pattern: Pattern, wanted: Wanted, manifest: Manifest | None
    ) -> None:
        self._folder = folder
        self._pattern = pattern
        self._wanted = wanted
        self._manifest = manifest
        self._places = {
            digest: folder.path / path
            for digest, path in (manifest.places if manifest else {}).items()
        }

    def save(self, letter: Letter) -> Iterator[Saved]:
        for attachment in filter(self._wanted.has, letter.mail.attachments):
            digest = sha256(attachment.content).hexdigest()
            path, new = self._put(letter, attachment, digest)
            if self._manifest:
                self._manifest.add(self._line(path, letter, attachment, digest))
            yield Saved(
                path=path,
                message_id=letter.id,
                subject=letter.mail.subject,
                name=attachment.filename,
                size=attachment.size,
                new=new,
                program=is_program(attachment),
            )

    def _put(self, letter: Letter, attachment: Attachment, digest: str) -> tuple[Path, bool]:
        known = self._places.get(digest)
        if known and self._folder.holds(known, attachment.content):
            return known, False
        date = local(letter.date)
        segments = self._pattern.place(letter.mail, attachment, message=letter.id, date=date)
        path, new = self._folder.save(segments, attachment.content, mtime=date.timestamp())
        self._places[digest] = path
        return path, new

    def _line(self, path: Path, letter: Letter, attachment: Attachment, digest: str) -> Line:
        mail = letter.mail
        return Line(
            path=path.relative_to(self._folder.path).as_posix(),
            filename=attachment.filename,
            content_type=attachment.content_type,
            size=attachment.size,
            sha256=digest,
            message=letter.id,
            date=letter.date,
            sender=mail.sender.email if mail.sender else "",
            subject=mail.subject,
        )
