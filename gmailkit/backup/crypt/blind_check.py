"""Verifying an encrypted backup without its keys: the encrypted bytes against their hashes."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from contextlib import suppress

from gmailkit.backup.crypt.account import hashed
from gmailkit.backup.crypt.blind import Beside
from gmailkit.backup.crypt.blind_index import BlindIndex
from gmailkit.backup.crypt.sealed import SealedFiles
from gmailkit.backup.events import Run
from gmailkit.backup.index import Index
from gmailkit.backup.layout import INDEX, Layout
from gmailkit.backup.packs import Entry
from gmailkit.backup.report import Chain, Damage, Findings
from gmailkit.backup.stream import MESSAGES
from gmailkit.errors import BackupDamaged

Key = tuple[str, str]  # hash of the account, id


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
    # A run that works meanwhile writes packs first: what its events tell of is there.
    sizes = {
        (files, number): files.stored_size(number)
        for files in _sealed(layout)
        for number in range(1, max(files.numbers(), default=0) + 1)
    }
    done, total = 0, sum(sizes.values())
    ends, packs = set[str](), list[_Pack]()
    for (files, number), size in sizes.items():
        kind = _Pack if files is layout.messages else _Events
        file = kind(files, found, number)
        beside = file.check(read=reads(number))
        if beside and isinstance(file, _Pack):
            ends.add(beside.head.digest)
            packs.append(file)
        done += size
        show(done, total)
    met = {key for pack in packs if not pack.wrong for key in pack.entries}
    for pack in packs:
        pack.tell(met)
    found.packs = len(layout.messages.numbers())
    found.reached = found.saved_until in ends
    found.hold_against_runs()
    _name_the_lost(layout, lambda key: key in met, {}, found)
    if found.damaged or found.missing:
        found.notes.append(
            "Others may be equal to these, and kept there too: which, is told with a key."
        )


def name_what_others_saved(
    layout: Layout, index: Index | None, accounts: Iterable[str], found: Findings
) -> None:
    """Messages that a host without a key saved, in packs that are gone before any key saw them.
    `index` is the owner's, where there is one; `accounts` are those that are known.
    """
    mine = {hashed(address): address for address in accounts}
    if index is not None:
        known = index
        _name_the_lost(
            layout, lambda key: bool(known.find(mine.get(key[0], key[0]), key[1])), mine, found
        )
        return
    _name_the_lost(layout, frozenset(_told_beside(layout)).__contains__, mine, found)


def _told_beside(layout: Layout) -> Iterator[Key]:
    """The messages of the packs that are there."""
    for files in _sealed(layout)[1:]:
        for number in files.numbers():
            with suppress(BackupDamaged):
                for each in files.beside(number).entries(number):
                    yield each.account, each.id


def _name_the_lost(
    layout: Layout, holds: Callable[[Key], bool], addresses: Mapping[str, str], found: Findings
) -> None:
    """What the index of hosts without a key tells of packs that are not there, and nobody holds;
    `addresses` are those of hashes that are known.
    """
    named = {(hashed(each.account), each.id) for each in (*found.damaged, *found.missing)}
    try:
        index = BlindIndex.read(layout.path / INDEX)
    except BackupDamaged:  # it is derived, and may never have been
        return
    try:
        for number in index.ends(MESSAGES).keys() - set(layout.messages.numbers()):
            for each in index.pack(number)[1]:
                key = each.account, each.id
                if key not in named and not holds(key):
                    whose = addresses.get(each.account, each.account)
                    why = "Its pack is missing."
                    found.missing.append(Damage(whose, each.id, number, each.offset, why))
    except BackupDamaged:
        return
    finally:
        index.close()


def _sealed(layout: Layout) -> list[SealedFiles]:
    files = (layout.events, layout.messages)
    return [each for each in files if isinstance(each, SealedFiles)]


class _File:
    """One of the files there are, or must be; `wrong` is what is with it, or ""."""

    def __init__(self, files: SealedFiles, found: Findings, number: int) -> None:
        self._files = files
        self._found = found
        self._number = number
        self._size = files.stored_size(number)
        self._name = files.stream.told(number)
        self.wrong = ""

    def check(self, *, read: bool) -> Beside | None:
        """What is told beside it, None where that cannot be read."""
        chain = self.chain()
        try:
            beside = self._files.beside(self._number)
        except BackupDamaged as error:
            there = "cannot be checked" if self._size else "is missing"
            self._found.problems.append(f"{self._name} {there}: {error.message}")
            chain.breaks()
            return None
        chain.goes_on_to(beside.end.digest)
        self.wrong = self._held_against(beside, read=read)
        if self.wrong:
            chain.breaks()
        self._take(beside, read=read)
        return beside

    @abstractmethod
    def chain(self) -> Chain:
        """The one that it is a part of."""

    @abstractmethod
    def _take(self, beside: Beside, *, read: bool) -> None:
        """What it holds."""

    def _held_against(self, beside: Beside, *, read: bool) -> str:
        if not self._size:
            return "is missing"
        if self._size != beside.head.size:
            return "has another length than it had"
        if read and self._files.sha256(self._number) != beside.head.sha256:
            return "is not as it was written"
        return ""


class _Events(_File):
    def chain(self) -> Chain:
        return self._found.events_chain

    def _take(self, beside: Beside, *, read: bool) -> None:
        if self.wrong:
            self._found.problems.append(f"{self._name} {self.wrong}.")
        else:
            self._found.events += len(beside.lines)
        for event, _ in beside.events(self._number):
            if isinstance(event, Run):
                self._found.saves_until(event)


class _Pack(_File):
    entries: Mapping[Key, Entry]

    def chain(self) -> Chain:
        return self._found.chain

    def _take(self, beside: Beside, *, read: bool) -> None:
        self.entries = {(each.account, each.id): each for each in beside.entries(self._number)}
        if not self.wrong:
            self._found.messages += len(self.entries)
            self._found.unread += 0 if read else len(self.entries)
            self._found.mail += sum(each.length for each in self.entries.values())

    def tell(self, met: Set[Key]) -> None:
        """What is wrong; of the messages, those that are not among the ones `met` elsewhere."""
        if not self.wrong:
            return
        lost = [entry for key, entry in self.entries.items() if key not in met]
        if not lost:
            text = f"{self._name} {self.wrong}: what lay there is saved anew."
            self._found.notes.append(text)
            return
        self._found.problems.append(f"{self._name} {self.wrong}.")
        there = self._found.damaged if self._size else self._found.missing
        for each in lost:
            why = f"Its pack {self.wrong}."
            there.append(Damage(each.account, each.id, self._number, each.offset, why))
