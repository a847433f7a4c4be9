"""The plain files of an encrypted backup, verified and made anew: sums of the keys, and the ids."""

from __future__ import annotations

from gmailkit.backup.crypt.keys import Keys
from gmailkit.backup.crypt.sealed import SealedFiles
from gmailkit.backup.layout import Layout
from gmailkit.backup.report import Findings


def check_beside(layout: Layout, found: Findings) -> None:
    """What is wrong with them."""
    found.problems += Keys(layout.path).problems()
    if layout.blind:  # there each file of ids is read in any case
        return
    for files, number in _broken(layout):
        where = files.stream.told(number)
        found.blame_index(f"What hosts without a key are told of {where} is not as it was written.")


def mend_beside(layout: Layout) -> None:
    """Write what hosts without a key are told where it is broken. Raises CannotWrite."""
    if layout.key is not None:
        for files, number in _broken(layout):
            files.mend_ids(number)


def _broken(layout: Layout) -> list[tuple[SealedFiles, int]]:
    return [
        (files, number)
        for files in layout.files.values()
        if isinstance(files, SealedFiles)
        for number in files.numbers()
        if not files.ids_are_right(number)
    ]
