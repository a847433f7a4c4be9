"""Labels of many messages: changed, and all of a mailbox kept as a snapshot; beside the plain way.

    python benchmarks/bulk.py [--messages N] [--relabelled N] [--only WORD]

`relabel`: N messages (5,000) get a label and leave the inbox, by `Gmail.label` with its plan, its
journal and what it reads for `undo`, and by one messages.modify after the other. `snapshot`: a
mailbox of N messages (100,000) with 25 labels, and one of a tenth of that; the reference is
messages.get of 300 of them, sixteen at once, times as many. 60 ms latency, no limits; `by quota`
is what 6,000 units a minute allow. The sandbox is a process of its own. Exits with 1 when a target
is missed.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ME = "me@example.com"
LIMIT = 6000
LATENCY = 0.06
READ = 300
LABELS = 25


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--messages", type=int, default=100_000, metavar="N")
    parser.add_argument("--relabelled", type=int, default=5_000, metavar="N")
    parser.add_argument("--only", default="", metavar="WORD", help="relabel or snapshot")
    parser.add_argument("--worker", type=json.loads, help=argparse.SUPPRESS)
    said = parser.parse_args()
    if said.worker:
        work(said.worker)
        return 0
    parts: dict[str, Callable[[], bool]] = {
        "relabel": lambda: relabel(said.relabelled),
        "snapshot": lambda: snapshot(said.messages),
    }
    missed = [name for name, part in parts.items() if said.only in name and not part()]
    print(f"Missed: {', '.join(missed)}" if missed else "Every target was reached.")
    return 1 if missed else 0


def relabel(messages: int) -> bool:
    print(f"{f'{messages:,} relabelled':22}{'a minute':>10}{'by quota':>10}{'units per 1,000':>17}")
    rates: dict[str, float] = {}
    for who in ("plain", "label"):
        # A plain loop is as fast at the start as at the end.
        some = min(messages, 500) if who == "plain" else messages
        with serving(some) as place:
            done = run({**place, "work": who})
        units = 1000 * done["units"] / some
        by_quota = 1000 * LIMIT / units
        rates[who] = by_quota
        print(
            f"{who:22}{60 * some / done['took']:10,.0f}{by_quota:10,.0f}{units:17,.1f}", flush=True
        )
    return bool(rates["label"] >= 5 * rates["plain"])


def snapshot(messages: int) -> bool:
    head = f"{'snapshot':22}{'seconds':>10}{'by quota':>10}{'units':>12}"
    print(f"{head}{'peak RSS MB':>13}{'file MB':>9}")
    for count in (messages // 10, messages):
        with serving(count) as place:
            done = run({**place, "work": "snapshot"})
            read = run({**place, "work": "read"})
        row(f"{count:,} messages", done)
        times = count / read["count"]
        whole = {**read, "took": read["took"] * times, "units": read["units"] * times}
        row("  each read instead", {**whole, "file": 0})
    return bool(done["units"] * 100 <= whole["units"] and done["rss"] <= 150)


def row(name: str, done: dict[str, Any]) -> None:
    quota = 60 * done["units"] / LIMIT
    print(
        f"{name:22}{done['took']:10,.1f}{quota:10,.0f}{done['units']:12,.0f}{done['rss']:13.0f}"
        f"{done['file']:9.1f}",
        flush=True,
    )


@contextmanager
def serving(messages: int) -> Iterator[dict[str, Any]]:
    """A sandbox in a process of its own, filled; where it is."""
    job = json.dumps({"work": "serve", "messages": messages})
    with (
        tempfile.TemporaryDirectory() as home,
        subprocess.Popen(
            [sys.executable, __file__, "--worker", job],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as process,
    ):
        assert process.stdout
        try:
            yield {**json.loads(process.stdout.readline()), "home": home}
        finally:
            process.kill()


def run(job: dict[str, Any]) -> dict[str, Any]:
    command = [sys.executable, __file__, "--worker", json.dumps(job)]
    found = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
    answer: dict[str, Any] = json.loads(found)
    return answer


def work(job: dict[str, Any]) -> None:
    if job["work"] == "serve":
        serve(job["messages"])
        return
    from gmailkit import Gmail, Settings
    from gmailkit.paths import Home
    from gmailkit.secret import Secret

    settings = Settings(
        home=Home.at(Path(job["home"])),
        access_token=Secret(job["token"]),
        endpoint=job["url"],
        units_per_minute=None,
    )
    with Gmail(settings=settings, google_calls="bare") as gmail:
        gmail.labels.list()  # loads what there is to load
        before, begun = gmail.spent.units, time.monotonic()
        count = WORK[job["work"]](gmail)
        done = {"took": time.monotonic() - begun, "units": gmail.spent.units - before}
    file = sum(path.stat().st_size for path in Path(job["home"]).rglob("snapshots.sqlite3"))
    rss = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({**done, "count": count, "rss": rss, "file": file / 1e6}))


def plain(gmail: Any) -> int:
    label = gmail.labels.create("Done").id
    ids = [ref.id for ref in gmail.messages.list()]
    for id in ids:
        gmail.messages.modify(id, add_label_ids=[label], remove_label_ids=["INBOX"])
    return len(ids)


def by_label(gmail: Any) -> int:
    count: int = gmail.label("in:anywhere", add="Done", remove="INBOX", create=True).count
    return count


def take_snapshot(gmail: Any) -> int:
    count: int = gmail.label_snapshot("benchmark").messages
    return count


def read(gmail: Any) -> int:
    from gmailkit.client.fetch import fetch

    ids = [ref.id for ref in gmail.messages.list(limit=READ)]
    for _, message in fetch(ids, lambda id: gmail.messages.get(id, format="minimal"), in_flight=16):
        message.result()
    return len(ids)


WORK = {"plain": plain, "label": by_label, "snapshot": take_snapshot, "read": read}


def serve(messages: int) -> None:
    """Each message in one of the labels, half of them in the inbox, a tenth unread."""
    from gmailkit.sandbox import Sandbox

    with Sandbox(sample=False, latency=LATENCY) as sandbox:
        for n in range(messages):
            labels = [f"Label {n % LABELS}"]
            labels += ["INBOX"] if n % 2 else []
            labels += ["UNREAD"] if n % 10 == 0 else []
            raw = f"From: ann@example.com\r\nSubject: {n}\r\n\r\nHi\r\n".encode()
            sandbox.mail.put(ME, raw, labels=labels)
        token = sandbox.issue_token(ME, ["gmail.modify"])
        print(json.dumps({"url": sandbox.url, "token": token}), flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    sys.exit(main())
