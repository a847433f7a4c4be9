"""A backup folder: how much disk it takes, how fast it is written, read and verified.

    python benchmarks/storage.py [--messages N] [--only WORD] [--folder DIR]

N messages (50,000) of realistic sizes: short text, HTML of 10 to 60 KB, and one in twelve with a
file, which is half of the mass. `write` saves them with an fsync every 500; the reference packs the
same bytes with the same zstd and SHA-256 and syncs as often, without an index, stamps or a second
hash. `disk` is what packs and events take; the reference are frames of a megabyte. `read` is one
message after another at random; the reference reads the frame and unpacks it. `verify` checks
every byte; the reference unpacks and hashes. `large` exports a message of 150 MB: peak memory of
the process. Targets of time are those of another machine, see machine.py; so each has its reference
beside it. Exits with 1 when one is missed.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from machine import slower

from gmailkit.backup import commit
from gmailkit.backup.check import verify
from gmailkit.backup.folder import Backup
from gmailkit.backup.frame import HEADER, Compressor, decompress, parse_header
from gmailkit.backup.record import Record

ME = "me@example.com"
PART = 500
LABELS: tuple[dict[str, str], ...] = (
    {"INBOX": "INBOX", "UNREAD": "UNREAD", "CATEGORY_PERSONAL": "CATEGORY_PERSONAL"},
    {"CATEGORY_PROMOTIONS": "CATEGORY_PROMOTIONS"},
    {"Label_1": "Receipts", "IMPORTANT": "IMPORTANT"},
)
SYNCED = 500  # messages between two syncs of the write that is measured


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--messages", type=int, default=50_000, metavar="N")
    parser.add_argument("--only", default="", metavar="WORD", help="write, read, verify or large")
    parser.add_argument("--folder", type=Path, help="where to work; a new temporary one")
    parser.add_argument("--worker", type=Path, help=argparse.SUPPRESS)
    said = parser.parse_args()
    if said.worker:
        export_large(said.worker)
        return 0
    with tempfile.TemporaryDirectory(dir=said.folder) as folder:
        return run(Path(folder), said.messages, said.only)


def run(folder: Path, messages: int, only: str) -> int:
    path = folder / "mail.backup"
    size = fill(path, folder / "plain", messages)
    parts: dict[str, Callable[[], bool]] = {
        "read": lambda: random_reads(path),
        "verify": lambda: verified(path, size["raw"]),
        "large": lambda: large(folder / "large.backup"),
    }
    slower()  # says so
    print(f"{'':10}{'measured':>22}{'reference':>22}{'share':>8}   target")
    missed = [name for name, ok in written(path, size, messages).items() if not ok]
    missed += [name for name, part in parts.items() if only in name and not part()]
    print(f"Missed: {', '.join(missed)}" if missed else "Every target was reached.")
    return 1 if missed else 0


def row(name: str, measured: str, reference: str, share: float, target: str) -> None:
    print(f"{name:10}{measured:>22}{reference:>22}{share:8.2f}   {target}", flush=True)


class Mail:
    """Made anew for each number; much the same each time, and nothing in it comes twice."""

    def __init__(self) -> None:
        lot = random.Random(7)
        letters = "etaoinshrdlucmfwypvbgk"
        words = ["".join(lot.choices(letters, k=lot.randint(2, 11))) for _ in range(6000)]
        weights = [1 / (rank + 3) for rank in range(len(words))]
        said = lot.choices(words, weights, k=500_000)
        self._text = "\r\n".join(
            " ".join(said[at : at + 11]) for at in range(0, len(said), 11)
        ).encode()
        cells = (
            f'<tr><td style="padding:8px 12px;font-family:Arial,sans-serif;font-size:14px">'
            f'<a href="https://example.com/c/{lot.getrandbits(64):x}">{" ".join(said[at : at + 9])}'
            f"</a></td></tr>\r\n"
            for at in range(0, len(said), 9)
        )
        self._html = "".join(cells).encode()
        self._file = base64.encodebytes(lot.randbytes(24 << 20)).replace(b"\n", b"\r\n")

    def message(self, number: int) -> Record:
        lot = random.Random(number)
        kind = lot.random()
        if kind < 0.45:
            body = self._part(lot, self._text, int(lot.lognormvariate(8.3, 0.8)))
        elif kind < 0.92:
            body = self._part(lot, self._html, lot.randint(8_000, 46_000))
        else:
            body = self._part(lot, self._text, 1500)
            body += self._part(lot, self._file, int(lot.lognormvariate(11.5, 0.8)))
        head = (
            f"Received: by 2002:a05:{lot.getrandbits(32):x} with id {lot.getrandbits(96):x};\r\n"
            f"DKIM-Signature: v=1; a=rsa-sha256; b={lot.getrandbits(1024):x}\r\n"
            f"From: Sender {number % 977} <s{number % 977}@example.net>\r\nTo: {ME}\r\n"
            f"Message-ID: <{lot.getrandbits(128):x}@example.net>\r\n"
            f"Subject: Letter {number}\r\n\r\n"
        )
        return Record(
            account=ME,
            id=f"{0x18F0000000000000 + number:x}",
            thread=f"{0x18F0000000000000 + number // 3:x}",
            date_ms=1_700_000_000_000 + number * 1000,
            labels=LABELS[number % len(LABELS)],
            raw=head.encode() + body,
        )

    def _part(self, lot: random.Random, text: bytes, size: int) -> bytes:
        size = min(size, len(text) // 2)
        at = lot.randrange(len(text) - size)
        return text[at : at + size]


def fill(path: Path, plain: Path, messages: int) -> dict[str, float]:
    """Both ways take turns, so that both have the same machine."""
    commit.COMMIT_MESSAGES, commit.COMMIT_BYTES = SYNCED, 1 << 30
    mail, reference = Mail(), Plain(plain)
    took = raw = 0.0
    with Backup.open(path, create=True) as backup:
        for start in range(0, messages, PART):
            part = [mail.message(n) for n in range(start, min(messages, start + PART))]
            raw += sum(len(each.raw) for each in part)
            begun = time.perf_counter()
            for each in part:
                backup.add(each)
            backup.flush()
            took += time.perf_counter() - begun
            reference.add(part)
    return {"raw": raw, "took": took, "plain": reference.took, "megabyte": reference.megabytes}


class Plain:
    """The least that such a write can be: frames of 64 KB, one hash over each, appended, synced."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("wb", buffering=0)
        self._compressor = Compressor()
        self._large: list[bytes] = []
        self.took = 0.0
        self.megabytes = 0

    def add(self, part: list[Record]) -> None:
        begun = time.perf_counter()
        held: list[bytes] = []
        for each in part:
            if held and sum(map(len, held)) + len(each.raw) > 64 << 10:
                self._write(held)
                held = []
            held.append(each.raw)
        self._write(held)
        os.fsync(self._file.fileno())
        self.took += time.perf_counter() - begun
        for each in part:
            self._large.append(each.raw)
            if sum(map(len, self._large)) > 1 << 20:
                self.megabytes += self._frame(self._large)
                self._large = []

    def _write(self, held: list[bytes]) -> None:
        header, content = self._compressor.frame(held, size=sum(map(len, held)), previous=bytes(32))
        self._file.write(header + content.bytes)

    def _frame(self, held: list[bytes]) -> int:
        _, content = self._compressor.frame(held, size=sum(map(len, held)), previous=bytes(32))
        return content.size


