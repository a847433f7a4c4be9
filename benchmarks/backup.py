"""A backup of a whole mailbox: CPU, memory, units and share of the quota, first and later runs.

    python benchmarks/backup.py [--messages N] [--paced SECONDS] [--only WORD]

N messages (5,000) of 91 KB on average, most of it in a few large ones, in the sandbox at 60 ms
latency; each run is a process of its own. `first` is one with the quota off, and one that makes
the mail searchable too; their reference is `http.client` in as many threads, decoding the same
answers and writing each message to a file.
`later` are runs on that backup: nothing changed, ten labels changed, history expired. `half` is a
run that is killed half-way and the next one. `large` has three messages of 150 MB. `quota` runs for
SECONDS (120) against the limits and prices of new projects, then the old ones: what it spent of
what it might, and what was refused. Targets in seconds are those of another machine, see
machine.py. Exits with 1 when one is missed.
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import requests
from machine import slower

from gmailkit.config import Settings
from gmailkit.paths import Home
from gmailkit.sandbox import Sandbox
from gmailkit.sandbox.limits import Limits
from gmailkit.sandbox.state.state import Letter
from gmailkit.services.sign_in import login

ME = "me@example.com"
LATENCY = 0.06
IN_FLIGHT = 8  # as many as gmailkit has under way at once
SIZES = (2_000, 8_000, 8_000, 20_000, 60_000, 448_000)  # mean 91 KB
LARGE = 150_000_000
START = datetime(2020, 1, 1, tzinfo=UTC)
WITH_FILE = """MIME-Version: 1.0\r
Content-Type: multipart/mixed; boundary=next\r
\r
--next\r
Content-Type: text/plain\r
\r
{}\r
--next\r
Content-Type: image/jpeg\r
Content-Disposition: attachment; filename=picture.jpg\r
Content-Transfer-Encoding: base64\r
\r
{}\r
--next--\r
"""
MARKS = (["INBOX", "UNREAD"], ["Receipts"], ["INBOX", "STARRED"], ["CATEGORY_PROMOTIONS"])
PER_MINUTE = {"new": 6_000, "old": 15_000}


@dataclass(frozen=True)
class Mail:
    raw: bytes
    labels: list[str]
    date: datetime
    thread: str | None = None


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--messages", type=int, default=5_000, metavar="N")
    parser.add_argument("--paced", type=float, default=120, metavar="SECONDS")
    parser.add_argument("--only", default="", metavar="WORD", help="first, half, large or quota")
    said = parser.parse_args()
    found: list[bool] = []
    if said.only in ("", "first", "later"):
        found += first_and_later(said.messages)
    if said.only in ("", "half"):
        found += half(said.messages)
    if said.only in ("", "large"):
        found += large()
    if said.only in ("", "quota"):
        found += [each for prices in ("new", "old") for each in quota(prices, said.paced)]
    return 0 if all(found) else 1


def first_and_later(count: int) -> Iterator[bool]:
    with mailbox(count) as (sandbox, place):
        told = backup(place)
        token = sandbox.issue_token(ME, ["gmail.readonly"])
        floor = child("floor", sandbox.url, token, str(place / "floor"))
        each = 5_000 / count
        print(f"first run: {told['wall']:.1f} s, the reference {floor['wall']:.1f} s")
        yield judge("CPU s for 5,000 messages", told["cpu"] * each, "<=", 8.0 * slower())
        yield judge("CPU of the reference", told["cpu"] / floor["cpu"], "<=", 3.0)
        yield judge("peak MB", told["peak"], "<=", 150.0)
        told = backup(place, "searchable", "--index")
        yield judge("CPU s with the index", told["cpu"] * each, "<=", 14.0 * slower())
        backup(place)  # what it cost to start for the first time is not counted
        told = backup(place)
        yield judge("nothing changed: calls", told["calls"], "<=", 2)
        yield judge("nothing changed: units", told["units"], "<=", 3)
        quickest = min(backup(place)["wall"] for _ in range(5))
        yield judge("nothing changed: s of the process", quickest, "<=", 0.35 * slower())
        relabel(sandbox, 10)
        yield judge("ten labels changed: messages read", backup(place)["read"], "<=", 0)
        relabel(sandbox, 20)
        sandbox.mail.expire_history(ME)
        told = backup(place)
        print(f"history expired: {told['calls']} calls, {told['units']} units")
        yield judge("history expired: messages read", told["read"], "<=", 0)


def half(count: int) -> Iterator[bool]:
    with mailbox(count) as (sandbox, place):
        whole = backup(place, "whole")["units"]
        running = subprocess.Popen(line(place, "half"), env=environment(place), stdout=-1)
        before = len(sandbox.requests)
        while sum("/messages/" in path for _, path in sandbox.requests[before:]) < count // 2:
            time.sleep(0.02)
        running.kill()
        running.wait()
        share = backup(place, "half")["units"] / whole
        yield judge("after a kill half-way: share of the units", share, "<=", 0.52)


def large() -> Iterator[bool]:
    with mailbox(0) as (sandbox, place):
        text = (
            b"Subject: large\r\n\r\n" + base64.encodebytes(os.urandom(LARGE // 4 * 3 // 100)) * 98
        )
        for number in range(3):
            sandbox.mail.put(ME, b"X-Number: %d\r\n" % number + text, date=START)
        told = backup(place)
        yield judge(f"peak MB with messages of {len(text) / 1e6:.0f} MB", told["peak"], "<=", 150.0)


def quota(prices: Any, seconds: float) -> Iterator[bool]:
    limit = PER_MINUTE[prices]
    limits = Limits(prices=prices, units_per_minute=limit)
    count = int(limit / 60 * seconds * 1.5 / (20 if prices == "new" else 5))
    with mailbox(count, limits) as (sandbox, place):
        more = {"GMAILKIT_UNITS_PER_MINUTE": str(limit), "GMAILKIT_PRICES": prices}
        told = backup(place, "paced", "--for", f"{seconds:.0f}s", **more)
        print(f"quota {prices}: {told['units']:,.0f} units in {told['wall']:.0f} s")
        middle = min(60.0, seconds / 2)  # the beginning and the end of a run are listings
        share = sandbox.meter.most_in_window(ME, middle) / (limit / 60 * middle)
        yield judge(f"quota {prices}: share of it", share, ">=", 0.98)
        yield judge(f"quota {prices}: refusals", told["refused"], "<=", 0)


@contextmanager
def mailbox(count: int, limits: Limits | None = None) -> Iterator[tuple[Sandbox, Path]]:
    """A sandbox with so much mail, and a folder in which somebody is signed in."""
    with (
        tempfile.TemporaryDirectory() as folder,
        Sandbox(sample=False, consent=ME, limits=limits) as sandbox,
    ):
        place = Path(folder)
        sandbox.mail.put_many(ME, letters(count))
        (place / "client.json").write_text(json.dumps(sandbox.client_file()))
        settings = Settings(home=Home.at(place / "home"), client_file=place / "client.json")
        login(settings, purpose="read", open_browser=lambda url: requests.get(url, timeout=30))
        sandbox.meter.latency = LATENCY
        running.append(sandbox)
        try:
            yield sandbox, place
        finally:
            running.pop()


running: list[Sandbox] = []


def letters(count: int) -> Iterator[Letter]:
    chance = random.Random(1)
    words = "the meeting about invoices moved to Thursday so please send your figures again".split()
    for number in range(count):
        size = SIZES[number % len(SIZES)]
        text = " ".join(chance.choices(words, k=min(size, 6_000) // 7))
        file = base64.encodebytes(chance.randbytes(max(0, size - 6_000) * 3 // 4)).decode()
        head = f"From: ann{number % 97}@example.com\r\nSubject: Number {number}\r\n"
        raw = (head + (WITH_FILE.format(text, file) if file else f"\r\n{text}\r\n")).encode()
        yield Mail(raw, MARKS[number % len(MARKS)], START + timedelta(minutes=number))


def relabel(sandbox: Sandbox, count: int) -> None:
    token = sandbox.issue_token(ME, ["gmail.modify"])
    for id in sandbox.mail.ids(ME)[:count]:
        url = f"{sandbox.url}/gmail/v1/users/me/messages/{id}/modify"
        body = {"addLabelIds": ["STARRED" if count == 10 else "IMPORTANT"]}
        headers = {"Authorization": f"Bearer {token}"}
        requests.post(url, json=body, headers=headers, timeout=30).raise_for_status()


def line(place: Path, name: str, *options: str) -> list[str]:
    """`gmailkit backup`, in a process that writes down its peak memory."""
    return [sys.executable, __file__, "command", str(place), str(place / name), *options]


def environment(place: Path, **more: str) -> dict[str, str]:
    clean = {n: v for n, v in os.environ.items() if not n.startswith(("GMAILKIT", "PYTHON"))}
    home = {"GMAILKIT_HOME": str(place / "home"), "GMAILKIT_UNITS_PER_MINUTE": "0"}
    return {**clean, **home, "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring", **more}


def backup(place: Path, name: str = "mail.backup", *options: str, **more: str) -> dict[str, float]:
    """A run of the command: seconds, CPU, peak MB, and what the sandbox saw of it."""
    (sandbox,) = running
    before, refused = len(sandbox.requests), sandbox.meter.rejections(ME)
    spent = sandbox.meter.units(ME)
    begun = time.perf_counter()
    process = subprocess.Popen(
        line(place, name, *options), env=environment(place, **more), stdout=subprocess.DEVNULL
    )
    _, status, used = os.wait4(process.pid, 0)
    assert os.waitstatus_to_exitcode(status) in (0, 8), "the run failed"
    asked = [path for _, path in sandbox.requests[before:] if "/gmail/v1/" in path]
    return {
        "wall": time.perf_counter() - begun,
        "cpu": used.ru_utime + used.ru_stime,
        "peak": float((place / "peak").read_text()),
        "calls": len(asked),
        "read": sum("/messages/" in path for path in asked),
        "units": sandbox.meter.units(ME) - spent,
        "refused": sandbox.meter.rejections(ME) - refused,
    }


def command(place: str, *words: str) -> int:
    """In the process of its own. (What `wait4` tells of it begins with the memory of ours.)"""
    from gmailkit.cli.app import run

    code = run(["backup", *words, "--json"])
    status = Path("/proc/self/status").read_text()
    peak = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    (Path(place) / "peak").write_text(str(int(peak.split()[1]) / 1024))
    return code


def child(*words: str) -> dict[str, float]:
    done = subprocess.run([sys.executable, __file__, *words], stdout=-1, check=True, text=True)
    told: dict[str, float] = json.loads(done.stdout)
    return told


def judge(what: str, value: float, sign: str, target: float) -> bool:
    good = value >= target if sign == ">=" else value <= target
    verdict = "ok" if good else "MISSED"
    print(f"{what}: {value:.2f}, target {sign} {target:.2f}: {verdict}", flush=True)
    return good


def floor(url: str, token: str, folder: str) -> None:
    """The reference: a list, and each message by bare sockets into a file of its own."""
    import http.client
    import threading
    from concurrent.futures import ThreadPoolExecutor

    begun, place, local = time.perf_counter(), Path(folder), threading.local()
    place.mkdir()

    def get(path: str) -> Any:
        if not hasattr(local, "connection"):
            local.connection = http.client.HTTPConnection(url.removeprefix("http://"))
        local.connection.request("GET", path, headers={"Authorization": f"Bearer {token}"})
        return json.loads(local.connection.getresponse().read())

    def save(id: str) -> None:
        raw = get(f"/gmail/v1/users/me/messages/{id}?format=raw")["raw"]
        (place / f"{id}.eml").write_bytes(base64.urlsafe_b64decode(raw + "=="))

    ids, page = [], ""
    while True:
        answer = get(f"/gmail/v1/users/me/messages?maxResults=500&pageToken={page}")
        ids += [each["id"] for each in answer.get("messages", ())]
        page = answer.get("nextPageToken", "")
        if not page:
            break
    with ThreadPoolExecutor(IN_FLIGHT) as pool:
        list(pool.map(save, ids))
    print(json.dumps({"cpu": time.process_time(), "wall": time.perf_counter() - begun}))


if __name__ == "__main__":
    if sys.argv[1:2] == ["floor"]:
        floor(*sys.argv[2:])
    elif sys.argv[1:2] == ["command"]:
        sys.exit(command(*sys.argv[2:]))
    else:
        sys.exit(main())
