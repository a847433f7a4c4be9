"""Labels that nothing needs."""

from __future__ import annotations

from collections.abc import Iterable

from gmailkit.client.client import Client
from gmailkit.model.label import Label
from gmailkit.record.journal import Change
from gmailkit.services.connect import Connection
from gmailkit.services.labels.definitions import delete_all


def unused(client: Client) -> tuple[Label, ...]:
    """The labels that are on no message, that no filter gives, and that no label in use lies under.

    Gmail's counts lag: where they say none, one listing makes sure.
    """
    own = [label.id for label in client.labels.list() if label.type != "system"]
    labels = client.labels.get_many(own)
    filters = client.settings.filters.list()
    given = {id for each in filters for id in each.action.add_label_ids}
    empty = {
        label.id
        for label in labels
        if label.id not in given and not label.messages_total and _is_empty(client, label)
    }
    used = [label.name for label in labels if label.id not in empty]
    return tuple(
        label
        for label in labels
        if label.id in empty and not any(name.startswith(f"{label.name}/") for name in used)
    )


def delete_unused(connection: Connection, labels: Iterable[Label]) -> Change | None:
    """Delete them as one change, but those that came into use meanwhile; None when all did."""
    still = {label.id for label in unused(connection.client)}
    chosen = [label for label in labels if label.id in still]
    if not chosen:
        return None
    what = ", ".join(label.name for label in chosen[:3]) + (", ..." if chosen[3:] else "")
    return delete_all(connection.client, connection.journal, chosen, f"delete unused labels {what}")


def _is_empty(client: Client, label: Label) -> bool:
    listing = client.messages.list(label_ids=[label.id], include_spam_trash=True, max_results=1)
    return next(listing, None) is None
