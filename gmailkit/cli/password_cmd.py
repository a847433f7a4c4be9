"""gmailkit password: that of a mail server, kept."""

from __future__ import annotations

import sys
from typing import Annotated, Protocol

import typer
from typer import Option

from gmailkit.cli.command import command
from gmailkit.cli.state import State
from gmailkit.errors import UsageError
from gmailkit.secret import Secret


class Known(Protocol):
    """A server of any mail protocol."""

    @property
    def url(self) -> str: ...

    @property
    def user(self) -> str: ...

    @property
    def place(self) -> str: ...

    @property
    def is_here(self) -> bool: ...


@command
def password(
    ctx: typer.Context,
    server: Annotated[
        str, typer.Argument(metavar="URL", help="The server with its user: imaps://ann@host.")
    ],
    forget: Annotated[bool, Option("--forget", help="Forget it instead.")] = False,
) -> None:
    """Keep the password of a server of IMAP or POP3, asked for unseen.

    In the keyring of the system where there is one, else in a file that only you can read. In a
    pipe it is the first line of standard input. Stores on that server are opened with it.

    Examples:
      gmailkit password imaps://ann@mail.example.org
      gmailkit password pop3s://ann@mail.example.org --forget

    Needs: nothing.
    """
    from gmailkit.transport.mail_server import read_mail_server

    keep_password(State.of(ctx), read_mail_server(server), forget=forget)


def keep_password(state: State, known: Known, *, forget: bool) -> None:
    """Raises UsageError for a server without a user."""
    from gmailkit.auth.passwords import Passwords

    if not known.user:
        raise UsageError(
            f"{known.url} names no user.", hint=known.url.replace("://", "://USER@", 1)
        )
    keep = Passwords(state.settings().home)
    if forget:
        keep.forget(known.url)
        state.out.say(f"The password of {known.user} at {known.place} is forgotten.")
        return
    kind = keep.save(known.url, _asked(state, f"Password of {known.user}: "), here=known.is_here)
    where = "the keyring" if kind == "keyring" else "a file that only you can read"
    state.out.say(f"Kept in {where}, for {known.url}")


def _asked(state: State, prompt: str) -> Secret:
    """What a person types unseen, or the first line of a pipe."""
    if sys.stdin.isatty():
        if state.no_input:
            raise UsageError("A password is needed.", hint="Pipe it in, or leave --no-input out.")
        from getpass import getpass

        said = getpass(prompt, stream=sys.stderr)
    else:
        said = sys.stdin.readline().rstrip("\r\n")
    if not said:
        raise UsageError("There is no password without a character.")
    if not said.isprintable():
        raise UsageError("The password holds a control character.")
    return Secret(said)
