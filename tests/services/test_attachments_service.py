"""Saving attachments: every byte, safe names, nothing overwritten, nothing outside the folder."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest

from gmailkit.errors import CannotWrite, PartialError, QueryError
from gmailkit.gmail import Gmail
from gmailkit.sandbox import Sandbox

ME = "me@example.com"

HOSTILE = [
    "../../escape.txt",
    "..\\..\\escape.txt",
    "/etc/passwd",
    "C:\\Windows\\win.ini",
    "\\\\server\\share\\x",
    "..",
    ".",
    "",
    ".bashrc",
    "CON",
    "con.txt",
    "COM1.pdf",
    "NUL",
    "a\x00b.txt",
    "trailing.",
    "trailing ",
    "evil\u202egpj.exe",
    "a\u2215b\u2044c\uff0fd.txt",
    "x" * 300 + ".pdf",
    "y" * 10_000,
    "日本" * 200 + ".pdf",
    "new\nline.txt",
    "tab\tand\x1b[31mescape.txt",
    "~/.ssh/authorized_keys",
    "$(touch pwned)",
    "-rf",
    "*",
    "a:b|c?.txt",
]


def mail_with(*files: tuple[str, bytes]) -> bytes:
    mail = EmailMessage()
    mail["From"], mail["Subject"] = "a@example.com", "Files"
    mail.set_content("attached")
    for number, (_, content) in enumerate(files):
        mail.add_attachment(
            content, maintype="application", subtype="octet-stream", filename=f"name{number}"
        )
    raw = mail.as_bytes()
    for number, (name, _) in enumerate(files):
        quoted = "".join(f"%{byte:02X}" for byte in name.encode())
        raw = raw.replace(
            f'filename="name{number}"'.encode(), f"filename*=utf-8''{quoted}".encode()
        )
    return raw


@pytest.fixture
def around(tmp_path: Path) -> Iterator[Path]:
    """A folder in which only `files/` may change."""
    (tmp_path / "around").mkdir()
    (tmp_path / "around" / "escape.txt").write_text("mine")
    before = everything(tmp_path)
    yield tmp_path / "around"
    after = {p: s for p, s in everything(tmp_path).items() if "files" not in Path(p).parts}
    home = {p: s for p, s in after.items() if "home" in Path(p).parts}
    assert {p: s for p, s in after.items() if p not in home} == before


def everything(folder: Path) -> dict[str, int]:
    return {str(p.relative_to(folder)): p.lstat().st_size for p in folder.rglob("*") if p.is_file()}


def test_the_bytes_are_those_that_were_attached(
    sandbox: Sandbox, gmail: Gmail, tmp_path: Path
) -> None:
    content = bytes(range(256)) * 100
    sandbox.mail.put(ME, mail_with(("Bericht März.pdf", content), ("empty", b"")))
    saved = list(gmail.attachments("has:attachment", to=tmp_path / "files"))
    assert [(each.name, each.size, each.new) for each in saved] == [
        ("Bericht März.pdf", len(content), True),
        ("empty", 0, True),
    ]
    assert saved[0].path.read_bytes() == content
    assert saved[0].path.name == "Bericht März.pdf"


@pytest.mark.parametrize("name", HOSTILE, ids=lambda name: repr(name)[:30])
def test_a_hostile_name_stays_in_the_folder(
    sandbox: Sandbox, gmail: Gmail, around: Path, name: str
) -> None:
    sandbox.mail.put(ME, mail_with((name, b"hostile")))
    (saved,) = gmail.attachments("has:attachment", to=around / "files")
    assert saved.path.parent == around / "files"
    assert [entry.name for entry in os.scandir(around / "files")] == [saved.path.name]
    assert saved.path.read_bytes() == b"hostile"
    assert len(os.fsencode(saved.path.name)) <= 255
    assert stat.S_IMODE(saved.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(saved.path.parent.stat().st_mode) == 0o700
    assert not saved.path.name.startswith((".", "-"))


def test_a_link_in_the_folder_is_not_followed(sandbox: Sandbox, gmail: Gmail, around: Path) -> None:
    (around / "files").mkdir()
    (around / "files" / "report.txt").symlink_to(around / "escape.txt")
    (around / "files" / "dangling.txt").symlink_to(around / "nothing.txt")
    sandbox.mail.put(ME, mail_with(("report.txt", b"new"), ("dangling.txt", b"newer")))
    saved = list(gmail.attachments("has:attachment", to=around / "files"))
    assert [each.path.name for each in saved] == ["report-2.txt", "dangling-2.txt"]
    assert (around / "escape.txt").read_text() == "mine"


def test_other_content_of_the_same_name_gets_a_number_and_the_same_content_does_not(
    sandbox: Sandbox, gmail: Gmail, tmp_path: Path
) -> None:
    for content in (b"one", b"two", b"one"):
        sandbox.mail.put(ME, mail_with(("invoice.pdf", content)))
    saved = list(gmail.attachments("has:attachment", to=tmp_path / "files"))
    assert sorted(each.path.name for each in saved if each.new) == ["invoice-2.pdf", "invoice.pdf"]
    assert [each.new for each in saved].count(False) == 1
    again = list(gmail.attachments("has:attachment", to=tmp_path / "files"))
    assert not any(each.new for each in again)
    assert len(list((tmp_path / "files").iterdir())) == 2


def test_nothing_is_left_half_written(
    sandbox: Sandbox, gmail: Gmail, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sandbox.mail.put(ME, mail_with(("report.txt", b"x" * 1000)))

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(CannotWrite, match="No space left") as caught:
        list(gmail.attachments("has:attachment", to=tmp_path / "files"))
    assert caught.value.path == tmp_path / "files" / "report.txt"
    assert caught.value.hint == "Free some space and run the same command again."
    assert list((tmp_path / "files").iterdir()) == []


def test_a_folder_that_is_a_file_is_said(sandbox: Sandbox, gmail: Gmail, tmp_path: Path) -> None:
    sandbox.mail.put(ME, mail_with(("report.txt", b"x")))
    (tmp_path / "files").write_text("in the way")
    with pytest.raises(CannotWrite, match="files") as caught:
        list(gmail.attachments("has:attachment", to=tmp_path / "files"))
    assert caught.value.hint == "Choose another folder with --to."


def test_a_bad_query_makes_no_folder(gmail: Gmail, tmp_path: Path) -> None:
    with pytest.raises(QueryError):
        list(gmail.attachments("form:ann", to=tmp_path / "files"))
    assert not (tmp_path / "files").exists()


def test_a_message_that_cannot_be_read_is_named_and_the_rest_is_saved(
    sandbox: Sandbox, gmail: Gmail, tmp_path: Path
) -> None:
    for number in range(4):
        sandbox.mail.put(ME, mail_with((f"file{number}.txt", b"x%d" % number)))
    sandbox.faults.next(404, reason="notFound", method="messages.get")
    with pytest.raises(PartialError) as caught:
        gmail.attachments("has:attachment", to=tmp_path / "files")
    assert (caught.value.done, len(caught.value.failed)) == (3, 1)
    assert len(list((tmp_path / "files").iterdir())) == 3


def test_without_hard_links_files_are_saved_all_the_same(
    sandbox: Sandbox, gmail: Gmail, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sandbox.mail.put(ME, mail_with(("a.txt", b"one")))
    sandbox.mail.put(ME, mail_with(("a.txt", b"two")))

    def no_links(*_: object, **__: object) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", no_links)
    gmail.attachments("has:attachment", to=tmp_path / "files")
    contents = {file.name: file.read_bytes() for file in (tmp_path / "files").iterdir()}
    assert sorted(contents) == ["a-2.txt", "a.txt"]
    assert set(contents.values()) == {b"one", b"two"}


def test_a_pipe_in_the_way_does_not_hang(sandbox: Sandbox, gmail: Gmail, tmp_path: Path) -> None:
    (tmp_path / "files").mkdir()
    os.mkfifo(tmp_path / "files" / "a.txt")
    sandbox.mail.put(ME, mail_with(("a.txt", b"one")))
    (saved,) = gmail.attachments("has:attachment", to=tmp_path / "files")
    assert saved.path.name == "a-2.txt"
