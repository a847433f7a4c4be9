"""How fast a mail merge goes within Gmail's quota, and what it costs; beside a plain loop.

    python benchmarks/merge.py [--minutes N] [--only WORD]

`quota`: a sandbox with Gmail's limits (6,000 units a minute, new prices, 60 ms latency) and one
process that merges what N minutes (3) take, by the clock on the wall. The first minute fills the
quota's rolling minute and is not counted. `cost`: 500 messages to a sandbox without limits, and
by how much memory grew behind the first hundred. `memory`: the validation of 10,000 and of 100,000
rows. The reference in `quota` and `cost` is what one writes with google-api-python-client: read the
CSV, build an EmailMessage, messages.send (100 units), with num_retries=5. The sandbox is a process
of its own each time. Exits with 1 when a target is missed.
"""

from __future__ import annotations

import argparse
import base64
import csv
import json
import resource
import subprocess
import sys
import tempfile
import threading
import time
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from pathlib import Path
from typing import Any

ME = "me@example.com"
LIMIT = 6000
LATENCY = 0.06
OURS, PLAIN = 110, 100  # units a message
TEXT = "---\nsubject: For {{ name }}\nformat: text\n---\nDear {{ name }},\n\nplease come.\n"
MARKDOWN = TEXT.replace("format: text\n", "").replace("please", "**please**")


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=int, default=3, metavar="N")
    parser.add_argument("--only", default="", metavar="WORD", help="quota, cost or memory")
    parser.add_argument("--worker", type=json.loads, help=argparse.SUPPRESS)
    said = parser.parse_args()
    if said.worker:
        print(json.dumps(WORK[said.worker["work"]](said.worker)), flush=True)
        return 0
    parts = {"quota": lambda: quota(said.minutes), "cost": cost, "memory": memory}
    missed = [name for name, part in parts.items() if said.only in name and not part()]
    print(f"Missed: {', '.join(missed)}" if missed else "Every target was reached.")
    return 1 if missed else 0


