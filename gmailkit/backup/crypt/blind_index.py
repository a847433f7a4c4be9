"""The index of a host without a key: accounts are hashes, and there is nothing to read in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from gmailkit.backup.crypt import blind
from gmailkit.backup.crypt.account import hashed
from gmailkit.backup.events import AnyEvent
from gmailkit.backup.history import LabelState
from gmailkit.backup.index import Index
from gmailkit.backup.packs import Entry
from gmailkit.backup.stream import End, Place


class BlindIndex(Index):
    """Takes what an index takes, and keeps ids, sizes and times of it."""

    def known(self, account: str) -> set[str]:
        return super().known(hashed(account))

    def count(self, account: str) -> int:
        return super().count(hashed(account))

    def has(self, account: str, id: str) -> bool:
        return super().has(hashed(account), id)

    def find(self, account: str, id: str) -> Entry | None:
        return super().find(hashed(account), id)

    def oldest_first(self, account: str) -> Iterator[str]:
        return super().oldest_first(hashed(account))

    def gone(self, account: str) -> dict[str, int]:
        return super().gone(hashed(account))

    def label_states(self, account: str, id: str) -> tuple[LabelState, ...]:
        """None: which labels they are is not known."""
        return ()

    def latest(self, account: str, kind: str, name: str) -> Place | None:
        """Of what is left out, such as settings, there is none."""
        known = kind in blind.KEPT_KINDS
        return super().latest(hashed(account), kind, name) if known else None

    def add(self, entries: Sequence[Entry], ends: Mapping[int, End], *, lost: bool = False) -> int:
        return super().add([blind.entry(each, each.place) for each in entries], ends, lost=lost)

    def note(
        self,
        events: Sequence[tuple[AnyEvent, Place]],
        ends: Mapping[int, End],
        *,
        lost: bool = False,
    ) -> None:
        told = [(blind.event(event), place) for event, place in events]
        super().note(told, ends, lost=lost)
