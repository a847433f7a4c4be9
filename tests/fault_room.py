"""A mailbox, a home and a command line, to be spoilt at the n-th call of a run."""

from __future__ import annotations

import json
import os
import re
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from typing import Literal

import pytest

from fakes import FakeClock
from gmailkit.backup.folder import Backup
from gmailkit.cli.app import run
from gmailkit.cli.state import State
from gmailkit.errors import GmailKitError
from gmailkit.mime.build import build
from gmailkit.model.mail import Address, Attachment, Mail
from gmailkit.sandbox import Sandbox
from gmailkit.sandbox.faults import OAUTH
from gmailkit.services.practice import consent
from list_room import BY_MAIL, issue
from mailroom import ME, letter

BILL = build(
    Mail(
        sender=Address("ann@example.com"),
        to=(Address(ME),),
        subject="Bill",
        text="Attached.",
        attachments=(Attachment("bill.pdf", b"%PDF-1.4 a bill", "application/pdf"),),
    )
)
WayIn = Literal["person", "token", "delegated"]
EVERYTHING = ("https://mail.google.com/", "gmail.settings.basic", "gmail.settings.sharing")
DAY = 86400.0


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str


@dataclass
class Room:
    """`unread` are ids of what is unread; `folder` is where a command line may write.

    ID and FOLDER in a command line stand for these, FILTER for the first filter there is,
    DRAFT for the newest draft, or the one that was.
    """

    sandbox: Sandbox
    clock: FakeClock
    folder: Path
    unread: list[str]
    secrets: list[str] = field(default_factory=list)
    draft: str = ""

    def run(self, *words: str) -> Ran:
        """One command line in this process, on the clock of the room."""
        filters = self.sandbox.mail.settings.all(self.sandbox.mail.users.get(ME).n, "filter")
        self.draft = draft_id(self.sandbox) or self.draft
        stand_ins = {
            "ID": self.unread[0],
            "FOLDER": str(self.folder),
            "FILTER": next(iter(filters), ""),
            "DRAFT": self.draft,
        }
        with redirect_stdout(StringIO()) as out, redirect_stderr(StringIO()) as err:
            line = [stand_ins.get(word, word) for word in words]
            code = run(line, state=State(clock=self.clock))
        return Ran(code, out.getvalue(), err.getvalue())

    def state(self) -> object:
        """What a run may have changed: messages, labels, settings, mail that left, files."""
        mail = self.sandbox.mail
        user = mail.users.get(ME).n
        messages = Counter(
            (self.sandbox_subject(id), *sorted(mail.labels_of(ME, id))) for id in mail.ids(ME)
        )
        labels = {(each.name, each.background, each.text) for each in mail.labels.all(user)}
        rows = mail.database.rows("SELECT kind, value FROM settings WHERE user = ?", user)
        settings = Counter((row["kind"], _without_ids(json.loads(row["value"]))) for row in rows)
        received = len(mail.ids("ann@example.com"))
        accounts = sorted(path.name for path in self.home.glob("data/accounts/*"))
        return messages, labels, settings, received, accounts, self.files()

    @property
    def home(self) -> Path:
        return Path(os.environ["GMAILKIT_HOME"])

    def files(self) -> object:
        if (self.folder / "index.sqlite3").exists():
            with Backup.open(self.folder) as backup:
                return Counter(backup.read(entry).raw for entry in backup.entries())
        return {path.name: path.read_bytes() for path in self.folder.glob("*")}

    def sandbox_subject(self, id: str) -> str:
        raw = self.sandbox.mail.raw(ME, id)
        return next(x.decode() for x in raw.splitlines() if x.lower().startswith(b"subject:"))


def draft_id(sandbox: Sandbox) -> str:
    """The newest draft of the mailbox, or "" where there is none."""
    mail = sandbox.mail
    rows = mail.database.rows(
        "SELECT id FROM drafts WHERE user = ? ORDER BY message DESC LIMIT 1", mail.users.get(ME).n
    )
    return next((str(row["id"]) for row in rows), "")


