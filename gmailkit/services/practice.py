"""The private sandbox behind `--sandbox`: a Gmail of one's own to try everything on.

Its mailbox, accounts and caches lie in one folder of the user's data and are kept between
commands. Each command serves it on a port of its own for as long as it runs.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from urllib.request import urlopen

from gmailkit.auth.accounts import Accounts
from gmailkit.auth.client_file import ClientFile
from gmailkit.clock import SYSTEM_CLOCK, Clock
from gmailkit.config import Settings
from gmailkit.errors import CannotWrite
from gmailkit.model.outside import Outside
from gmailkit.paths import Home, private_folder, write_private
from gmailkit.sandbox import Sandbox
from gmailkit.sandbox.list_server import ListServer
from gmailkit.secret import Secret
from gmailkit.services.sign_in import login

OWNER = "me@example.com"
_MEMORY = Path("/dev/shm")  # noqa: S108 - a folder that only we can read is made in it


@contextmanager
def practice(
    home: Home, *, account: str | None = None, sign_in: bool = True, clock: Clock = SYSTEM_CLOCK
) -> Iterator[Settings]:
    """Serve the private sandbox; gives the settings under which every verb works on it.

    With `sign_in`, the owner of the sample mailbox is signed in when nobody is: a real OAuth flow
    over HTTP, in which the sandbox consents by itself.
    """
    private_folder(home.practice)
    inner = home.of_practice
    with (
        Sandbox(practice_state(home), consent=OWNER, clock=clock) as sandbox,
        ListServer(clock) as lists,
        tempfile.TemporaryDirectory(prefix="gmailkit-") as own,
    ):
        client = Path(own) / "credentials.json"  # names our port, not that of a run beside us
        write_private(client, json.dumps(sandbox.client_file()).encode())
        settings = Settings(
            home=inner,
            account=account,
            client_file=client,
            service=ClientFile.load(client).service,
            units_per_minute=None,
            outside=outside_of(lists, sandbox),
        )
        if sign_in and not Accounts(inner).all():
            login(settings, address=OWNER, purpose="restore", open_browser=consent, clock=clock)
        yield settings


@contextmanager
def fresh_mailbox(address: str, *, clock: Clock = SYSTEM_CLOCK) -> Iterator[Settings]:
    """A Gmail that nobody has used, with an empty mailbox of `address`; gone when left.

    Its mail is held in memory alone, so no message lies on a disk that was not there before; what
    is written down of its changes is too where the system has a folder for that.
    """
    memory = _MEMORY if os.access(_MEMORY, os.W_OK) else None
    with (
        tempfile.TemporaryDirectory(prefix="gmailkit-", dir=memory) as folder,
        Sandbox(sample=False, clock=clock) as sandbox,
    ):
        if sandbox.mail.users.find(address) is None:
            sandbox.mail.users.add(address)
        yield Settings(
            home=Home.at(Path(folder)),
            access_token=Secret(sandbox.issue_token(address, ["gmail.modify"], lasting=True)),
            endpoint=sandbox.url,
            units_per_minute=None,
            project_units_per_minute=None,
        )


def write_takeout(
    state: Path,
    address: str,
    path: Path,
    *,
    language: str = "",
    per_label: bool = False,
    part_bytes: int | None = None,
) -> list[Path]:
    """An archive of a mailbox in the sandbox's file `state`, as `Sandbox.takeout` writes it."""
    sandbox = Sandbox(state)
    try:
        return sandbox.takeout(
            address, path, language=language, per_label=per_label, part_bytes=part_bytes
        )
    finally:
        sandbox.stop()


def outside_of(lists: ListServer, sandbox: Sandbox) -> Outside:
    """An internet in which every list is that of the sandbox, and Gmail's IMAP is too."""
    return Outside(
        resolve=lists.resolve,
        is_open=lists.is_here,
        trust=lists.trust,
        gmail_imap=lambda: (sandbox.imap_port, sandbox.trust()),
    )


def practice_state(home: Home) -> Path:
    """The file that holds the private sandbox's mailboxes."""
    return home.practice / "mailboxes.sqlite3"


def consent(url: str) -> None:
    """Stands in for a browser: asks for the page and follows it back to where login listens."""
    Thread(target=_visit, args=(url,), daemon=True).start()


def reset_practice(home: Home) -> Path:
    """Forget the private sandbox; the next `--sandbox` starts with a fresh sample mailbox."""
    folder = home.practice
    try:
        shutil.rmtree(folder)
    except FileNotFoundError:
        pass
    except OSError as error:
        raise CannotWrite(
            f"Cannot remove {error.filename}: {error.strerror}.", path=folder
        ) from error
    return folder


def _visit(url: str) -> None:
    with urlopen(url, timeout=30) as page:  # noqa: S310 - the sandbox's own address
        page.read()
