"""What is done with mail that is read here, whatever it lies in."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Generator, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from gmailkit.client.listing import Listing
from gmailkit.errors import BackupDamaged, Failure, NotFound, UsageError
from gmailkit.model.content import Content
from gmailkit.model.conversation import Conversation
from gmailkit.model.envelope import Envelope
from gmailkit.model.ids import MessageId
from gmailkit.model.letter import Letter

if TYPE_CHECKING:
    from gmailkit.query.builder import Q
    from gmailkit.services.attachments.save import Saved
    from gmailkit.services.export.conversation import Exported


class OfflineVerbs(ABC):
    """Verbs of `Gmail` over what a mailbox tells of its messages."""

    @abstractmethod
    def content(self, message: str | Envelope) -> Content: ...

    @abstractmethod
    def ids(self, query: str | Q = "", *, limit: int | None = None) -> Listing[MessageId]: ...

    @abstractmethod
    def letter(self, id: str) -> Letter: ...

    @abstractmethod
    def read_conversation(self, thread: str | Conversation) -> Iterator[Letter]: ...

    def export_conversation(
        self,
        thread: str | Conversation,
        *,
        to: str | Path | None = None,
        attachments: str | Path | None = None,
        whole: bool = False,
    ) -> Exported:
        """As `Gmail.export_conversation`."""
        from gmailkit.services.export.conversation import export_conversation

        file, folder = (Path(p).expanduser() if p is not None else None for p in (to, attachments))
        return export_conversation(
            lambda: self.read_conversation(thread), to=file, attachments=folder, whole=whole
        )

    def save_raw(self, message: str | Envelope, to: str | Path | BinaryIO) -> int:
        """The exact bytes into a new file or one open for bytes; how many they were.

        Raises CannotWrite when the path is taken or the disk refuses; then no file is left.
        """
        from gmailkit.services.raw import new_file

        content = self.content(message)
        if isinstance(to, str | Path):
            new_file(content, Path(to).expanduser())
        else:
            content.copy_to(to)
        return content.size

    def attachments(
        self,
        messages: str | Q | None = None,
        *,
        ids: Iterable[str] | None = None,
        to: str | Path,
        pattern: str = "{filename}",
        types: str | Iterable[str] = (),
        larger: int | None = None,
        smaller: int | None = None,
        manifest: bool = False,
        limit: int | None = None,
        on_saved: Callable[[Saved], None] = lambda saved: None,
        on_progress: Callable[[int, int], None] = lambda done, total: None,
    ) -> tuple[Saved, ...]:
        """As `Gmail.attachments`."""
        from gmailkit.services.attachments.place import Pattern
        from gmailkit.services.attachments.save import save_attachments
        from gmailkit.services.attachments.wanted import Wanted

        wanted = Wanted.of(
            (types,) if isinstance(types, str) else types, larger=larger, smaller=smaller
        )
        place = Pattern.read(pattern)
        every = tuple(self.ids(messages or "", limit=limit) if ids is None else ids)
        on_progress(0, len(every))
        saved: list[Saved] = []
        for each in save_attachments(
            self._letters(every),
            to=Path(to).expanduser(),
            pattern=place,
            wanted=wanted,
            manifest=manifest,
            on_read=lambda done: on_progress(done, len(every)),
        ):
            saved.append(each)
            on_saved(each)
        return tuple(saved)

    def _letters(self, ids: Iterable[str]) -> Generator[Letter | Failure]:
        for id in ids:
            try:
                yield self.letter(id)
            except (NotFound, BackupDamaged, UsageError) as error:
                yield Failure.of(id, error)
