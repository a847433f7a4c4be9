"""Whom a message may come from, and the signature that goes with it."""

from __future__ import annotations

from dataclasses import dataclass

from gmailkit.errors import Refused, UsageError
from gmailkit.mime.address import check_address
from gmailkit.model.mail import Address
from gmailkit.model.send_as import SendAs
from gmailkit.services.connect import Connection

_LIST = "settings.sendAs.list"


@dataclass(frozen=True, slots=True)
class Sender:
    """`address` None: Gmail puts its own. `reply_to` is where the alias wants its answers."""

    address: Address | None = None
    reply_to: str = ""
    signature: str = ""  # HTML


def sender_of(
    connection: Connection, given: str | Address | None, *, signature: bool = False
) -> Sender:
    """The own address costs nothing; an alias or a signature is looked up for 1 unit.

    Raises UsageError for an address that this mailbox may not send from, since Gmail would put its
    own in its place without a word; Refused when the sign-in cannot look it up.
    """
    address = check_address(given) if given else None
    own = address is None or address.email.casefold() == connection.address.casefold()
    if own and not signature:
        return Sender(address)
    there = _look(connection, address)
    found = next((each for each in there if _is(each, address)), None)
    if found is None:
        raise _no_alias(address, there, connection)
    if address and not _accepted(found):
        raise UsageError(
            f"{address.email} may not send yet: its owner has not confirmed it to Gmail.",
            hint=f"gmailkit settings send-as verify {address.email} mails the owner once more.",
        )
    if address and not address.name:
        address = Address(address.email, found.display_name)
    answers = "" if own else found.reply_to_address
    return Sender(address, answers, found.signature if signature else "")


def _look(connection: Connection, address: Address | None) -> tuple[SendAs, ...]:
    what = f"{address.email} belongs to this account" if address else "a signature is there"
    try:
        connection.check_allowed(_LIST)
    except Refused as error:
        raise Refused(
            f"Whether {what} cannot be seen with this sign-in.",
            needs=error.needs,
            hint=error.hint,
        ) from error
    return connection.client.settings.send_as.list()


def _is(found: SendAs, address: Address | None) -> bool:
    if address is None:
        return found.is_primary
    return found.send_as_email.casefold() == address.email.casefold()


def _accepted(found: SendAs) -> bool:
    return found.is_primary or found.verification_status == "accepted"


def _no_alias(
    address: Address | None, there: tuple[SendAs, ...], connection: Connection
) -> UsageError:
    who = address.email if address else connection.address
    known = ", ".join(each.send_as_email for each in there if _accepted(each))
    return UsageError(
        f"{who} is not an address of this account, and Gmail would replace it.",
        hint=f"Leave From out, or use {known or connection.address}.",
    )
