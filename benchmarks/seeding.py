"""A backup begun with what lies elsewhere: units and time beside the API alone.

    python benchmarks/seeding.py [--messages N]

A mailbox of N messages (20,000) in the sandbox, no latency, no limits. `takeout` and `imap` seed a
backup from the mailbox's own Takeout archive and over its IMAP door, then a backup takes what is
left; `api` is a backup alone, of a tenth of the messages, counted ten times. `by quota` is what
6,000 units a minute allow. Exits with 1 when more than 1 % had to be read by the API.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from gmailkit.config import Settings
from gmailkit.gmail import Gmail
from gmailkit.paths import Home
from gmailkit.sandbox import Sandbox
from gmailkit.sandbox.state.state import Letter
from gmailkit.secret import Secret
from gmailkit.stores.imap import GmailImapStore
from gmailkit.transport.imap.session import Session
from gmailkit.transport.mail_server import MailServer
from gmailkit.transport.sasl import Login

ME = "me@example.com"
FULL = "https://mail.google.com/"
START = datetime(2020, 1, 1, tzinfo=UTC)
LABELS = (["INBOX", "UNREAD"], ["Receipts"], ["INBOX", "Wörk/Deep"], ["SENT"], ["IMPORTANT"])
LIMIT = 6_000
MOST_READ = 0.01


@dataclass(frozen=True)
class Mail:
    raw: bytes
    labels: list[str]
    date: datetime
    thread: str | None


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--messages", type=int, default=20_000, metavar="N")
    count = parser.parse_args().messages
    print(
        f"{f'{count:,} messages':18}{'read':>8}{'units':>10}{'s by quota':>12}{'s':>8}{'CPU s':>8}"
    )
    with mailbox(count // 10) as (sandbox, gmail, folder):
        told("api", sandbox, count, lambda: gmail.backup(folder / "api"), times=10)
    with mailbox(count) as (sandbox, gmail, folder):

        def by_takeout() -> None:
            (archive, *_) = sandbox.takeout(ME, folder / "takeout.zip")
            gmail.seed_backup(folder / "takeout", f"takeout:{archive}")
            gmail.backup(folder / "takeout")

        shares = [told("takeout", sandbox, count, by_takeout)]

        def by_imap() -> None:
            token = Secret(sandbox.issue_token(ME, [FULL]))
            server = MailServer.of("imaps", "127.0.0.1", sandbox.imap_port, ME)
            login = Login(user=ME, kind="token", secret=lambda: token)
            with Session(server, login, context=sandbox.trust()) as session:
                gmail.seed_backup(folder / "imap", GmailImapStore(session))
            gmail.backup(folder / "imap")

        shares.append(told("imap", sandbox, count, by_imap))
    if max(shares) > MOST_READ:
        print(f"MISSED: {max(shares):.1%} were read by the API, {MOST_READ:.0%} at most.")
        return 1
    print("Every target was reached.")
    return 0


def told(
    name: str, sandbox: Sandbox, count: int, run: Callable[[], object], *, times: int = 1
) -> float:
    """Runs it, prints a row; the share of the messages that the API had to read."""
    before = dict(sandbox.meter.by_method(ME))
    begun, cpu = time.perf_counter(), time.process_time()
    run()
    seconds, cpu = time.perf_counter() - begun, time.process_time() - cpu
    spent = {
        method: (calls - before.get(method, (0, 0))[0], units - before.get(method, (0, 0))[1])
        for method, (calls, units) in sandbox.meter.by_method(ME).items()
    }
    read = spent.get("messages.get", (0, 0))[0] * times
    units = sum(units for _, units in spent.values()) * times
    row = f"{name:18}{read:>8,}{units:>10,}{60 * units / LIMIT:>12,.0f}"
    print(f"{row}{seconds * times:>8.1f}{cpu * times:>8.1f}", flush=True)
    return read / count


@contextmanager
def mailbox(count: int) -> Iterator[tuple[Sandbox, Gmail, Path]]:
    with tempfile.TemporaryDirectory() as place, Sandbox(sample=False) as sandbox:
        sandbox.mail.put_many(ME, letters(count))
        settings = Settings(
            home=Home.at(Path(place) / "home"),
            access_token=Secret(sandbox.issue_token(ME, [FULL])),
            endpoint=sandbox.url,
            units_per_minute=None,
            prices="new",
        )
        with Gmail(settings=settings) as gmail:
            yield sandbox, gmail, Path(place)


def letters(count: int) -> Iterator[Letter]:
    chance = random.Random(1)
    words = "the meeting about invoices moved to Thursday so please send your figures again".split()
    for number in range(count):
        text = " ".join(chance.choices(words, k=chance.choice((20, 100, 400, 2_000))))
        head = f"Message-ID: <{number}@example.com>\r\nFrom: ann{number % 97}@example.com\r\n"
        raw = f"{head}Subject: Number {number}\r\n\r\n{text}\r\n".encode()
        when = START + timedelta(minutes=number)
        yield Mail(raw, LABELS[number % len(LABELS)], when, str(number // 3))


if __name__ == "__main__":
    sys.exit(main())
