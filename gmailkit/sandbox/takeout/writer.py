"""A user's archive, in one part or several."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from gmailkit.errors import CannotWrite, UsageError
from gmailkit.sandbox.state.messages import Stored
from gmailkit.sandbox.state.state import State
from gmailkit.sandbox.takeout import archive, labels, settings
from gmailkit.sandbox.takeout.languages import words_of
from gmailkit.sandbox.takeout.mbox import record

_ENDINGS = (".zip", ".tgz")
_AT_ONCE = 200
_NOT_IN_A_NAME = re.compile(r'[/\\:*?"<>|\x00-\x1f]')
_BROWSER = "<!doctype html><meta charset=utf-8><title>Archive</title><h1>{}</h1>\n"


@dataclass(slots=True)
class _File:
    """An mbox of a part, with the messages that go into it."""

    name: str
    messages: list[Stored] = field(default_factory=list)


class Takeout:
    """`language` of the account's pages if none is given; `part_bytes`: how much mail, before it
    is packed, a part may hold, None for all; `per_label`: an mbox for each label, in which a
    message with several labels stands as often.

    Raises UsageError for a language that is not known, and no user of the sandbox.
    """

    def __init__(
        self,
        state: State,
        address: str,
        *,
        language: str = "",
        per_label: bool = False,
        part_bytes: int | None = None,
    ) -> None:
        self._state = state
        self._user = state.users.get(address)
        kept = state.settings.find(self._user.n, "language") or {}
        self._words = words_of(language or str(kept.get("displayLanguage", "en")))
        self._own = state.labels.names(self._user.n)
        self._per_label = per_label
        self._part_bytes = part_bytes

    def write(self, path: Path) -> list[Path]:
        """The parts: at `path`, named .zip or .tgz, or beside it with a number for each; under
        Google's names where `path` is a folder.

        Raises UsageError for another ending, CannotWrite where the disk refuses; then nothing is
        left of it. Nothing that exists is written over.
        """
        parts = self._parts()
        paths = self._paths(path, len(parts))
        made: list[Path] = []
        try:
            for part, target in zip(parts, paths, strict=True):
                self._write(part, target, made)
        except BaseException:
            for target in made:
                target.unlink(missing_ok=True)
            raise
        return paths

    def _write(self, part: Sequence[_File], target: Path, made: list[Path]) -> None:
        try:
            with archive.create(target, now=self._state.clock.now()) as opened:
                made.append(target)
                for file in part:
                    opened.add(f"{self._root}/{file.name}.mbox", self._records(file.messages))
                if len(made) == 1:
                    self._add_rest(opened)
        except OSError as error:
            said = f"Cannot write {target}: {error.strerror or error}."
            raise CannotWrite(said, path=target, hint="Name another file.") from error

    @property
    def _root(self) -> str:
        return f"Takeout/{self._words.folder}"

    def _add_rest(self, opened: archive.Archive) -> None:
        for name, content in settings.files(self._state, self._user):
            opened.add(f"{self._root}/{settings.FOLDER}/{name}", [content])
        opened.add("Takeout/archive_browser.html", [_BROWSER.format(self._user.address).encode()])

    def _parts(self) -> list[list[_File]]:
        """Which files with which messages go into which part."""
        parts: list[list[_File]] = [[]]
        room = most = self._part_bytes or 0
        for name, messages in self._boxes():
            pieces = [_File(name)]
            parts[-1].append(pieces[-1])
            for message in messages:
                if most and message.size > room and room < most:
                    pieces.append(_File(name))
                    parts.append([pieces[-1]])
                    room = most
                room -= message.size
                pieces[-1].messages.append(message)
            if len(pieces) > 1:
                for number, piece in enumerate(pieces, 1):
                    piece.name = f"{name}-{number:03}"
        return parts

    def _boxes(self) -> Iterator[tuple[str, list[Stored]]]:
        """The mbox files with all their messages, the newest first."""
        everything = list(self._messages())
        if not self._per_label:
            yield self._words.everything, everything
            return
        boxes: dict[str, list[Stored]] = {}
        for page in _pages(everything):
            for message, names in self._named(page):
                for name in dict.fromkeys(_NOT_IN_A_NAME.sub("_", name) for name in names):
                    boxes.setdefault(name, []).append(message)
        yield from boxes.items()

    def _messages(self) -> Iterator[Stored]:
        """Spam, trash, drafts and chats too."""
        after = None
        while page := self._state.messages.page(
            self._user.n, spam_trash=True, after=after, limit=_AT_ONCE
        ):
            yield from page
            after = (page[-1].date_ms, page[-1].n)

    def _records(self, messages: Sequence[Stored]) -> Iterator[bytes]:
        for page in _pages(messages):
            for message, names in self._named(page):
                raw = self._state.messages.raw(message.n)
                yield record(message, raw, labels.header(names))

    def _named(self, page: Sequence[Stored]) -> Iterator[tuple[Stored, list[str]]]:
        carried = self._state.messages.labels_of_many(page)
        for message in page:
            yield message, labels.names_of(carried[message.n], self._own, self._words)

    def _paths(self, path: Path, count: int) -> list[Path]:
        if path.is_dir():
            now = datetime.fromtimestamp(self._state.clock.now(), UTC)
            stem = path / f"takeout-{now:%Y%m%dT%H%M%SZ}"
            return [stem.with_name(f"{stem.name}-{n:03}.zip") for n in range(1, count + 1)]
        if path.suffix.lower() not in _ENDINGS:
            raise UsageError(
                f"{path} is no name for an archive of Takeout.",
                hint="It ends in .zip or .tgz, or is a folder.",
            )
        if count == 1:
            return [path]
        return [path.with_name(f"{path.stem}-{n:03}{path.suffix}") for n in range(1, count + 1)]


def _pages(messages: Sequence[Stored]) -> Iterator[Sequence[Stored]]:
    for start in range(0, len(messages), _AT_ONCE):
        yield messages[start : start + _AT_ONCE]
