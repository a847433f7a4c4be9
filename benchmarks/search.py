"""Searching a backup offline: how fast it is made searchable, how large, how fast it answers.

    python benchmarks/search.py [--messages N] [--reference N] [--folder DIR]

N messages (100,000) of text about as long as that of real mail (3.8 KB at the mean), a third of
them HTML, in a backup that holds the newest first, as a first run writes it. The reference is
notmuch (apt install notmuch), which indexes the first 5,000 of the same messages as files, in the
same run. Queries are asked warm: the ids of the newest 50. `shell` is a whole process,
`gmailkit search --in`, against `python -c 'import typer'`. Both are counted in time of the
processor, which others on the machine do not lengthen. Making the index is counted by the clock.
Targets of time are those of another machine, see machine.py. Exits with 1 when one is missed.
"""

from __future__ import annotations

import argparse
import os
import random
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import accumulate
from pathlib import Path

from machine import slower

from gmailkit import open_backup
from gmailkit.backup.folder import Backup
from gmailkit.backup.record import Record
from gmailkit.paths import Home
from gmailkit.services.offline.mailbox import SavedMailbox

ME = "me@example.com"
DAY = 86_400
END = 1_767_225_600  # 2026-01-01
YEARS = 10
LABELS: tuple[dict[str, str], ...] = (
    {"INBOX": "INBOX", "UNREAD": "UNREAD"},
    {"Label_1": "Receipts"},
    {},
    {"SENT": "SENT"},
)
REPEATS = 15


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--messages", type=int, default=100_000, metavar="N")
    parser.add_argument("--reference", type=int, default=5_000, metavar="N")
    parser.add_argument("--folder", type=Path, help="where to work; a new temporary one")
    said = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=said.folder) as folder:
        return run(Path(folder), said.messages, said.reference)


def run(folder: Path, messages: int, reference: int) -> int:
    path, mail = folder / "mail.backup", Mail()
    text = fill(path, mail, messages)
    notmuch = indexed_by_notmuch(folder / "notmuch", mail, min(reference, messages))
    begun = time.perf_counter()
    with open_backup(path, home=Home.at(folder / "home")) as opened:
        opened.count("nothing")
        rate = messages / (time.perf_counter() - begun)
        size = (path / "search.sqlite3").stat().st_size
        times = asked(opened, mail)
    p50, p95 = statistics.median(times), statistics.quantiles(times, n=20)[-1]
    shell = from_the_shell(path, folder / "home", mail.word(200))
    against, slow = rate / notmuch if notmuch else 0, slower()
    rows = [
        ("index", f"{rate:,.0f} messages/s", rate >= 2_000 / slow, f"{2_000 / slow:,.0f}"),
        (
            "size",
            f"{size / text:.2f} x the text ({text / 1e6:.0f} MB)",
            size <= 0.75 * text,
            "0.75",
        ),
        ("p50", f"{1000 * p50:.2f} ms", p50 <= 0.001 * slow, f"{slow:.2f}"),
        ("p95", f"{1000 * p95:.2f} ms", p95 <= 0.005 * slow, f"{5 * slow:.2f}"),
        ("shell", f"{shell:.2f} x import typer", shell <= 2.5, "2.5"),
    ]
    if notmuch:
        shown = f"{against:.1f} x notmuch ({notmuch:,.0f} messages/s)"
        rows.insert(1, ("against", shown, against >= 4, "4"))
    for name, measured, ok, target in rows:
        print(f"{name:8}{measured:40}{'ok' if ok else 'MISSED'}  (target {target})", flush=True)
    return 0 if all(ok for _, _, ok, _ in rows) else 1


