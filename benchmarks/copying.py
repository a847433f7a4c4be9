"""Mail copied from store to store: messages a second, CPU, memory; beside a peer in the same run.

    python benchmarks/copying.py [--messages N] [--only WORD] [--folder DIR]

N messages (5,000) as in storage.py, in three folders. `imap` copies them from Dovecot on loopback
into a Maildir; its peer is mbsync (apt install isync, dovecot-imapd). `mbox`, `maildir` and
`backup` copy a Maildir to mbox, that to a Maildir and to a backup; their peer is a loop over
Python's `mailbox` as one writes it, and for the backup the least that packs can be (`Plain` of
storage.py). Each copy is a process of its own, and the better of two in turns; CPU is counted
without its start, which is that of a copy of one message, and without Dovecot's. `memory` is the
peak of copies of two fifths of N and of twice N. Exits with 1 when a target is missed.
(Not called copy.py: Python would take it for its own module of that name.)
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path

from storage import Mail

from tests import dovecot

TURNS = 2
FOLDERS = ("", "Receipts", "Lists")
PROCESS = Path(__file__).with_name("copying_process.py")
MBSYNC = shutil.which("mbsync")
SYNCED = """
IMAPStore far
Host 127.0.0.1
Port {port}
User {user}
Pass {word}
SSLType None
AuthMechs LOGIN

MaildirStore near
Path {near}/
Inbox {near}/INBOX
SubFolders Verbatim

