"""A run for some messages of a mailbox: new ones are listed, of saved ones history tells."""

from __future__ import annotations

from gmailkit.services.backup.matrix import listed
from gmailkit.services.backup.work import Place, Work
from gmailkit.services.cheapest import states_by_asking


def take_chosen(work: Work, place: Place) -> None:
    """Read what matches and is not saved. Where history goes on is kept from the last run that saw
    the whole mailbox: what is new since then and does not match is left to the next of those.
    """
    work.mode = "partial"
    account = work.account
    lost = place.told is None
    if lost and account.holds_any():
        _bring_up(work)
    if lost or place.cursor is None or place.cursor.covers == "known":
        account.go_on_from(place.history, "known")
    ids = list(work.wanted.listed(work.client))
    known = {id: found for id in ids if (found := account.known(id))}
    work.following.by_asking([id for id, found in known.items() if found.gone])
    work.present = len(known)
    hidden = work.wanted.lying_hidden(work.client)
    work.left_out = len(hidden.difference(ids))
    work.reading.read([id for id in ids if id not in known])


def _bring_up(work: Work) -> None:
    """Labels and deletions of all that is saved, where history does not reach far enough."""
    saved = [id for id, known in work.account.all() if not known.gone]
    labels = frozenset(label.id for label in work.names.labels)
    messages = work.client.get_profile().messages_total
    if states_by_asking(len(saved), messages, len(labels), work.client.prices):
        work.following.by_asking(saved)
    else:
        matrix = listed(work.client, sorted(labels))
        work.following.by_listing(matrix, labels, lambda: listed(work.client, ()))
    work.account.folder.flush()
