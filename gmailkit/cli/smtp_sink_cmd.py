"""`gmailkit smtp-sink`: an SMTP server on this machine that passes nothing on."""

from __future__ import annotations

import os
import threading
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated

import typer

from gmailkit.cli import screen
from gmailkit.cli.command import command
from gmailkit.cli.signals import Stopped
from gmailkit.cli.state import State
from gmailkit.errors import INTERRUPTED, CannotWrite, UsageError
from gmailkit.paths import PRIVATE_FILE

if TYPE_CHECKING:
    from gmailkit.transport.smtp.sink import Caught, Sink

Port = typer.Option("--port", metavar="N", min=0, max=65535, help="0 takes a free one.")
Keep = typer.Option("--keep", metavar="DIR", help="Keep each message as .eml here.")
WithTls = typer.Option("--tls", help="Begin with TLS, by a certificate made for it.")
StartTls = typer.Option("--starttls", help="Insist on STARTTLS, with such a certificate.")
Auth = typer.Option("--auth", metavar="USER:WORD", help="Let nobody in but with these.")
Faults = typer.Option("--faults", metavar="LIST", help="Make trouble: later:ann@example.com:2.")
Count = typer.Option("--count", metavar="N", min=1, help="End after so many.")


@command
def smtp_sink(
    ctx: typer.Context,
    port: Annotated[int, Port] = 0,
    keep: Annotated[Path | None, Keep] = None,
    tls: Annotated[bool, WithTls] = False,
    starttls: Annotated[bool, StartTls] = False,
    auth: Annotated[str | None, Auth] = None,
    faults: Annotated[str, Faults] = "",
    count: Annotated[int | None, Count] = None,
) -> None:
    """Receive mail on this machine until Ctrl-C, and show it.

    It listens on 127.0.0.1 only and passes nothing on. With --tls and --starttls it names the file
    that a client has to believe. The word of --auth is for tests, where no secret stands in it.

    Examples:
      gmailkit smtp-sink --port 2525
      gmailkit smtp-sink --keep caught --starttls --auth me@example.com:open-sesame
      gmailkit smtp-sink --faults refuse:bob@example.com,drop-after:1

    Needs: nothing; the extra gmailkit[sink].
    """
    from gmailkit.transport.smtp.sink import Sink, Tls, check_installed
    from gmailkit.transport.smtp.throwaway import make_certificate

    state = State.of(ctx)
    check_installed()
    if tls and starttls:
        raise UsageError("--tls and --starttls exclude each other.", hint="Leave one out.")
    kind: Tls | None = "implicit" if tls else "starttls" if starttls else None
    full = threading.Event()
    shown = _Shown(state, _folder(keep), full, count)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="gmailkit-sink-")))
        certificate = make_certificate(folder / "sink.pem") if kind else None
        sink = Sink(
            port=port,
            tls=kind,
            certificate=certificate,
            auth=_pair(auth),
            troubles=faults,
            on_message=shown,
        )
        stack.enter_context(sink)
        _introduce(state, sink, certificate)
        try:
            full.wait()
        except Stopped as stop:
            if stop.exit_code != INTERRUPTED:
                raise
            state.out.say("\nThe sink is closed.")
    if shown.failed:
        raise shown.failed


class _Shown:
    """Prints and keeps each message; called in the thread of the server."""

    def __init__(
        self, state: State, folder: Path | None, full: threading.Event, most: int | None
    ) -> None:
        self._state = state
        self._folder = folder
        self._full = full
        self._most = most
        self._count = 0
        self.failed: CannotWrite | None = None

    def __call__(self, caught: Caught) -> None:
        self._count += 1
        try:
            path = _written(self._folder, caught.content) if self._folder else None
        except CannotWrite as error:
            self.failed = error
            self._full.set()
            return
        subject, size = caught.mail.subject, len(caught.content)
        if self._state.out.json:
            facts = {"from": caught.sender, "to": caught.to, "subject": subject, "size": size}
            more = {"user": caught.user, "tls": caught.tls, "path": path}
            self._state.out.record(facts | {k: v for k, v in more.items() if v})
        elif self._state.out.terminal:
            sender, to = caught.sender or "<>", ", ".join(caught.to)
            line = f"{sender} -> {to}  {subject}  ({screen.bytes_text(size)})"
            self._state.out.line(screen.visible(line))
        else:
            self._state.out.row(caught.sender, ",".join(caught.to), subject, size)
        if self._most is not None and self._count >= self._most:
            self._full.set()


def _introduce(state: State, sink: Sink, certificate: Path | None) -> None:
    if state.out.json:
        facts = {"url": sink.url, "port": sink.port}
        state.out.record(facts | ({"certificate": certificate} if certificate else {}))
        return
    state.out.say(f"Receiving at {sink.url}; Ctrl-C ends it. For gmailkit:")
    state.out.say(f"  export GMAILKIT_SMTP={sink.url}")
    if certificate:
        state.out.say(f"  export REQUESTS_CA_BUNDLE={certificate}")


def _pair(auth: str | None) -> tuple[str, str] | None:
    if auth is None:
        return None
    user, colon, word = auth.partition(":")
    if not (user and colon and word):
        raise UsageError("--auth is a user and a word.", hint="--auth me@example.com:open-sesame")
    return user, word


def _folder(keep: Path | None) -> Path | None:
    if keep is None:
        return None
    try:
        keep.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CannotWrite(
            f"Cannot make the folder {keep}: {error.strerror}.", path=keep, hint="Name another."
        ) from error
    return keep


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, PRIVATE_FILE)


def _written(folder: Path, content: bytes) -> Path:
    """Under the next free number, for the user alone; nothing is overwritten."""
    for number in range(1, 1_000_000):
        path = folder / f"{number:04}.eml"
        try:
            with open(path, "xb", opener=_private) as file:
                file.write(content)
        except FileExistsError:
            continue
        except OSError as error:
            message = f"Cannot write {path}: {error.strerror}."
            raise CannotWrite(message, path=path, hint="Free some space.") from error
        return path
    raise CannotWrite(f"{folder} is full of messages.", path=folder, hint="Name another.")