def quota(minutes: int) -> bool:
    print(f"{'':12}{'a minute':>10}{'of the most':>13}{'units each':>12}{'refused':>9}{'lost':>6}")
    reached = True
    for who, each in (("plain loop", PLAIN), ("gmailkit", OURS)):
        job = {"work": who, "rows": minutes * LIMIT // each, "limit": LIMIT}
        with serving(job, limit=LIMIT, latency=LATENCY) as place:
            done = run({**job, **place})
        rate = 60 * done["counted"] / (done["took"] - 60)
        share = rate / (LIMIT / each)
        print(
            f"{who:12}{rate:10.1f}{share:13.1%}{done['units'] / done['sent']:12.1f}"
            f"{done['refused']:9}{done['lost']:6}",
            flush=True,
        )
        if who == "gmailkit":
            reached = bool(share >= 0.95 and not done["refused"] and not done["lost"])
    return reached


def cost() -> bool:
    """CPU and memory of the client alone."""
    print(f"{'':22}{'a second':>10}{'CPU ms each':>13}{'MB grown':>10}")
    for who, template in (
        ("plain loop", TEXT),
        ("gmailkit", TEXT),
        ("gmailkit markdown", MARKDOWN),
    ):
        job = {"work": who.split(" mark")[0], "rows": 500, "template": template, "limit": None}
        with serving(job) as place:
            done = run({**job, **place})
        speed = done["sent"] / done["took"]
        cpu = 1000 * done["cpu"] / done["sent"]
        print(f"{who:22}{speed:10.0f}{cpu:13.2f}{done['grew']:10.1f}", flush=True)
    return True


def memory() -> bool:
    """Validation alone; the peak of Python's memory is of a second run, which it slows down."""
    print(f"{'rows':>10}{'seconds':>10}{'rows/s':>9}{'peak RSS MB':>13}{'of Python MB':>14}")
    peaks = []
    for rows in (10_000, 100_000):
        job = {"work": "validation", "rows": rows, "limit": None}
        with serving(job) as place:
            done = run({**job, **place})
            traced = run({**job, **place, "traced": True})
        peaks.append(done["rss"])
        print(
            f"{rows:10,}{done['took']:10.1f}{rows / done['took']:9,.0f}{done['rss']:13.1f}"
            f"{traced['peak']:14.1f}",
            flush=True,
        )
    return bool(peaks[1] <= peaks[0] * 1.1)


@contextmanager
def serving(
    job: dict[str, Any], *, limit: int | None = None, latency: float = 0.0
) -> Iterator[dict[str, Any]]:
    """A sandbox in a process of its own, and the files of a merge."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        lines = "".join(f"Person {n},p{n}@example.net\n" for n in range(job["rows"]))
        (folder / "people.csv").write_text(f"name,email\n{lines}")
        (folder / "letter.md").write_text(job.get("template", TEXT))
        server = {"work": "serve", "limit": limit, "latency": latency}
        with subprocess.Popen(
            [sys.executable, __file__, "--worker", json.dumps(server)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as process:
            try:
                assert process.stdout
                yield {"folder": name, **json.loads(process.stdout.readline())}
            finally:
                process.kill()


def run(job: dict[str, Any]) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, __file__, "--worker", json.dumps(job)],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def serve(job: dict[str, Any]) -> dict[str, Any]:
    """The sandbox; ends when it is killed."""
    from gmailkit.auth.scopes import PURPOSES
    from gmailkit.sandbox import Limits, Sandbox

    limits = None
    if job["limit"]:  # a long run is more than an account may send in a day
        limits = Limits(prices="new", units_per_minute=job["limit"], recipients_per_day=None)
    with Sandbox(sample=False, latency=job["latency"], limits=limits) as sandbox:
        token = sandbox.issue_token(ME, PURPOSES["modify"])
        print(json.dumps({"url": sandbox.url, "token": token}), flush=True)
        sys.stdin.read()
    return {}


class Count:
    """What is told of a run; `counted` are messages after its first minute."""

    def __init__(self) -> None:
        self.begun = time.monotonic()
        self.cpu = time.process_time()
        self.sent = self.counted = self.lost = 0
        self.memory = 0.0

    def add(self) -> None:
        self.sent += 1
        if self.sent == 100:
            self.memory = peak_memory()
        self.counted += time.monotonic() - self.begun > 60

    def told(self, *, units: int, refused: int = 0) -> dict[str, Any]:
        return {
            "sent": self.sent,
            "counted": self.counted,
            "lost": self.lost,
            "units": units,
            "refused": refused,
            "took": time.monotonic() - self.begun,
            "cpu": time.process_time() - self.cpu,
            "grew": peak_memory() - self.memory,
        }


def peak_memory() -> float:
    """In MB, of this process."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3


def ours(job: dict[str, Any]) -> dict[str, Any]:
    from gmailkit.services.sending.merge.options import MergeOptions

    with mailbox(job) as gmail:
        folder = Path(job["folder"])
        options = MergeOptions(day_limit=100_000, receipts=folder / "receipts.csv")
        plan = gmail.plan_merge(folder / "letter.md", folder / "people.csv", options=options)
        count, before = Count(), gmail.spent
        count.lost = gmail.run_merge(plan, on_step=lambda step: count.add()).bad
        calls, units = gmail.spent.calls - before.calls, gmail.spent.units - before.units
        return count.told(units=units, refused=calls - 2 * count.sent)


@contextmanager
def mailbox(job: dict[str, Any]) -> Iterator[Any]:
    from gmailkit import Gmail
    from gmailkit.config import Settings
    from gmailkit.paths import Home
    from gmailkit.secret import Secret

    settings = Settings(
        home=Home.at(Path(job["folder"]) / "home"),
        access_token=Secret(job["token"]),
        endpoint=job["url"],
        units_per_minute=job["limit"],
    )
    with Gmail(settings=settings) as gmail:
        gmail.address  # noqa: B018 - loads what there is to load
        yield gmail


def plain(job: dict[str, Any]) -> dict[str, Any]:
    """As the guides of Google's client write it."""
    from google.oauth2.credentials import Credentials
    from googleapiclient.discovery import build
    from googleapiclient.errors import HttpError

    service = build(
        "gmail",
        "v1",
        credentials=Credentials(job["token"]),  # type: ignore[no-untyped-call]
        client_options={"api_endpoint": job["url"]},
        static_discovery=True,
    )
    count, refused = Count(), Refusals(service)
    with (Path(job["folder"]) / "people.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            message = EmailMessage()
            message["To"], message["Subject"] = row["email"], f"For {row['name']}"
            message.set_content(f"Dear {row['name']},\n\nplease come.\n")
            raw = base64.urlsafe_b64encode(message.as_bytes()).decode()
            request = service.users().messages().send(userId="me", body={"raw": raw})
            try:
                request.execute(num_retries=5)
                count.add()
            except HttpError:
                count.lost += 1
    return count.told(units=PLAIN * (count.sent + refused.count), refused=refused.count)


class Refusals:
    """Counts answers that are none, of a service of Google's client."""

    def __init__(self, service: Any) -> None:
        self.count = 0
        http, lock = service._http, threading.Lock()
        request = http.request

        def watched(*args: Any, **more: Any) -> Any:
            answer = request(*args, **more)
            with lock:
                self.count += int(answer[0].status) >= 400
            return answer

        http.request = watched


def validation(job: dict[str, Any]) -> dict[str, Any]:
    folder = Path(job["folder"])
    with mailbox(job) as gmail:
        if job.get("traced"):
            tracemalloc.start()
        begun = time.monotonic()
        plan = gmail.plan_merge(folder / "letter.md", folder / "people.csv")
        took = time.monotonic() - begun
        assert plan.to_send == job["rows"]
    peak = tracemalloc.get_traced_memory()[1] / 1e6 if job.get("traced") else 0.0
    return {
        "took": took,
        "rss": peak_memory(),
        "peak": peak,
    }


WORK = {"gmailkit": ours, "plain loop": plain, "validation": validation, "serve": serve}


if __name__ == "__main__":
    sys.exit(main())
