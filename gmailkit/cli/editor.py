"""A text written in the person's own editor, in a private file that outlives whatever fails."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from gmailkit.cli.ask import can_ask
from gmailkit.cli.notes import as_notes, without_notes
from gmailkit.cli.state import State
from gmailkit.errors import INTERRUPTED, CannotWrite, GmailKitError, UsageError

_USUAL = ("sensible-editor", "editor", "nano", "vim", "vi")


def editor() -> list[str]:
    """The command of $VISUAL, $EDITOR or a usual one, as words; none where there is none."""
    if said := os.environ.get("VISUAL") or os.environ.get("EDITOR"):
        try:
            return shlex.split(said)
        except ValueError as error:
            raise UsageError(
                f"The editor {said!r} cannot be read: {error}.", hint="Set EDITOR to its command."
            ) from error
    return next(([found] for name in _USUAL if (found := shutil.which(name))), [])


def can_edit(state: State) -> bool:
    return can_ask(state) and bool(editor())


@contextmanager
def edited(
    state: State, text: str, *, name: str, go_on: Callable[[Path], str], notes: Sequence[str] = ()
) -> Iterator[str]:
    """What the person made of `text`. Above it stand the `notes`, which are no part of it.

    The file goes when the block is left well; else it stays, and it is said where, with the command
    that goes on from it (`go_on`). So it does when the editor itself fails. A text that nobody
    touched, or that is empty, is not worth keeping.
    """
    above = as_notes(notes)
    text = "\n".join((*above, text))
    path = _new_file(state, text, name)
    try:
        _run([*editor(), str(path)])
        said = path.read_text(encoding="utf-8", errors="surrogateescape")
        written = without_notes(said, above)
        if written != said:  # what is kept may be sent by --body-file
            path.write_text(written, encoding="utf-8", errors="surrogateescape")
            text = without_notes(text, above)
        yield written
    except BaseException as error:
        if _is_worth_keeping(path, text):
            where = f"What you wrote is in {path}. To go on from there: {go_on(path)}"
            if isinstance(error, GmailKitError):
                error.hint = f"{error.hint}\n{where}".strip()
            else:
                state.out.before_asking(where)
        else:
            path.unlink(missing_ok=True)
        raise
    path.unlink(missing_ok=True)


def _new_file(state: State, text: str, name: str) -> Path:
    from gmailkit.paths import private_folder

    folder = private_folder(state.settings().home.state / "written")
    stem = re.sub(r"\W", "_", name)[:60]
    try:
        descriptor, path = tempfile.mkstemp(prefix=f"{stem}-", suffix=".txt", dir=folder)
        with os.fdopen(descriptor, "w", encoding="utf-8", errors="surrogateescape") as file:
            file.write(text)
    except OSError as error:
        raise CannotWrite(f"Cannot write to {folder}: {error.strerror}.", path=folder) from error
    return Path(path)


def _is_worth_keeping(path: Path, text: str) -> bool:
    try:
        content = path.read_bytes()
    except OSError:
        return False
    return bool(content.strip()) and content != text.encode("utf-8", "surrogateescape")


def _run(command: list[str]) -> None:
    """Ctrl-C belongs to the editor while it runs."""
    before = signal.getsignal(signal.SIGINT)
    try:
        process = subprocess.Popen(command)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        code = process.wait()
    except OSError as error:
        raise UsageError(
            f"The editor {command[0]} cannot be started: {error.strerror}.",
            hint="Set EDITOR to its command.",
        ) from error
    finally:
        signal.signal(signal.SIGINT, before)
    if code in (-signal.SIGINT, INTERRUPTED):
        raise GmailKitError("The editor was stopped by Ctrl-C; nothing was changed.")
    if code < 0:
        name = signal.Signals(-code).name
        raise GmailKitError(f"The editor was ended by {name}; nothing was changed.")
    if code:
        raise GmailKitError(f"The editor ended with the code {code}; nothing was changed.")
