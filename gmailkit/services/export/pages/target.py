"""The folder of pages as the target of an export."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, suppress
from pathlib import Path

from gmailkit.errors import CannotWrite
from gmailkit.mime.parse import parse
from gmailkit.mime.readable import readable
from gmailkit.mime.sanitised import cleaner
from gmailkit.model.flags import to_gmail
from gmailkit.model.item import Can, Item, Ref
from gmailkit.model.mail import Address, Mail
from gmailkit.services.attachments.folder import Folder
from gmailkit.services.export.pages import catalogue
from gmailkit.services.export.pages.attached import save
from gmailkit.services.export.pages.catalogue import Line, Ranked
from gmailkit.services.export.pages.lists import write_lists
from gmailkit.services.export.pages.message import page_of, shown_inside
from gmailkit.services.export.pages.words import found_by
from gmailkit.stores.door import Door, Step, only_writer, unwatched, writing
from gmailkit.stores.known import Known, check_names
from gmailkit.stores.matching import LOOKED_AT
from gmailkit.stores.reading import ends_torn, entries

_PARTS, _LOCK, _WHOLE = ".gmailkit-parts", ".gmailkit-lock", "message.eml"
_MADE_ANEW = ("lists", "search")
_NAMED = 3


class PagesTarget:
    """Equal messages are kept once. What a killed run made stays; lists and search are made when
    a run ends, of all messages that are there then.

    Raises BackupLocked, UsageError (without nh3), and CannotWrite (other files lie there).
    """

    can = Can.LABELS | Can.FLAGS | Can.DATE | Can.THREADS | Can.WRITE

    def __init__(self, path: Path, *, step: Step = unwatched) -> None:
        cleaner()  # before anything is made
        self.path = path.absolute()
        self.name = f"pages:{self.path}"
        self._door = Door(step)
        self._known = Known()
        self._new: list[Line] = []
        self._touched: set[Path] = set()
        self._made: set[str] = set()
        with ExitStack() as resources:
            self._begin(resources)
            self._resources = resources.pop_all()

    def __enter__(self) -> PagesTarget:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        with self._resources:
            self.flush()
            if kind is None:
                self._write_lists()

    def find(self, item: Item) -> Iterator[Ref]:
        digest = item.content.digest
        page = _page(digest)
        known = self._known.has(digest, item)
        if known and (self.path / page).is_file():
            yield Ref(page)

    def add(self, item: Item) -> Ref:
        check_names(item)
        digest = item.content.digest
        mail = parse(item.content.part(0, LOOKED_AT))
        labels = self._known.note(digest, item.labels, flags=item.flags)
        flags = self._known.flags(digest)
        shown = labels | to_gmail((), flags) - {"UNREAD"}
        self._put(item, mail, digest, shown)
        text = readable(mail).text
        self._new.append(
            Line(
                page=_page(digest),
                sha256=digest,
                size=item.content.size,
                labels=sorted(shown),
                flags=sorted(flags),
                at=item.received or mail.date,
                thread=item.thread,
                sender=_who((mail.sender,) if mail.sender else ()),
                to=_who(mail.to),
                subject=mail.subject[:500],
                files=len(mail.attachments) - len(shown_inside(mail)),
                words=found_by(mail, text, shown, item.thread),
            )
        )
        return Ref(_page(digest))

    def flush(self) -> None:
        """The pages first: what the catalogue knows is there."""
        for folder in sorted(self._touched):
            self._door.sync_folder(folder)
        self._touched.clear()
        if self._new:
            before = b"\n" if ends_torn(self.path / catalogue.NAME) else b""
            lines = b"".join(line.encoded() for line in self._new)
            self._door.append(self.path / catalogue.NAME, before + lines)
            self._new.clear()

    def _put(self, item: Item, mail: Mail, digest: str, labels: frozenset[str]) -> None:
        page = _page(digest)
        folder = page.removesuffix(".html")
        whole = _WHOLE if item.content.size > LOOKED_AT else ""
        if whole:
            self._write(f"{folder}/{whole}", item.content.pieces())
        inside = shown_inside(mail)
        kept = () if whole else (a for a in mail.attachments if a.content_id not in inside)
        moment = item.received or mail.date
        with closing(Folder(self.path)) as saver:
            mtime = moment.timestamp() if moment else 0.0
            saved = save(saver, folder.split("/"), kept, mtime=mtime)
        beside = folder.rpartition("/")[2]
        text = page_of(item, mail, labels=labels, saved=saved, folder=beside, whole=whole)
        self._write(page, iter((text,)))

    def _write_lists(self) -> None:
        """What no list needs any more goes last."""
        path = self.path / catalogue.NAME
        with writing(path), closing(Ranked(path)) as mail:
            write_lists(mail, self._write_anew, self.path / _PARTS)
        for name in _MADE_ANEW:
            for each in entries(self.path / name):
                if f"{name}/{each.name}" not in self._made:
                    self._door.remove(Path(each.path))
        self.flush()

    def _write_anew(self, name: str, text: bytes) -> None:
        self._made.add(name)
        self._write(name, iter((text,)))

    def _write(self, name: str, pieces: Iterator[bytes]) -> None:
        path = self.path / name
        part = self.path / _PARTS / "part"
        self._door.write_new(part, pieces)
        self._door.make_inside(self.path, path.parent)
        self._door.renew(part, path)
        self._touched.add(path.parent)

    def _begin(self, resources: ExitStack) -> None:
        self._door.make_folder(self.path)
        others = [each.name for each in entries(self.path) if not each.name.startswith(".gmailkit")]
        if others and catalogue.NAME not in others:
            raise CannotWrite(
                f"{self.path} holds other files ({others[0]}).",
                path=self.path,
                hint="Name a folder that is empty, or not there yet.",
            )
        resources.enter_context(only_writer(self.path, _LOCK))
        self._door.make_inside(self.path, self.path / _PARTS)
        for each in entries(self.path / _PARTS):  # of a run that was killed
            self._door.remove(Path(each.path))
        resources.callback(self._tidy)
        path = self.path / catalogue.NAME
        with writing(path):
            for line in catalogue.told(path):
                flags = frozenset(line.flags)
                self._known.note(line.sha256, frozenset(line.labels), flags=flags)
        self._door.append(path, b"")

    def _tidy(self) -> None:
        with suppress(OSError):
            for each in os.scandir(self.path / _PARTS):
                Path(each.path).unlink()
            (self.path / _PARTS).rmdir()


def _page(digest: str) -> str:
    return f"mail/{digest[:2]}/{digest[:32]}.html"


def _who(people: Sequence[Address]) -> str:
    """Names, as a list has room for them."""
    names = ", ".join(each.name or each.email for each in people[:_NAMED])
    return f"{names[:200]} ..." if len(people) > _NAMED else names[:200]