Channel all
Far :far:
Near :near:
Patterns *
Sync Pull
Create Near
CopyArrivalDate yes
SyncState *
"""


@dataclass(frozen=True)
class Used:
    wall: float
    cpu: float
    peak: float = 0.0  # MB

    def beyond(self, start: Used) -> Used:
        return replace(self, cpu=max(self.cpu - start.cpu, 0.001))


@dataclass
class Bench:
    """`start` is what a copy of one message by gmailkit takes, from file to file."""

    folder: Path
    mail: Mail
    messages: int
    start: Used
    sound: bool = True

    def row(self, name: str, mine: list[Used], peer: list[Used], most: float) -> None:
        """The best turn of each; `mine`, without the start, may take `most` times the CPU."""
        own, other = (min(turns, key=lambda used: used.cpu, default=None) for turns in (mine, peer))
        assert own
        said = f"{name:18}{self._told(own)}"
        if other is None:
            print(said, flush=True)
            return
        share = own.cpu / other.cpu
        self.judge(f"{said}{self._told(other)}{share:8.2f}   <= {most:g}", share <= most)

    def judge(self, said: str, good: bool) -> None:
        print(said if good else f"{said}   MISSED", flush=True)
        self.sound &= good

    def _told(self, used: Used) -> str:
        rate, each = self.messages / used.wall, 1000 * used.cpu / self.messages
        return f"{rate:>12,.0f}/s{each:10.2f} s"


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--messages", type=int, default=5_000, metavar="N")
    parser.add_argument("--only", default="", metavar="WORD", help="imap, files or memory")
    parser.add_argument("--folder", type=Path, help="where to work; a new temporary one")
    said = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=said.folder) as folder:
        bench = begun(Path(folder), said.messages)
        if dovecot.PROGRAM is None:
            print("No Dovecot (apt install dovecot-imapd): nothing is copied by IMAP.")
        for name, part in (("imap", imap), ("files", files), ("memory", memory)):
            if said.only in name:
                part(bench)
    print("Every target was reached." if bench.sound else "Targets were missed.")
    return 0 if bench.sound else 1


def begun(folder: Path, messages: int) -> Bench:
    mail = Mail()
    one, once = folder / "one", folder / "once.mbox"
    deliver(mail, 1, one, ".")
    copied(folder, f"maildir:{one}", f"mbox:{once}", 1)  # compiles what was not yet
    start = copied(folder, f"maildir:{one}", f"mbox:{folder / 'twice.mbox'}", 1)
    print(f"{messages:,} messages; a copy of one, which is taken off: {start.cpu:.2f} s of CPU")
    cpu = "CPU/1,000"
    print(f"{'':18}{'gmailkit':>14}{cpu:>12}{'reference':>14}{cpu:>12}{'share':>8}   target")
    return Bench(folder, mail, messages, start)


def imap(bench: Bench) -> None:
    if dovecot.PROGRAM is None:
        return
    if MBSYNC is None:
        print("No mbsync (apt install isync): nothing to compare with.")
    folder, count = bench.folder, bench.messages
    source, one = served(bench.mail, count, "bench"), served(bench.mail, 1, "one")
    start = copied(folder, one, f"maildir:{folder / 'one-fetched'}", 1)
    mine: list[Used] = []
    peer: list[Used] = []
    for turn in range(TURNS):
        target = f"maildir:{folder / f'fetched{turn}'}"
        mine.append(copied(folder, source, target, count).beyond(start))
        if MBSYNC:
            peer.append(synced(folder / f"synced{turn}", "bench", count))
    bench.row("IMAP to Maildir", mine, peer, 3)


def files(bench: Bench) -> None:
    folder, count = bench.folder, bench.messages
    origin, kept = folder / "origin", folder / "kept0"
    deliver(bench.mail, count, origin, ".")
    for name, kind, source, target, most in (
        ("Maildir to mbox", "mbox", origin, "kept", 2),
        ("mbox to Maildir", "maildir", kept, "unpacked", 2),
        ("mbox to backup", "backup", kept, "packed", 4),
    ):
        came = f"{'mbox' if source == kept else 'maildir'}:{source}"
        mine: list[Used] = []
        peer: list[Used] = []
        for turn in range(TURNS):
            made = folder / f"{target}{turn}"
            mine.append(copied(folder, came, f"{kind}:{made}", count).beyond(bench.start))
            peer.append(child(folder, kind, str(source), f"{made}-peer", count))
        bench.row(name, mine, peer, most)


def memory(bench: Bench) -> None:
    few, many = bench.messages * 2 // 5, bench.messages * 2
    sources: dict[str, list[str]] = {}
    for count in (few, many):
        origin = bench.folder / f"memory{count}"
        deliver(bench.mail, count, origin, ".")
        sources.setdefault("Maildir to mbox", []).append(f"maildir:{origin}")
        if dovecot.PROGRAM:
            url = served(bench.mail, count, f"memory{count}")
            sources.setdefault("IMAP to mbox", []).append(url)
    for name, (small, large) in sources.items():
        peaks = [
            copied(bench.folder, source, f"mbox:{bench.folder / f'{name}{count}'}", count).peak
            for source, count in ((small, few), (large, many))
        ]
        grown = peaks[1] - peaks[0]
        said = f"{name:18}{peaks[0]:.0f} MB for {few:,}, {peaks[1]:.0f} MB for {many:,} messages"
        bench.judge(f"{said}; grown by {grown:.0f}, target <= 16", grown <= 16)


def deliver(mail: Mail, count: int, root: Path, prefix: str) -> None:
    """A Maildir; one in three is unread."""
    for name in FOLDERS:
        for part in ("cur", "new", "tmp"):
            (root / (prefix + name if name else "") / part).mkdir(parents=True)
    for number in range(count):
        record = mail.message(number)
        name = FOLDERS[number % len(FOLDERS)]
        seen = "" if number // 3 % 3 == 0 else "S"
        file = root / (prefix + name if name else "") / "cur" / f"{record.id}.M1P1.host:2,{seen}"
        file.write_bytes(record.raw.replace(b"\r\n", b"\n") if prefix else record.raw)
        when = record.date_ms / 1000
        os.utime(file, (when, when))


def served(mail: Mail, count: int, user: str) -> str:
    server = dovecot.running()
    place = server.mailbox(user)
    deliver(mail, count, place, "")
    if os.geteuid() == 0:
        subprocess.run(["chown", "-R", "nobody:nogroup", str(place)], check=True)
    return server.url("imap", user)


def synced(near: Path, user: str, count: int) -> Used:
    configuration = near.with_name("mbsyncrc")
    near.mkdir()
    port = dovecot.running().ports["imap"]
    configuration.touch(0o600)
    configuration.write_text(SYNCED.format(port=port, user=user, word=dovecot.WORD, near=near))
    assert MBSYNC
    used = timed([MBSYNC, "-q", "-c", str(configuration), "all"], environment(near.parent))
    came = sum(1 for each in near.rglob("*") if each.parent.name in ("cur", "new"))
    assert came == count, f"mbsync brought {came}"
    return used


def copied(folder: Path, source: str, target: str, count: int) -> Used:
    return child(folder, "gmailkit", source, target, count)


def child(folder: Path, who: str, source: str, target: str, count: int) -> Used:
    told = folder / "told.json"
    words = [sys.executable, str(PROCESS), str(told), who, source, target]
    used, found = timed(words, environment(folder)), json.loads(told.read_text())
    assert found["count"] == count, f"{who} brought {found['count']}"
    return Used(used.wall, found["cpu"], found["peak"])


def environment(folder: Path) -> dict[str, str]:
    clean = {n: v for n, v in os.environ.items() if not n.startswith(("GMAILKIT", "PYTHON"))}
    return {
        **clean,
        "GMAILKIT_HOME": str(folder / "home"),
        "GMAILKIT_MAIL_PASSWORD": dovecot.WORD,
        "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
    }


def timed(words: list[str], environment: dict[str, str]) -> Used:
    begun = time.perf_counter()
    with tempfile.TemporaryFile() as talk:
        process = subprocess.Popen(words, env=environment, stdout=talk, stderr=talk)
        _, status, used = os.wait4(process.pid, 0)
        wall = time.perf_counter() - begun
        if os.waitstatus_to_exitcode(status):
            talk.seek(0)
            sys.exit(f"{' '.join(words)} failed:\n{talk.read().decode()}")
    return Used(wall, used.ru_utime + used.ru_stime)


if __name__ == "__main__":
    sys.exit(main())
