"""The plain files of an encrypted backup, verified and made anew: sums of the keys, and the ids."""

from __future__ import annotations

from collections.abc import Callable

from gmailkit.backup.crypt.keys import Keys
from gmailkit.backup.crypt.sealed import SealedFiles
from gmailkit.backup.layout import Layout
from gmailkit.backup.report import Findings


def check_beside(layout: Layout, found: Findings, reads: Callable[[int], bool]) -> None:
    """What is wrong with them; `reads` says of which files more is asked than their sizes."""
    found.problems += Keys(layout.path).problems()
    if layout.blind:  # there each file of ids is read in any case
        return
    for files, number in _broken(layout, reads):
        where = files.stream.told(number)
        found.blame_index(f"What hosts without a key are told of {where} is not as it was written.")


def mend_beside(layout: Layout) -> None:
    """Write what hosts without a key are told where it is broken. Raises CannotWrite."""
    if layout.key is not None:
        for files, number in _broken(layout, lambda number: True):
            files.mend_ids(number)


def _broken(layout: Layout, reads: Callable[[int], bool]) -> list[tuple[SealedFiles, int]]:
    return [
        (files, number)
        for files in layout.files.values()
        if isinstance(files, SealedFiles)
        for number in files.numbers()
        if (reads(number) or not files.distant) and not files.ids_are_right(number)
    ]
