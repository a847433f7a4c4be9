"""`gmailkit login`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from gmailkit.cli import screen
from gmailkit.cli.ask import ask, confirm
from gmailkit.cli.command import command
from gmailkit.cli.plan import Yes
from gmailkit.cli.state import NOBODY, State
from gmailkit.errors import SignInNeeded, UsageError

if TYPE_CHECKING:
    from gmailkit.cli.emit import Output
    from gmailkit.services.sign_in import SignedIn

Purpose = Literal["modify", "read", "send", "settings", "restore", "full", "admin"]
Address = typer.Argument(metavar="ADDRESS", help="The account to sign in to.")
ClientFile = typer.Option("--client", metavar="FILE", help="The OAuth client file from Google.")
For = typer.Option(
    "--for", metavar="PURPOSE", help="modify, read, send, settings, restore, full or admin."
)
KeyFile = typer.Option("--service-account", metavar="KEY", help="Act for others by this key file.")
Subject = typer.Option("--subject", metavar="ADDRESS", help="Whom the service account acts for.")
NoBrowser = typer.Option(
    "--no-browser", help="Print the address; paste back the one you are sent to."
)
Alias = typer.Option("--alias", metavar="NAME", help="A short name for the account.")
Default = typer.Option("--default", help="Make it the default account.")
Timeout = typer.Option("--timeout", metavar="SECONDS", min=1, help="How long to wait.")


@command
def login(
    ctx: typer.Context,
    address: Annotated[str | None, Address] = None,
    client: Annotated[Path | None, ClientFile] = None,
    purpose: Annotated[Purpose, For] = "modify",
    service_account: Annotated[Path | None, KeyFile] = None,
    subject: Annotated[str | None, Subject] = None,
    no_browser: Annotated[bool, NoBrowser] = False,
    alias: Annotated[str, Alias] = "",
    default: Annotated[bool, Default] = False,
    timeout: Annotated[int, Timeout] = 300,
    yes: Yes = False,
) -> None:
    """Sign in to Gmail with your browser.

    Without --for it may read, send, label and back up mail (gmail.modify). The client file is
    looked for in $GMAILKIT_CLIENT_FILE, the configuration folder and ./credentials.json.
    A service account of a Google Workspace needs no browser, but an administrator's permission.
    An address has one sign-in: where the other kind would be replaced, it asks, or needs --yes.

    Examples:
      gmailkit login --client credentials.json
      gmailkit login ann@example.com --for read --alias work
      gmailkit login --service-account key.json --subject ann@example.com --for admin

    Needs: nothing; it is how permissions are given.
    """
    from gmailkit.services.sign_in import login as sign_in

    state = State.of(ctx)
    state.on_stop = NOBODY

    def agree(replaced: str) -> None:
        confirm(state, f"{replaced} Go on?", yes=yes, dry_run=False)

    if service_account:
        from gmailkit.services.sign_in_by_key import login_by_key

        who = _act_for(address, subject, other_ways=bool(client) or no_browser)
        signed = login_by_key(
            *(state.settings(), service_account, who),
            purpose=purpose,
            alias=alias,
            default=default,
            agree=agree,
        )
        _report(state.out, signed)
        return
    if subject:
        raise UsageError(
            "--subject needs --service-account, the key file that acts for it.",
            hint=f"To sign in as a person: gmailkit login {subject}",
        )
    signed = sign_in(
        state.settings(),
        client_file=client,
        purpose=purpose,
        alias=alias,
        default=default,
        address=address,
        open_browser=None if no_browser else _browser(state),
        paste=_paste_from(state) if no_browser else None,
        timeout=timeout,
        agree=agree,
    )
    _report(state.out, signed)


def _act_for(named: str | None, subject: str | None, *, other_ways: bool) -> str:
    """Whom a service account is to act for; UsageError for options that do not go with one."""
    if other_ways:
        raise UsageError(
            "A service account takes neither --client nor --no-browser.",
            hint="Its key file is all it needs.",
        )
    if named and subject and named != subject:
        raise UsageError(f"Both {named} and {subject} are named.", hint="Name one of them.")
    if not (named or subject):
        raise UsageError(
            "A service account needs somebody to act for.", hint="Add --subject ann@example.com."
        )
    return subject or named or ""


def _report(out: Output, signed: SignedIn) -> None:
    account = signed.account
    if out.json:
        facts = {"address": account.address, "alias": account.alias, "scopes": account.scopes}
        out.document({**facts, "lost": signed.lost, "replaced": signed.replaced})
        return
    out.line(f"Signed in as {screen.visible(account.address)}.")
    for sentence in filter(None, (signed.replaced, *signed.lost)):
        out.say(sentence)
    if signed.client_file:
        out.say(f"The client file is kept as {signed.client_file}.")


def _browser(state: State) -> Callable[[str], object]:
    from gmailkit.services.sign_in import open_in_browser

    if state.sandbox:
        from gmailkit.services.practice import consent

        return consent

    def show(address: str) -> None:
        shown = open_in_browser(address)
        lead = "Your browser should open. If not, go to" if shown else "Open this in a browser"
        state.out.before_asking(
            f"{lead}:\n\n  {address}\n\n"
            "Waiting here for the answer. If your browser is on another machine, stop with Ctrl-C\n"
            "and use: gmailkit login --no-browser"
        )

    return show


def _paste_from(state: State) -> Callable[[str], str]:
    def paste(said: str) -> str:
        """`said` is the address to open, or what was wrong with the last answer."""
        if said.startswith("http"):
            said = (
                f"Open this address in any browser:\n\n  {said}\n\n"
                "After you agree, the browser is sent to an address that begins with\n"
                "http://127.0.0.1 and may not load. Copy that one from the address bar."
            )
        state.out.before_asking(said)
        nothing = SignInNeeded(
            "The input ended before an address was pasted; nobody was signed in.",
            hint="Run it where you can type, or sign in on a machine that has a browser. A program "
            "takes a token in GMAILKIT_ACCESS_TOKEN, or a service account.",
        )
        return ask(state, "Paste it here: ", at_end=nothing)

    return paste
