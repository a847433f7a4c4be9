"""By which way the messages of a merge leave, what each costs, and what to say of it."""

from __future__ import annotations

from collections.abc import Iterator

from gmailkit.errors import Refused
from gmailkit.record.ledger import Way
from gmailkit.services.connect import Connection
from gmailkit.services.sending.ways.look import may_read
from gmailkit.services.sending.ways.smtp.submission import login_for, server_for
from gmailkit.services.sending.ways.smtp.trace import keeps_ids
from gmailkit.wire.methods import find


def check(connection: Connection, way: Way | None) -> None:
    """What would keep every message from leaving by it: raises Refused, or UsageError for a server
    or a password that is missing. Connects to nothing.
    """
    if way == "smtp":
        login_for(connection, server_for(connection))
    elif way == "fast":
        connection.check_allowed("messages.send")
    elif way == "draft":
        connection.check_allowed("drafts.create")


def notes(connection: Connection, way: Way | None) -> Iterator[str]:
    if way == "smtp":
        yield f"They leave over SMTP, by {server_for(connection).place}."
    elif way == "fast":
        yield (
            "Each leaves in one call: where its answer is lost, nobody may be able to tell "
            "whether it left, and it is not sent again."
        )


def units_each(connection: Connection, way: Way | None) -> int:
    """Of the quota: a draft and its sending, or the one call; over SMTP the look for its id."""
    prices = connection.allowance.prices
    price = {name: find(name).price(prices) for name in _METHODS[_taken(connection, way)]}
    return sum(price.values())


_METHODS = {
    "draft": ("drafts.create", "drafts.send"),
    "fast": ("messages.send",),
    "gmail's smtp": ("messages.list", "messages.get"),
    "smtp": (),
}


def _taken(connection: Connection, way: Way | None) -> str:
    if way == "smtp":
        looks = keeps_ids(connection, server_for(connection)) and may_read(connection)
        return "gmail's smtp" if looks else "smtp"
    if way is not None:
        return way
    try:
        connection.check_allowed("drafts.create")
    except Refused:
        return "fast"
    return "draft"
