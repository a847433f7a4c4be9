"""Verifying an encrypted backup without its keys: the encrypted bytes against their hashes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from gmailkit.backup.crypt import blind
from gmailkit.backup.layout import Layout
from gmailkit.backup.report import Damage, Findings
from gmailkit.backup.stream import MESSAGES, Stream
from gmailkit.errors import BackupDamaged


def check_blind(
    layout: Layout, found: Findings, reads: Callable[[int], bool], show: Callable[[int, int], None]
) -> None:
    """Each file there is, and each there must be; `reads` says whether a pack's bytes are read.

    A message is named by its id, with a hash in place of its account. What is inside the files
    nobody can tell without a key.
    """
    found.notes.append(
        "No key was given: only the encrypted bytes were checked. With --identity FILE, or the "
        "passphrase, what is in them is checked too."
    )
    sizes = {
        (stream, number): _size(files.stream.path(layout.path, number))
        for stream, files in layout.files.items()
        for number in range(1, max(files.numbers(), default=0) + 1)
    }
    done, total = 0, sum(sizes.values())
    for (stream, number), size in sizes.items():
        _File(layout, found, stream, number).check(read=reads(number))
        done += size
        show(done, total)
    found.packs = len(layout.messages.numbers())


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


class _File:
    def __init__(self, layout: Layout, found: Findings, stream: Stream, number: int) -> None:
        self._found = found
        self._packs = stream is MESSAGES
        self._number = number
        files = layout.files[stream]
        self._path = files.stream.path(layout.path, number)
        self._ids = layout.path / stream.folder / f"{number:06d}{blind.SUFFIX}"
        self._name = files.stream.told(number)

    def check(self, *, read: bool) -> None:
        chain = self._found.chain if self._packs else self._found.events_chain
        try:
            beside = blind.read(self._ids)
        except BackupDamaged as error:
            there = "cannot be checked" if self._path.exists() else "is missing"
            self._found.problems.append(f"{self._name} {there}: {error.message}")
            chain.breaks()
            return
        chain.next = chain.head = beside.end.digest
        wrong = self._wrong(beside, read=read)
        if wrong:
            self._found.problems.append(f"{self._name} {wrong}.")
            chain.breaks()
        if self._packs:
            self._messages(beside, wrong, read=read)
        elif not wrong:
            self._found.events += len(beside.lines)

    def _wrong(self, beside: blind.Beside, *, read: bool) -> str:
        """What is, or ""."""
        if not self._path.exists():
            return "is missing"
        if self._path.stat().st_size != beside.head.size:
            return "has another length than it had"
        if read and blind.sha256_of(self._path) != beside.head.sha256:
            return "is not as it was written"
        return ""

    def _messages(self, beside: blind.Beside, wrong: str, *, read: bool) -> None:
        there = self._found.damaged if self._path.exists() else self._found.missing
        for entry in beside.entries(self._number):
            if wrong:
                why = f"Its pack {wrong}."
                there.append(Damage(entry.account, entry.id, self._number, entry.offset, why))
            else:
                self._found.messages += 1
                self._found.unread += not read
                self._found.mail += entry.length
