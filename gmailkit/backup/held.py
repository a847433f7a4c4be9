"""Verifying messages whose bytes stand in the records of others: those must be whole."""

from __future__ import annotations

from gmailkit.backup.index import Index
from gmailkit.backup.packs import Entry
from gmailkit.backup.report import Damage, Findings
from gmailkit.errors import BackupDamaged


def name_the_bereft(index: Index | None, found: Findings) -> None:
    """Once all packs were gone through: messages of which the record is whole, but not that which
    holds their bytes."""
    harmed = {(each.account, each.id) for each in found.harmed}
    bereft = [each for each in found.loose if not _is_held(each, index, found, harmed)]
    try:
        if index:
            holders = [each for each in found.harmed if each.same is None]
            bereft += [each for holder in holders for each in index.sharing(holder)]
            bereft += index.unheld()
    except BackupDamaged as error:
        found.blame_index(error.message)
    named = {(each.account, each.id): each for each in bereft}
    for key in sorted(named.keys() - harmed):
        _name(named[key], found)


def _is_held(
    entry: Entry, index: Index | None, found: Findings, harmed: set[tuple[str, str]]
) -> bool:
    """Of one that the index does not know."""
    if entry.same is None:
        return True
    key = (entry.same.account, entry.same.id)
    if found.met.get(key) == entry.sha256:
        return True
    try:
        holder = index.holder(entry.same) if index and key not in harmed else None
    except BackupDamaged:
        return False
    return holder is not None and holder.same is None and holder.sha256 == entry.sha256


def _name(entry: Entry, found: Findings) -> None:
    found.messages -= 1
    found.mail -= entry.length
    found.unread = min(found.unread, found.messages)
    found.bereft.append(entry)
    why = f"Its bytes are those of {_told(entry)}, which cannot be read."
    found.damaged.append(Damage(entry.account, entry.id, entry.pack, entry.offset, why))


def _told(entry: Entry) -> str:
    same = entry.same
    return f"message {same.id} of {same.account}" if same else f"message {entry.id}"
