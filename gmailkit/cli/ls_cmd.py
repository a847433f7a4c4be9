"""`gmailkit ls`."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Annotated

import typer
from typer import Option

from gmailkit.cli import screen
from gmailkit.cli.as_of import AsOf
from gmailkit.cli.command import command
from gmailkit.cli.dialogue import listen
from gmailkit.cli.progress import ProgressLine
from gmailkit.cli.state import State
from gmailkit.cli.within import places
from gmailkit.errors import Failure, PartialError, UsageError

if TYPE_CHECKING:
    from gmailkit.services.surveying import Overview
    from gmailkit.transport.transcript import Hear


@command
def ls(
    ctx: typer.Context,
    store: Annotated[
        str, typer.Argument(metavar="STORE", help="maildir:~/Mail, gmail:, a path.")
    ] = "gmail:",
    transcript: Annotated[
        bool, Option("--transcript", help="Print what is said to a mail server, line by line.")
    ] = False,
    explain: Annotated[
        bool, Option("--explain", help="The same, with what each line means.")
    ] = False,
    as_of: AsOf = None,
) -> None:
    """List the folders or labels of a store, how much they hold, and what the store can do.

    A store is a backup, a file or folder of mail, an account or a mail server: maildir:PATH,
    gmail:ann@example.com, mbox:FILE, eml:DIR, backup:DIR, imaps://ann@host, pop3s://ann@host. Of a
    bare path it is seen what it is. Other packages may bring more kinds. Of files that keep no
    counts every message is read.

    Examples:
      gmailkit ls maildir:~/Maildir
      gmailkit ls imaps://ann@mail.example.org --explain

    Needs: gmail.readonly (gmailkit login --for read); of other stores nothing.
    """
    from gmailkit.services import days
    from gmailkit.services.surveying import overview

    state = State.of(ctx)
    location = places(state).locate(store)
    hear = _listening(state, location.scheme, transcript, explain)
    source = places(state, hear).source(location, as_of=days.as_of(as_of))
    with closing(ProgressLine(state.out)) as line:
        found = overview(
            source,
            on_progress=lambda done: line.show(
                done, None, f"{screen.count_text(done, 'message')} looked at"
            ),
        )
    if hear:
        source.__exit__(None, None, None)  # the end of the dialogue is said before the result
    if state.out.json:
        tell = state.out.record if hear else state.out.document  # behind lines, one of them
        tell(_facts(found))
        _complain(found)
        return
    rows = [(x.name or "(none)", _number(x.messages), _number(x.unread)) for x in found.folders]
    state.out.table(("FOLDER", "MESSAGES", "UNREAD"), rows)
    for words in (*_told(found), *getattr(source, "notes", ())):
        state.out.say(screen.visible(words))
    _complain(found)


def _complain(found: Overview) -> None:
    if found.unreadable:
        raise PartialError(
            f"{screen.count_text(len(found.unreadable), 'message')} could not be read.",
            done=(found.messages or 0) - len(found.unreadable),
            failed=[Failure(ref, "It cannot be read.") for ref in found.unreadable],
            hint="gmailkit show ID --in STORE says what is wrong with one.",
        )


def _listening(state: State, scheme: str, transcript: bool, explain: bool) -> Hear | None:
    if (transcript or explain) and not scheme.startswith(("imap", "pop3")):
        raise UsageError("There is a dialogue with mail servers only.", hint="imaps://ann@host")
    return listen(
        state,
        wanted=transcript,
        explain=explain,
        protocol="pop3" if scheme.startswith("pop3") else "imap",
    )


def _told(found: Overview) -> list[str]:
    keeps, does = _abilities(found)
    said = []
    if found.messages is not None:
        size = f", {screen.bytes_text(found.bytes)}" if found.bytes is not None else ""
        said.append(f"{found.store}: {screen.count_text(found.messages, 'message')}{size}.")
    said.append(f"It keeps {', '.join(keeps)}; it can {', '.join(does) or 'only be read'}.")
    return said


def _facts(found: Overview) -> dict[str, object]:
    keeps, does = _abilities(found)
    return {
        "store": found.store,
        "keeps": keeps,
        "can": does,
        "messages": found.messages,
        "bytes": found.bytes,
        "unreadable": len(found.unreadable),
        "folders": [
            {"name": x.name, "messages": x.messages, "unread": x.unread} for x in found.folders
        ],
    }


def _abilities(found: Overview) -> tuple[tuple[str, ...], tuple[str, ...]]:
    from gmailkit.services.surveying import abilities

    return abilities(found.can)


def _number(count: int | None) -> str:
    return "" if count is None else str(count)