def _without_ids(value: dict[str, object]) -> str:
    return json.dumps({k: v for k, v in value.items() if k != "id"}, sort_keys=True)


@contextmanager
def open_room(folder: Path, way_in: WayIn = "token") -> Iterator[Room]:
    """Four unread messages, one with an attachment and a label, one in the trash, and one of a
    list.

    The way in is a sign-in, or a token with every permission, of a person or a service account.
    """
    clock = FakeClock(time.time())
    with Sandbox(sample=False, clock=clock) as sandbox, pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("GMAILKIT_")]:
            patch.delenv(name)
        patch.setenv("GMAILKIT_HOME", str(folder / "home"))
        patch.setattr("google.auth._exponential_backoff.time", clock)
        patch.setattr("gmailkit.services.sign_in.open_in_browser", _agree)
        room = Room(sandbox, clock, folder / "files", _fill(sandbox, clock))
        if way_in == "person":
            _with_client_file(room, patch)
            assert room.run("login").code == 0
        else:
            token = sandbox.issue_token(
                ME, EVERYTHING, delegated=way_in == "delegated", lasting=True
            )
            room.secrets.append(token)
            patch.setenv("GMAILKIT_ACCESS_TOKEN", token)
            patch.setenv("GMAILKIT_API_ENDPOINT", sandbox.url)
        yield room


def _agree(url: str) -> bool:
    consent(url)
    return True


def _with_client_file(room: Room, patch: pytest.MonkeyPatch) -> None:
    room.sandbox.consent = ME
    file = room.folder.parent / "client.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(room.sandbox.client_file()))
    patch.setenv("GMAILKIT_CLIENT_FILE", str(file))


def _fill(sandbox: Sandbox, clock: FakeClock) -> list[str]:
    """One after the other: in which order they come is the same each time."""

    def put(raw: bytes, *labels: str) -> str:
        clock.sleep(1)
        return sandbox.mail.put(ME, raw, labels=labels)

    subjects = ("First report", "Second report", "Lunch")
    ids = [put(letter(each), "INBOX", "UNREAD") for each in subjects]
    ids.append(put(BILL, "INBOX", "UNREAD", "Canary"))
    put(letter("Old news"), "TRASH")
    put(issue(ways=BY_MAIL))
    return ids


@dataclass
class Trouble:
    """A fault at the `at`-th call that a run makes, and at `times - 1` more after it.

    Of a command that talks to the API those to OAuth do not count; of the others the consent page
    does not: that is the browser's.
    """

    room: Room
    kind: str
    at: int = 1
    times: int = 1
    oauth: bool = False
    calls: list[str] = field(default_factory=list)

    def take(self, method: str) -> object:
        counts = method != "authorize" if self.oauth else method not in OAUTH
        if counts:
            self.calls.append(method)
        if counts and self.at <= len(self.calls) < self.at + self.times:
            self.room.sandbox.faults.next(self.kind)
        return type(self.room.sandbox.faults).take(self.room.sandbox.faults, method)

    def __enter__(self) -> Trouble:
        self.room.sandbox.faults.take = self.take  # type: ignore[method-assign,assignment]
        return self

    def __exit__(self, *_: object) -> None:
        del self.room.sandbox.faults.take

    @property
    def fired(self) -> int:
        return sum(self.room.sandbox.faults.fired.values())


def exit_codes(kind: type[GmailKitError] = GmailKitError) -> set[int]:
    """All that docs/exit-codes.md has for errors."""
    return {kind.exit_code}.union(*map(exit_codes, kind.__subclasses__()))


def judge(room: Room, ran: Ran) -> None:
    """A run under a fault: complete, or one clear sentence; no traceback, no secret, no bug."""
    said = [line for line in ran.err.splitlines() if re.match(r"gmailkit: (?!.* Waiting \d)", line)]
    assert ran.code in {0, *exit_codes()}
    assert len(said) == (ran.code != 0), ran.err
    assert all(line.rstrip().endswith((".", ":")) for line in said), ran.err
    for text in (ran.out, ran.err):
        assert "Traceback" not in text
        assert "inside gmailkit" not in text
        assert not [secret for secret in room.secrets if secret in text]
