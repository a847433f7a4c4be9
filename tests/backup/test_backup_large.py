"""Large messages: exact to the byte, found when damaged, and never held as a whole."""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from disks import ME, Watched, flip, message
from gmailkit.backup.check import verify
from gmailkit.backup.folder import Backup, rebuild
from gmailkit.backup.frame import Frame
from gmailkit.backup.record import Record
from gmailkit.errors import BackupDamaged
from gmailkit.model.content import IN_MEMORY, Content

LINE = (
    b"x" * 1000 + b"\r\n>From here\nFrom there\r\n"
)  # its frame is small, what it unpacks to is not
NOISE = random.Random(1).randbytes(IN_MEMORY + 99)  # its frame is large too
LARGE = [
    b"Subject: large\r\n\r\n" + LINE * (IN_MEMORY // len(LINE) + 9) + b"no end of line",
    LINE + NOISE + b"\n\nFrom ",
    NOISE + b"\n",
]


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Large messages between small ones, given whole and in pieces."""
    path = tmp_path_factory.mktemp("large") / "b"
    with Backup.open(path, create=True, storage=Watched()) as backup:
        for number, raw in enumerate(LARGE):
            backup.add(message(number))
            id, given = f"{number + 1:x}", Content.of(raw) if number % 2 else None
            backup.add(Record(ME, id, id, 0, {}, b"" if given else raw, given))
    return path


def test_they_come_back_exactly_and_do_not_lie_in_memory(path: Path) -> None:
    with Backup.open(path) as backup:
        for number, raw in enumerate(LARGE, start=1):
            entry = backup.find(ME, f"{number:x}")
            assert entry is not None
            with backup.content(entry) as content:
                assert content.bytes == raw
            assert backup.read(entry).raw == raw


def test_verify_and_a_new_index_read_them_in_pieces(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = Frame.text

    def text(frame: Frame) -> bytes:
        assert not frame.is_large
        return held(frame)

    monkeypatch.setattr(Frame, "text", text)
    found = verify(path)
    assert found.ok, found
    assert found.messages == 2 * len(LARGE)
    rebuild(path, storage=Watched())
    assert verify(path).ok


@pytest.mark.parametrize("place", [-5, -2_000_000])
def test_a_changed_byte_in_one_is_found(path: Path, tmp_path: Path, place: int) -> None:
    copy = tmp_path / "b"
    shutil.copytree(path, copy)
    with Backup.open(copy) as backup:
        entry = backup.find(ME, f"{len(LARGE):x}")
        assert entry is not None
        pack = copy / "packs" / f"{entry.pack:06d}.mbox.zst"
        flip(pack, entry.offset + entry.frame_length + place)
        with pytest.raises(BackupDamaged, match="is damaged"):
            backup.content(entry)
    assert [each.id for each in verify(copy).damaged] == [entry.id]


@pytest.mark.soak
def test_150_megabytes_are_saved_exported_and_verified_in_less_memory(tmp_path: Path) -> None:
    work = f"""
import sys
from pathlib import Path
import gmailkit
from gmailkit.backup.check import verify
from gmailkit.backup.folder import Backup
from gmailkit.backup.frame import Frame
from gmailkit.backup.record import Record
from gmailkit.model.content import Spool
spool = Spool(in_memory=1 << 20)
for _ in range(150):
    spool.write({"x" * 75 + chr(10)!r}.encode() * 13797)
path = Path({str(tmp_path / "b")!r})
with Backup.open(path, create=True) as backup:
    backup.add(Record("me@example.com", "1", "1", 0, {{}}, content=spool.done()))
assert gmailkit.export(path, path.with_name("mbox"), to="mbox").added == 1
assert verify(path).ok
print(next(line for line in open("/proc/self/status") if line.startswith("VmHWM")).split()[1])
"""
    ran = subprocess.run([sys.executable, "-c", work], capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    assert int(ran.stdout) < 150_000