def written(path: Path, size: dict[str, float], messages: int) -> dict[str, bool]:
    rate, plain = messages / size["took"], messages / size["plain"]
    wanted = 8000 / slower()
    row("write", f"{rate:,.0f}/s", f"{plain:,.0f}/s", rate / plain, f">= {wanted:,.0f}/s")
    packs = [*path.glob("packs/*"), *path.glob("events/*")]
    disk = sum(each.stat().st_blocks * 512 for each in packs)
    share = disk / size["raw"]
    row(
        "disk",
        f"{disk / 1e6:,.0f} of {size['raw'] / 1e6:,.0f} MB",
        f"{size['megabyte'] / 1e6:,.0f} MB",
        share,
        "<= 0.52 x raw",
    )
    index = (path / "index.sqlite3").stat().st_size
    print(f"{'':10}{f'index {index / 1e6:,.0f} MB':>22}")
    return {"write": rate >= wanted, "disk": share <= 0.52}


def random_reads(path: Path) -> bool:
    lot = random.Random(1)
    with Backup.open(path) as backup:
        entries = lot.sample(list(backup.entries()), 2000)
        whole: list[float] = []
        frames: list[float] = []
        for entry in entries:
            begun = time.perf_counter()
            backup.read(entry)
            whole.append(time.perf_counter() - begun)
        for entry in entries:
            begun = time.perf_counter()
            with (path / "packs" / f"{entry.pack:06d}.mbox.zst").open("rb", buffering=0) as file:
                file.seek(entry.offset)
                decompress(file.read(entry.frame_length)[HEADER:])
            frames.append(time.perf_counter() - begun)
    mine, reference = (1e6 * sorted(each)[len(each) // 2] for each in (whole, frames))
    most = 100 * slower()
    row(
        "read p50",
        f"{mine:,.0f} us",
        f"{reference:,.0f} us",
        mine / reference,
        f"<= {most:,.0f} us",
    )
    return mine <= most


def verified(path: Path, raw: float) -> bool:
    begun = time.perf_counter()
    found = verify(path)
    took = time.perf_counter() - begun
    assert found.ok, found
    begun = time.perf_counter()
    for text in unpacked(path):
        hashlib.sha256(text)
    plain = time.perf_counter() - begun
    mine, reference = raw / took / 1e6, raw / plain / 1e6
    wanted, share = 400 / slower(), mine / reference
    row("verify", f"{mine:,.0f} MB/s", f"{reference:,.0f} MB/s", share, f">= {wanted:,.0f} MB/s")
    return mine >= wanted


def unpacked(path: Path) -> Iterator[bytes]:
    for pack in sorted(path.glob("packs/*")):
        with pack.open("rb") as file:
            while header := file.read(HEADER):
                parsed = parse_header(header)
                assert parsed
                yield decompress(file.read(parsed[0]))


def large(path: Path) -> bool:
    """Saved here, exported by a process of its own."""
    line = base64.b64encode(random.Random(3).randbytes(57)) + b"\r\n"
    raw = b"Subject: large\r\n\r\n" + line * ((150 << 20) // len(line))
    with Backup.open(path, create=True) as backup:
        backup.add(Record(ME, "18f0000000000001", "18f0000000000001", 0, {}, raw))
    words = [sys.executable, __file__, "--worker", str(path)]
    ran = subprocess.run(words, check=True, capture_output=True, text=True)
    mine, reference = map(float, ran.stdout.split())
    row("large", f"{mine:,.0f} MB", f"{reference:,.0f} MB", mine / reference, "<= 150 MB")
    return mine <= 150


def export_large(path: Path) -> None:
    """Peak memory in megabytes: with the export, and before it."""
    import gmailkit

    def peak() -> float:
        """Not getrusage: that counts the parent in."""
        status = Path("/proc/self/status").read_text()
        return int(status.partition("VmHWM:")[2].split()[0]) / 1000

    before = peak()
    done = gmailkit.export(path, path.with_name("large.mbox"), to="mbox")
    assert done.added == 1
    print(peak(), before)


if __name__ == "__main__":
    sys.exit(main())
