"""The options of commands that work on any store as they do on Gmail."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from msgspec.structs import replace
from typer import Option

from gmailkit.cli import moving
from gmailkit.cli.as_of import AsOf
from gmailkit.cli.progress import made_searchable
from gmailkit.cli.state import State
from gmailkit.errors import UsageError

if TYPE_CHECKING:
    from gmailkit.cli.choose import Mailbox
    from gmailkit.gmail import Gmail
    from gmailkit.services.offline.mailbox import SavedMailbox
    from gmailkit.services.offline.stored import StoredMailbox
    from gmailkit.services.places import Places
    from gmailkit.stores.locate import Location
    from gmailkit.transport.transcript import Hear


@dataclass(frozen=True, kw_only=True)
class Within:
    """Whether the account's own Gmail is meant, or another store."""

    store: Annotated[
        str | None,
        Option("--in", metavar="STORE", help="A backup, or any other store: maildir:~/Mail, say."),
    ] = None
    whose: Annotated[
        str,
        Option("--from", metavar="ADDRESS", help="Whose mail, where the backup has several."),
    ] = ""
    as_of: AsOf = None


def mailbox(state: State, within: Within) -> tuple[Mailbox, Gmail | None]:
    """What is worked on, and Gmail where it is that, which costs units."""
    if stored := stored_mailbox(state, within):
        return stored, None
    gmail = state.gmail()
    return gmail, gmail


def located(state: State, within: Within) -> Location | None:
    """The place that is meant, None for Gmail; row numbers of its lists are good from here on.

    UsageError for options that go with a backup alone.
    """
    location = None
    if within.store is not None:
        location = places(state).locate(within.store, to_make=True)
        if not location.scheme:  # nothing is there: opening a backup says so
            location = replace(location, scheme="backup")
    if location and location.scheme == "gmail":
        choose_account(state, location.user)
        location = None
    if not location or location.scheme != "backup":
        _check_none_of_a_backup(within)
    if location:
        path = Path(location.path).expanduser()
        files = not location.host and path.exists()
        name = f"{location.scheme}:{path.resolve()}" if files else str(location)
        state.within = path if location.scheme == "backup" else name
    return location


def places(state: State, hear: Hear | None = None) -> Places:
    """Opens stores by name; what it opened is closed when the run ends. `hear`: see `Places`."""
    from gmailkit.services.places import Places

    return state.closing.enter_context(Places(state.settings, hear=hear, clock=state.clock))


def speak_of(state: State, target: Location) -> None:
    """Commands that are named from here on are for the account that is added to."""
    if target.scheme == "gmail" and target.user:
        state.settings()  # what is opened by no name is still the account that was said
        state.account = target.user


def is_own(state: State, store: str) -> bool:
    """Whether the name means an account of Gmail, which is chosen then."""
    location = places(state).locate(store)
    if location.scheme != "gmail":
        return False
    choose_account(state, location.user)
    return True


def choose_account(state: State, address: str) -> None:
    """Work on that account; UsageError where --account names another one."""
    if address and state.account not in (None, address):
        raise UsageError(
            f"gmail:{address} and --account {state.account} contradict each other.",
            hint="Leave one away.",
        )
    state.account = address or state.account


def _check_none_of_a_backup(within: Within) -> None:
    if within.whose:
        raise UsageError(
            "--from says whose mail of a backup is meant.",
            hint="Name the backup too: --in DIR. To search by sender: from:ADDRESS",
        )
    if within.as_of:
        raise UsageError(
            "--as-of goes with a backup; anything else is as it is.", hint="Name one: --in DIR"
        )


def stored_mailbox(state: State, within: Within) -> SavedMailbox | StoredMailbox | None:
    """The mailbox that is meant, closed when the run ends; None where Gmail is.

    Says how far messages of a backup are made searchable, where that is to be done first.
    """
    location = located(state, within)
    if location is None:
        return None
    if location.scheme == "backup":
        return _saved(state, location, within)
    from gmailkit.services.offline.stored import StoredMailbox

    source = places(state).source(location)
    return StoredMailbox(source, address=location.user, clock=state.clock)


def _saved(state: State, location: Location, within: Within) -> SavedMailbox:
    from gmailkit.services.offline.mailbox import open_backup

    state.closing.callback(moving.wipe)  # whatever ends it

    mail = open_backup(
        location.path,
        account=within.whose or location.user,
        as_of=within.as_of,
        clock=state.clock,
        on_progress=made_searchable(state.out),
    )
    return state.closing.enter_context(mail)
