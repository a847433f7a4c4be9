"""Programs that know nothing of gmailkit read the packs."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from disks import Watched, message, save
from gmailkit.backup import packs
from gmailkit.backup.record import Record

READER = Path(__file__).resolve().parents[2] / "examples" / "read_backup.py"
ODD = [
    b"",
    b"\n",
    b"From me\n>From you\n",
    b"no newline at the end",
    b"Subject: NUL\n\n\0\r\rFrom x\n\n",
    b"\n\nFrom the third line\n\n",
]
MAIL = [message(number) for number in range(80)] + [
    Record("ann@example.com", f"{number + 1:x}", "a", 1, {"SENT": "SENT"}, raw)
    for number, raw in enumerate(ODD)
]

needs_zstd = pytest.mark.skipif(
    shutil.which("zstd") is None, reason="the zstd command is not there"
)


@pytest.fixture
def backup(quick_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Some ordinary and all odd messages, in more than one pack."""
    monkeypatch.setattr(packs, "PACK_BYTES", 40_000)
    save(quick_path / "b", MAIL, storage=Watched())
    assert len(list((quick_path / "b" / "packs").iterdir())) > 1
    return quick_path / "b"


@needs_zstd
def test_the_example_reads_and_checks_every_message(backup: Path, tmp_path: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-I", READER, backup, tmp_path], capture_output=True, check=True
    )
    assert len(run.stdout.splitlines()) == len(MAIL)
    for each in MAIL:
        assert (tmp_path / f"{each.id}.eml").read_bytes() == each.raw


@needs_zstd
def test_the_example_notices_damage(backup: Path) -> None:
    pack = backup / "packs" / "000002.mbox.zst"
    content = bytearray(pack.read_bytes())
    content[len(content) // 2] ^= 1
    pack.write_bytes(content)
    run = subprocess.run([sys.executable, "-I", READER, backup], capture_output=True)
    assert run.returncode == 1
    assert b"damaged" in run.stderr


def test_the_example_is_short_and_imports_nothing_of_ours() -> None:
    source = READER.read_text()
    assert len(source.splitlines()) <= 60
    imported = {
        name.split(".")[0]
        for node in ast.walk(ast.parse(source))
        for name in (
            [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else []
        )
    }
    assert imported <= sys.stdlib_module_names


@needs_zstd
def test_the_command_of_the_readme_gives_one_mbox(backup: Path) -> None:
    command = "zstdcat packs/*.mbox.zst > ../all.mbox"
    assert command.split(" > ")[0] in (backup / "README.txt").read_text()
    subprocess.run(["sh", "-c", command], cwd=backup, check=True)
    # A process of its own: it reads the file with nothing but the standard library.
    count = "import mailbox, sys; box = mailbox.mbox(sys.argv[1]); print(len(box)); "
    look = "print(box[7]['X-Gmail-Labels'], box[7]['Subject'], box[7].get_from())"
    run = subprocess.run(
        [sys.executable, "-I", "-c", count + look, backup.parent / "all.mbox"],
        capture_output=True,
        check=True,
        text=True,
    )
    number, seventh = run.stdout.splitlines()
    assert int(number) == len(MAIL)
    assert "=?UTF-8?Q?Inbox=2COpened=2CB=C3=BCcher=2C_neu?=" not in seventh  # it is quoted as CSV
    assert "=22B=C3=BCcher=2C_neu=22" in seventh
    assert f"{int(MAIL[7].id, 16)}@xxx Tue Nov 14 22:13:27 2023" in seventh


@needs_zstd
def test_zstd_itself_finds_every_pack_sound(backup: Path) -> None:
    for pack in sorted((backup / "packs").iterdir()):
        subprocess.run(["zstd", "-tq", pack], check=True)
