"""The messages of a backup as its packs hold them: what is known of one, and where it lies."""

from __future__ import annotations

from gmailkit.backup.record import Stamp
from gmailkit.backup.stream import Place


class Entry(Stamp, frozen=True, kw_only=True):
    """A saved message and its place: pack number, offset and length of the frame (header
    included), position of the record in the frame's text.

    `labels` are those it bears now, or bore at the moment the backup was opened as of. `gone` tells
    since when Gmail is known to have it no more (milliseconds since 1970), None if it has it.
    `origin` is "" once its bytes were found to be those that Gmail has.
    """

    pack: int
    offset: int
    frame_length: int
    position: int
    gone: int | None = None

    @classmethod
    def of(cls, stamp: Stamp, place: Place) -> Entry:
        return cls(
            v=stamp.v,
            account=stamp.account,
            id=stamp.id,
            thread=stamp.thread,
            date_ms=stamp.date_ms,
            saved=stamp.saved,
            labels=stamp.labels,
            length=stamp.length,
            sha256=stamp.sha256,
            same=stamp.same,
            origin=stamp.origin,
            pack=place.number,
            offset=place.offset,
            frame_length=place.length,
            position=place.position,
        )

    @property
    def place(self) -> Place:
        return Place(self.pack, self.offset, self.frame_length, self.position)

    def is_replaced_by(self, other: Entry) -> bool:
        """Whether `other`, further on, is the same message by its stamp: then it was written again
        because this one was damaged."""
        later = (other.pack, other.offset, other.position) > (self.pack, self.offset, self.position)
        stamped = (self.account, self.id, self.thread, self.date_ms, self.saved, self.labels)
        again = (other.account, other.id, other.thread, other.date_ms, other.saved, other.labels)
        return later and stamped == again
