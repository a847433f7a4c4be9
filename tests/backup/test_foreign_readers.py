"""Programs that know nothing of gmailkit read the packs."""

from __future__ import annotations

import ast
import json
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from disks import ME, Watched, flip, message, save
from gmailkit.backup import writer
from gmailkit.backup.events import Cursor, Gone, Labels
from gmailkit.backup.folder import Backup
from gmailkit.backup.record import Record, Same
from gmailkit.backup.tables import SCHEMA_VERSION
from gmailkit.mime.mboxrd import quote
from terminal import Terminal

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
    monkeypatch.setattr(writer, "FILE_BYTES", 40_000)
    save(quick_path / "b", MAIL, storage=Watched())
    assert len(list((quick_path / "b" / "packs").iterdir())) > 1
    return quick_path / "b"


def read(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-I", READER, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True)


def file_of(record: Record, folder: Path) -> Path:
    return folder / f"{record.account},{record.id}.eml"


@needs_zstd
def test_the_example_reads_and_checks_every_message(backup: Path, tmp_path: Path) -> None:
    run = read(backup, tmp_path / "new" / "folder")
    assert (run.returncode, run.stderr) == (0, "")
    assert len(run.stdout.splitlines()) == len(MAIL)
    assert len(list((tmp_path / "new" / "folder").iterdir())) == len(MAIL)
    for each in MAIL:
        assert file_of(each, tmp_path / "new" / "folder").read_bytes() == each.raw


@needs_zstd
@pytest.mark.parametrize("place", [0, 8, 13, 60, 81], ids="byte {} of a frame".format)
def test_the_example_names_a_bad_frame_and_goes_on(
    backup: Path, tmp_path: Path, place: int
) -> None:
    with Backup.open(backup) as opened:
        bad = next(entry.offset for entry in opened.entries() if entry.pack == 1 and entry.offset)
        lost = [e.id for e in opened.entries() if (e.pack, e.offset) == (1, bad)]
    pack = backup / "packs" / "000001.mbox.zst"
    flip(pack, bad + place)
    run = read(backup, tmp_path)
    assert run.returncode == 1
    assert run.stderr.count("damaged") == 1
    assert f"000001.mbox.zst is damaged in the frame at byte {bad}" in run.stderr
    for each in MAIL:
        assert file_of(each, tmp_path).exists() == (each.account != ME or each.id not in lost)


@needs_zstd
def test_the_example_tells_labels_as_they_are_now_and_what_is_gone(quick_path: Path) -> None:
    path = quick_path / "b"
    save(path, MAIL[:4], storage=Watched())
    with Backup.open(path, write=True) as backup:
        for labels in ({}, {"Label_1": "Later, \x1b[31mred", "INBOX": "INBOX"}):
            backup.note(Labels(account=ME, id=MAIL[0].id, labels=labels))
        backup.note(Gone(account=ME, id=MAIL[1].id))
        backup.note(Cursor(account=ME, history="1"))
    run = read(path)
    assert (run.returncode, run.stderr) == (0, "")
    told = [line.split(" ", 3)[3] for line in run.stdout.splitlines()]
    as_saved = [json.dumps([*each.labels.values()]) for each in MAIL[2:4]]
    assert told == ['["Later, \\u001b[31mred", "INBOX"]', "gone", *as_saved]
    file = path / "events" / "000001.jsonl.zst"
    flip(file, -9)
    run = read(path)
    assert (run.returncode, run.stderr.count("damaged")) == (1, 1)
    assert "events/000001.jsonl.zst is damaged in the frame at byte 0" in run.stderr


@needs_zstd
def test_the_example_finds_bytes_that_stand_further_on_than_who_shares_them(
    quick_path: Path, tmp_path: Path
) -> None:
    """An equal message, the one that held its bytes damaged and saved again, and one that came from
    elsewhere first.
    """
    path, ann = quick_path / "b", "ann@example.com"
    held = replace(MAIL[0], origin="takeout")
    for each in (held, replace(held, account=ann, origin="")):
        with Backup.open(path, create=True, storage=Watched()) as backup:
            backup.add(each)
    pack = path / "packs" / "000001.mbox.zst"
    flip(pack, 90)
    with Backup.open(path, write=True) as backup:
        (first, second) = backup.entries()
        assert (first.origin, second.same) == ("takeout", Same(ME, held.id))
        backup.mend(replace(held, origin="", saved=first.saved))
    run = read(path, tmp_path)
    assert (run.returncode, run.stderr.count("damaged")) == (1, 1)
    for whose in (ME, ann):
        assert file_of(replace(held, account=whose), tmp_path).read_bytes() == held.raw


@needs_zstd
def test_the_example_writes_nothing_outside_its_folder(quick_path: Path) -> None:
    names = ["../../x", "/x", "..", ".", "a,b", "a\\b", "\0", "CON:", "é"]
    foreign = [Record(account, id, "a", 1, {}, b"x\n") for account in names for id in names]
    save(quick_path / "b", foreign, storage=Watched())
    run = read(quick_path / "b", quick_path / "deep" / "deeper" / "out")
    assert (run.returncode, run.stderr) == (0, "")
    written = list((quick_path / "deep" / "deeper" / "out").iterdir())
    assert len(written) == len(foreign)
    assert {path.parent.name for path in quick_path.rglob("*") if path.suffix == ".eml"} == {"out"}
    assert {path.name for path in quick_path.iterdir()} == {"b", "deep"}
    assert not Path("/x.eml").exists()


@pytest.mark.parametrize("arguments", [(), ("a", "b", "c")], ids=["none", "too many"])
def test_the_example_says_how_it_is_called(arguments: tuple[str, ...]) -> None:
    run = read(*arguments)
    assert (run.returncode, run.stdout) == (2, "")
    assert run.stderr == "usage: read_backup.py BACKUP [FOLDER]\n"


def test_the_example_says_in_one_line_that_there_is_no_backup(tmp_path: Path) -> None:
    run = read(tmp_path / "nothing")
    assert run.returncode == 1
    assert len(run.stderr.splitlines()) == 1
    assert "nothing" in run.stderr


def test_the_example_is_short_and_imports_nothing_of_ours() -> None:
    source = READER.read_text()
    assert len([line for line in source.splitlines() if line]) <= 70
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


def test_the_document_tells_the_version_of_the_index() -> None:
    document = (READER.parents[1] / "docs" / "backup-format.md").read_text()
    assert f"user version {SCHEMA_VERSION}, " in document


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


MUTT = """\
set folder=~ mbox_type=Maildir confirmappend=no confirmcreate=no copy=no quit=yes sort=mailbox-order
open-hook '\\.mbox\\.zst$' "zstd -dcq '%f' > '%t'"
push "<tag-pattern>~A<enter><tag-prefix><copy-message><kill-line>{out}<enter><quit>"
"""


@needs_zstd
@pytest.mark.skipif(shutil.which("mutt") is None, reason="mutt is not there (apt install mutt)")
def test_mutt_opens_each_pack_as_it_lies_there(backup: Path) -> None:
    """By its hook for compressed folders; what it shows is copied out, message by message."""
    out = backup.parent / "out"
    (backup.parent / "muttrc").write_text(MUTT.format(out=out))
    mutt = shutil.which("mutt") or ""
    for pack in sorted((backup / "packs").iterdir()):
        options = ["-n", "-R", "-F", str(backup.parent / "muttrc"), "-f", str(pack)]
        terminal = Terminal([mutt, *options], HOME=str(backup.parent))
        assert terminal.close() == 0, terminal.screen
    read = [file.read_bytes() for file in out.glob("*/*") if file.is_file()]
    assert len(read) == len(MAIL)
    bodies = {text.split(b'"id":"', 1)[1].split(b'"', 1)[0]: text for text in read}
    for record in MAIL[:80]:
        _, _, body = record.raw.partition(b"\r\n\r\n")
        assert quote(body) in bodies[record.id.encode()]
