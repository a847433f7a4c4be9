"""`gmailkit api`."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gmailkit.cli import screen
from gmailkit.cli.ask import can_ask, confirm
from gmailkit.cli.command import command
from gmailkit.cli.plan import DryRun, Yes
from gmailkit.cli.state import UNCHANGED, State, Stop
from gmailkit.errors import UsageError

if TYPE_CHECKING:
    from gmailkit.gmail import Gmail
    from gmailkit.services.api import MethodFacts
    from gmailkit.wire.request import Request

MAYBE_DONE = Stop("it may have been done: look before another try", retryable=False)
MethodName = typer.Argument(metavar="METHOD", help="Google's name, as messages.list.")
Parameters = typer.Argument(
    metavar="KEY=VALUE...", help="A parameter or a field of the body; KEY:=JSON for other kinds."
)
Body = typer.Option(
    "--body", metavar="JSON", help="The JSON to send, as a whole; @FILE or - reads it."
)
MediaFile = typer.Option("--media", metavar="FILE", help="The message to upload; - reads stdin.")
List = typer.Option("--list", help="List all methods with their scopes and prices.")


@command
def api(
    ctx: typer.Context,
    method: Annotated[str | None, MethodName] = None,
    parameters: Annotated[list[str] | None, Parameters] = None,
    body: Annotated[str | None, Body] = None,
    media: Annotated[Path | None, MediaFile] = None,
    listing: Annotated[bool, List] = False,
    yes: Yes = False,
    dry_run: DryRun = False,
) -> None:
    """Call any method of the Gmail API and print Gmail's JSON.

    A KEY that comes twice makes a list. What may change the mailbox asks first.

    Examples:
      gmailkit api messages.list q=is:unread maxResults=5
      gmailkit api labels.create name=Receipts --yes
      gmailkit api --list

    Needs: any login; each method has scopes of its own (--list).
    """
    state = State.of(ctx)
    if listing:
        if method or body or media:
            raise UsageError("--list takes no method.", hint="gmailkit api --list | grep WORD")
        _list_all(state)
        return
    if method is None:
        raise UsageError("Which method?", hint="gmailkit api --list shows all there are.")
    _call(state, _plain_name(method), parameters or (), body, media, yes=yes, dry_run=dry_run)


def _call(
    state: State,
    name: str,
    given: Sequence[str],
    body: str | None,
    media: Path | None,
    *,
    yes: bool,
    dry_run: bool,
) -> None:
    from gmailkit.services import api as services

    facts = services.method(name)
    _check_uploads(facts, body, media)
    params: dict[str, Any] = services.arguments(facts, map(_pair, given))
    if media is not None:
        params["media"] = sys.stdin.buffer if str(media) == "-" else media
    if body is not None:
        params["body"] = {**_body(body), **params.get("body", {})}
    gmail = state.gmail()
    if dry_run:
        _show_request(state, gmail.request(name, **services.masked(params)))
    elif facts.writes:
        agree = partial(_ask, state, gmail, facts, params, yes=yes)
        state.out.document(gmail.recorded_call(name, agree=agree, **params))
    else:
        state.out.document(gmail.call(name, **params))


def _ask(
    state: State, gmail: Gmail, facts: MethodFacts, params: dict[str, Any], *, yes: bool
) -> None:
    state.on_stop = UNCHANGED
    said = {key: value for key, value in params.items() if key not in ("media", "body")}
    words = [f"{key}={value}" for key, value in said.items()]
    line = screen.visible(" ".join([facts.name, *words]))
    account, units = gmail.address, screen.count_text(gmail.price(facts.name), "unit")
    preview = f"{account}: {line} ({units}); --dry-run shows the whole request."
    if not yes and can_ask(state):
        state.out.before_asking(preview)
    elif yes:
        state.out.say(preview)
    confirm(state, f"Do this to {account}?", yes=yes)
    state.on_stop = MAYBE_DONE


def _plain_name(method: str) -> str:
    """Google's documents call it gmail.users.labels.list."""
    return method.removeprefix("gmail.").removeprefix("users.")


def _pair(word: str) -> tuple[str, object]:
    key, equals, value = word.partition("=")
    if not equals or not key.rstrip(":"):
        raise UsageError(f"{word!r} is no parameter.", hint="Write it as KEY=VALUE or KEY:=JSON.")
    if not key.endswith(":"):
        return key, value
    return key[:-1], _json(value, f"The value of {key[:-1]}")


def _body(given: str) -> dict[str, object]:
    if given == "-":
        found = _json(sys.stdin.buffer.read(), "Standard input")
    elif given.startswith("@"):
        found = _json(_file(Path(given[1:])), given[1:])
    else:
        found = _json(given, "The body")
    if not isinstance(found, dict):
        raise UsageError(
            "The body is no JSON object.", hint='As in --body \'{"name": "Receipts"}\''
        )
    return found


def _json(text: str | bytes, what: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise UsageError(
            f"{what} is no JSON.", hint="Texts stand in double quotes there."
        ) from None


def _file(path: Path) -> bytes:
    try:
        return path.expanduser().read_bytes()
    except OSError as error:
        message = f"Cannot read {path}: {error.strerror}."
        raise UsageError(message, hint="Check the path.") from error


def _check_uploads(facts: MethodFacts, body: str | None, media: Path | None) -> None:
    if body is not None and not facts.takes_body:
        raise UsageError(f"{facts.name} takes no body.")
    if media is not None and not facts.takes_media:
        raise UsageError(f"{facts.name} takes no message.")
    if body == "-" and media is not None and str(media) == "-":
        raise UsageError("Only one thing can come from standard input.")


def _show_request(state: State, request: Request) -> None:
    """The request as it would leave, but for the token and passwords."""
    text = (request.body or b"").decode(errors="backslashreplace")
    if state.out.json:
        facts = {"method": request.verb, "url": request.url, "headers": request.headers}
        state.out.document({**facts, "body": text})
    else:
        state.out.line(f"{request.verb} {screen.visible(request.url)}")
        for name, value in request.headers.items():
            state.out.line(f"{name}: {screen.visible(value)}")
        if text:
            state.out.line(f"\n{screen.visible_text(text)}")
    state.out.say("Dry run: nothing was sent.")


def _list_all(state: State) -> None:
    from gmailkit.services.api import all_methods

    found = all_methods()
    if not state.out.json:
        state.out.table(("METHOD", "SCOPE", "UNITS", "OLD PRICE"), _rows(found))
        return
    for each in found:
        state.out.record(
            {
                "method": each.name,
                "http": each.http,
                "path": each.path,
                "scopes": each.scopes,
                "units": each.method.new,
                "old_units": each.method.old,
                "printed": each.method.printed,
                "parameters": sorted(set(each.parameters) - {"userId"}),
            }
        )


def _rows(found: Sequence[MethodFacts]) -> Iterator[tuple[object, ...]]:
    for each in found:
        yield each.name, each.scopes[0], each.method.new, each.method.old