class Mail:
    """Made anew for each number; some words are in every message, most are rare."""

    def __init__(self) -> None:
        lot = random.Random(7)
        letters = "etaoinshrdlucmfwypvbgk"
        made = ("".join(lot.choices(letters, k=lot.randint(2, 10))) for _ in range(120_000))
        self._words = list(dict.fromkeys(made))
        self._weights = list(accumulate(1 / (rank + 3) for rank in range(len(self._words))))

    def word(self, rank: int) -> str:
        return self._words[rank]

    def message(self, number: int, messages: int) -> tuple[Record, int]:
        """The newest has the number 0; with how many bytes of it are text."""
        lot = random.Random(number)
        count = max(int(lot.lognormvariate(6.05, 0.75)), 5)
        words = lot.choices(self._words, cum_weights=self._weights, k=count)
        lines = [" ".join(words[at : at + 11]) + "." for at in range(0, count, 11)]
        subject = " ".join(words[:5])
        head = (
            f"From: {words[0].title()} <s{number % 977}@example.net>\r\nTo: Me <{ME}>\r\n"
            f"Subject: {subject}\r\nMessage-ID: <{lot.getrandbits(128):x}@example.net>\r\n"
        )
        text = len(head) + sum(map(len, lines))
        if number % 3:
            body = "Content-Type: text/plain\r\n\r\n" + "\r\n".join(lines)
        else:
            cells = (f'<p style="margin:0 0 12px;font-family:Arial">{line}</p>' for line in lines)
            body = "Content-Type: text/html\r\n\r\n<html><body>" + "\r\n".join(cells)
        if number % 12 == 0:
            head += "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n"
            file = (
                "Content-Type: image/png; name=a.png\r\nContent-Transfer-Encoding: base64\r\n\r\n"
            )
            body = f"\r\n--b\r\n{body}\r\n--b\r\n{file}{'iVBORw0K' * 400}\r\n--b--"
        date = END - number * (YEARS * 365 * DAY // messages)
        record = Record(
            account=ME,
            id=f"{0x18F0000000000000 - number:x}",
            thread=f"{0x18F0000000000000 - number // 3:x}",
            date_ms=date * 1000,
            labels=LABELS[number % len(LABELS)],
            raw=(head + body + "\r\n").encode(),
        )
        return record, text


def fill(path: Path, mail: Mail, messages: int) -> int:
    text = 0
    with Backup.open(path, create=True) as backup:
        for number in range(messages):
            record, size = mail.message(number, messages)
            backup.add(record)
            text += size
    return text


def indexed_by_notmuch(folder: Path, mail: Mail, messages: int) -> float:
    """Messages a second; 0 where it is not installed."""
    if shutil.which("notmuch") is None:
        print("notmuch is not installed: no reference")
        return 0
    inbox = folder / "mail" / "cur"
    inbox.mkdir(parents=True)
    for number in range(messages):
        (inbox / f"{number}:2,S").write_bytes(mail.message(number, messages)[0].raw)
    (folder / "config").write_text(f"[database]\npath={folder / 'mail'}\n[new]\ntags=\n")
    env = {**os.environ, "NOTMUCH_CONFIG": str(folder / "config")}
    begun = time.perf_counter()
    subprocess.run(["notmuch", "new", "--quiet"], env=env, check=True, capture_output=True)
    return messages / (time.perf_counter() - begun)


def queries(mail: Mail) -> Iterator[str]:
    common, usual, rare = (mail.word(rank) for rank in (1, 150, 30_000))
    yield from (common, usual, rare, f"{common} {mail.word(2)}", f"{common} {usual}")
    yield from (f"from:s{42}", f"subject:{usual}", f'"{common} {mail.word(3)}"', f"{usual} {rare}")
    yield from ("label:receipts", f"label:receipts {usual}", "is:unread", "has:attachment")
    yield from (f"{usual} after:2024/01/01 before:2025/01/01", f"{usual} -from:s42")
    yield from (f"{rare} OR {mail.word(31_000)}", "in:sent to:me", "larger:8K", "older_than:9y")
    yield f"-label:receipts -is:unread {common}"


def asked(mail: SavedMailbox, made: Mail) -> list[float]:
    """Seconds of each query, once warm."""
    times = []
    every = list(queries(made))
    assert len(every) == 20
    for turn in range(REPEATS + 1):
        for query in every:
            begun = time.process_time()
            list(mail.ids(query, limit=50))
            if turn:
                times.append(time.process_time() - begun)
    return times


def from_the_shell(path: Path, home: Path, word: str) -> float:
    """The whole process, as a multiple of a Python that imports typer; medians of turns."""
    env = {**os.environ, "GMAILKIT_HOME": str(home)}
    env.pop("PYTHONDONTWRITEBYTECODE", None)  # else what is ours is compiled each time
    search = [sys.executable, "-m", "gmailkit", "search", word, "--in", str(path), "--limit", "10"]
    took: dict[str, list[float]] = {"typer": [], "search": []}
    for turn in range(REPEATS + 1):
        for name, command in (
            ("typer", [sys.executable, "-c", "import typer"]),
            ("search", search),
        ):
            begun = spent_by_children()
            subprocess.run(command, env=env, check=True, capture_output=True)
            if turn:
                took[name].append(spent_by_children() - begun)
    return statistics.median(took["search"]) / statistics.median(took["typer"])


def spent_by_children() -> float:
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return spent.ru_utime + spent.ru_stime


if __name__ == "__main__":
    sys.exit(main())
