"""Attachments by a pattern, by type and size, with a manifest: nothing outside the folder."""

from __future__ import annotations

import json
import os
import stat
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gmailkit.errors import CannotWrite, UsageError
from gmailkit.gmail import Gmail
from gmailkit.model.mail import Address, Attachment, Mail
from gmailkit.sandbox import Sandbox
from gmailkit.services.attachments.place import Pattern
from gmailkit.services.attachments.wanted import Wanted, is_program
from mime.test_safe_name import NAMES
from services.test_attachments_service import HOSTILE, mail_with

ME = "me@example.com"
DATE = datetime(2026, 3, 9, 12, tzinfo=UTC)


def put(
    sandbox: Sandbox,
    *files: tuple[str, bytes, str],
    subject: str = "Files",
    sender: str = "Ann Lee <ann@example.com>",
) -> str:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = sender, ME, subject
    mail.set_content("attached")
    for name, content, kind in files:
        main, _, sub = kind.partition("/")
        mail.add_attachment(content, maintype=main, subtype=sub, filename=name)
    return sandbox.mail.put(ME, mail.as_bytes(), date=DATE)


def pdf(name: str, content: bytes = b"%PDF-1") -> tuple[str, bytes, str]:
    return (name, content, "application/pdf")


def names(folder: Path) -> list[str]:
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())


@pytest.fixture
def files(tmp_path: Path) -> Iterator[Path]:
    """The folder that is saved to; nothing beside it may change."""
    around = tmp_path / "around"
    around.mkdir()
    (around / "mine.txt").write_text("mine")
    yield around / "files"
    assert [p.name for p in around.iterdir() if p.name != "files"] == ["mine.txt"]
    assert (around / "mine.txt").read_text() == "mine"


def test_a_pattern_says_where_each_file_goes(sandbox: Sandbox, gmail: Gmail, files: Path) -> None:
    put(sandbox, pdf("a.pdf"), subject="Report")
    pattern = "{date:%Y}/{date:%m}/{from.domain}/{subject}-{filename}"
    (saved,) = gmail.attachments("has:attachment", to=files, pattern=pattern)
    assert names(files) == ["2026/03/example.com/Report-a.pdf"]
    assert saved.path == files / "2026/03/example.com/Report-a.pdf"


def test_slashes_in_what_a_message_says_cut_nothing_off(
    sandbox: Sandbox, gmail: Gmail, files: Path
) -> None:
    put(sandbox, pdf("a.pdf"), subject="Offer 7/2026, a\\b")
    gmail.attachments("has:attachment", to=files, pattern="{subject}/{filename}")
    assert names(files) == ["Offer 7_2026, a_b/a.pdf"]


def test_each_field_stands_for_what_it_is_called(
    sandbox: Sandbox, gmail: Gmail, files: Path
) -> None:
    id = put(sandbox, pdf("a.b.pdf"))
    pattern = "{from.email}/{from.name}/{message}/{date}/{stem}_{suffix}"
    gmail.attachments("has:attachment", to=files, pattern=pattern)
    assert names(files) == [f"ann@example.com/Ann Lee/{id}/2026-03-09/a.b_.pdf"]


@pytest.mark.parametrize(
    "words",
    [
        "../../x",
        "/etc",
        "..",
        "a/b\\c",
        "",
        "CON",
        "x" * 400,
        "\u202egpj",
        "a\nb",
        "a\u2215b",
        "-rf",
    ],
    ids=repr,
)
def test_what_a_message_says_makes_no_folder_of_its_own(
    sandbox: Sandbox, gmail: Gmail, files: Path, words: str
) -> None:
    subject = words.replace("\n", " ")
    put(sandbox, pdf("a.pdf"), subject=subject, sender=f'"{subject[:60]}" <a@example.com>')
    (saved,) = gmail.attachments(
        "has:attachment", to=files, pattern="{from.name}/{subject}/{filename}"
    )
    assert len(saved.path.relative_to(files).parts) == 3
    assert saved.path.read_bytes() == b"%PDF-1"


def tree(folder: Path) -> dict[str, tuple[int, bytes]]:
    """All below a folder: what each is and how it may be used, and what it holds or leads to."""
    found = {}
    for path in folder.rglob("*"):
        held = path.is_file() and not path.is_symlink()
        content = path.read_bytes() if held else b""
        content = os.fsencode(path.readlink()) if path.is_symlink() else content
        found[path.relative_to(folder).as_posix()] = (path.lstat().st_mode, content)
    return found


@pytest.mark.parametrize("pattern", ["{filename}", "{subject}/{from.domain}/{stem}{suffix}"])
def test_no_hostile_name_writes_outside_the_folder_or_over_anything(
    sandbox: Sandbox, gmail: Gmail, tmp_path: Path, pattern: str
) -> None:
    """S7: some 190 names, with links of the same names there already, by what lies there after."""
    around, ending = tmp_path / "around", "{subject}" in pattern
    files = around / "files"
    files.mkdir(parents=True)
    (around / "passwd").write_text("mine")
    for name in ("passwd", "evil.txt", "x.exe", "report.pdf", "a", "win.ini"):
        place = files / "passwd/none" if ending else files
        place.mkdir(parents=True, exist_ok=True)
        (place / name).symlink_to(around / "passwd")
    before = tree(tmp_path)
    every = dict.fromkeys((*NAMES, *HOSTILE))
    hostile = [name for name in every if name.encode(errors="replace").decode() == name]
    assert len(hostile) >= 150
    contents = [b"hostile %d" % number for number, _ in enumerate(hostile)]
    raw = mail_with(*zip(hostile, contents, strict=True))
    raw = raw.replace(b"From: a@example.com", b'From: "../.." <a@../../../etc>', 1)
    sandbox.mail.put(ME, raw.replace(b"Subject: Files", b"Subject: ../../etc/passwd", 1))
    saved = gmail.attachments("has:attachment", to=files, pattern=pattern)
    assert [each.path.read_bytes() for each in saved] == contents
    after = tree(tmp_path)
    assert before.items() <= after.items()
    new = {path: facts for path, facts in after.items() if path not in before}
    new = {path: facts for path, facts in new.items() if path.split("/")[0] != "home"}
    depth = len(pattern.split("/"))
    assert all(len(Path(path).relative_to("around/files").parts) <= depth for path in new)
    assert sorted(text for mode, text in new.values() if stat.S_ISREG(mode)) == sorted(contents)
    assert not any(mode & 0o111 for mode, _ in new.values() if stat.S_ISREG(mode))


@pytest.mark.parametrize(
    "sender",
    [
        *("a@..", "a@../../x", "a@/etc/passwd", "a@CON", "a@.", "a@", "@", "a", "a@a\\b", "a@b:c"),
        *("a@" + "x" * 300, "a@[127.0.0.1]", "a@b\u2215c", "a@\u202egro", '"@/x"@y', "<a@~>", ""),
    ],
    ids=ascii,
)
def test_a_hostile_domain_is_one_folder(
    sandbox: Sandbox, gmail: Gmail, files: Path, sender: str
) -> None:
    raw = mail_with(("a.pdf", b"%PDF-1")).replace(b"a@example.com", sender.encode(), 1)
    sandbox.mail.put(ME, raw)
    (saved,) = gmail.attachments(
        "has:attachment", to=files, pattern="{from.domain}/{from.email}/{from.name}/{filename}"
    )
    assert len(saved.path.relative_to(files).parts) == 4
    assert names(files) == [saved.path.relative_to(files).as_posix()]


@pytest.mark.parametrize("zone", ["America/New_York", "Pacific/Auckland"])
@pytest.mark.parametrize("date", [datetime.min, datetime(1900, 1, 1), datetime.max], ids=str)
def test_a_message_of_no_sensible_date_has_its_place(
    sandbox: Sandbox,
    gmail: Gmail,
    files: Path,
    monkeypatch: pytest.MonkeyPatch,
    date: datetime,
    zone: str,
) -> None:
    """Gmail's own date of a message may be any number of milliseconds."""
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    raw = mail_with(("a.pdf", b"%PDF-1"))
    sandbox.mail.put(ME, raw, date=date.replace(tzinfo=UTC))
    try:
        (saved,) = gmail.attachments(
            "in:anywhere", to=files, pattern="{date:%Y}/{date}/{filename}", manifest=True
        )
    finally:
        monkeypatch.undo()
        time.tzset()
    year, _, name = saved.path.relative_to(files).parts
    assert (int(year), name) == (pytest.approx(date.year, abs=1), "a.pdf")


def test_names_that_differ_in_case_alone_stay_two_files_where_the_disk_takes_them_for_one(
    sandbox: Sandbox, gmail: Gmail, files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    link, open_ = os.link, os.open

    def there(name: str, folder: int) -> str:
        alike = (each for each in os.listdir(folder) if each.casefold() == name.casefold())
        return next(alike, name)

    def link_in_any_case(old: str, new: str, *, dst_dir_fd: int, **more: Any) -> None:
        link(old, there(new, dst_dir_fd), dst_dir_fd=dst_dir_fd, **more)

    def open_in_any_case(name: Any, *flags: int, dir_fd: int | None = None) -> int:
        return open_(name if dir_fd is None else there(name, dir_fd), *flags, dir_fd=dir_fd)

    monkeypatch.setattr(os, "link", link_in_any_case)
    monkeypatch.setattr(os, "open", open_in_any_case)
    put(sandbox, pdf("Bill.pdf", b"one"), pdf("BILL.PDF", b"two"), pdf("bill.pdf", b"three"))
    gmail.attachments("has:attachment", to=files, manifest=True)
    found = sorted(file.casefold() for file in names(files))
    assert found == ["bill-2.pdf", "bill-3.pdf", "bill.pdf", "manifest.jsonl"]


TEXTS = st.text(max_size=60) | st.sampled_from(["../..", "/", "..", ".", "CON", "a/b", "a\\b", ""])


@settings(max_examples=200, deadline=None)
@given(TEXTS, TEXTS, TEXTS)
def test_a_place_is_always_as_many_safe_names_as_the_pattern_has(
    subject: str, name: str, file: str
) -> None:
    mail = Mail(sender=Address("a@b.example", name), subject=subject)
    made = Pattern.read("{subject}/{from.name}/{filename}").place(
        mail, Attachment(file, b""), message="1", date=DATE
    )
    assert len(made) == 3
    for each in made:
        assert each not in ("", ".", "..")
        assert not {"/", "\\", "\0"} & set(each)
        assert len(os.fsencode(each)) <= 255


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ("", "no place"),
        ("/x/{filename}", "no place"),
        ("../{filename}", "no place"),
        ("a//{filename}", "no place"),
        ("{date:%Y}", "name of the file"),
        ("{filename}/x", "name of the file"),
        ("{stem}", "name of the file"),
        ("{nope}/{filename}", "{nope}"),
        ("{from.__class__}/{filename}", "{from.__class__}"),
        ("{subject:>999999999}/{filename}", "{subject:>999999999}"),
        ("{filename!r}", "{filename}"),
        ("{0}/{filename}", "{0}"),
        ("{date:%Y/%m}/{filename}", "brace"),
        ("{filename", "brace"),
        ("a/b/c/d/e/f/g/h/{filename}", "no place"),
    ],
)
def test_a_pattern_that_makes_no_sense_is_refused_before_anything_is_read(
    sandbox: Sandbox, gmail: Gmail, files: Path, pattern: str, said: str
) -> None:
    put(sandbox, pdf("a.pdf"))
    with pytest.raises(UsageError) as caught:
        gmail.attachments("has:attachment", to=files, pattern=pattern)
    assert said in caught.value.message
    assert not files.exists()
    assert not sandbox.requests


def test_a_link_in_the_place_of_a_folder_is_not_followed(
    sandbox: Sandbox, gmail: Gmail, files: Path
) -> None:
    files.mkdir()
    (files / "2026").symlink_to(files.parent)
    put(sandbox, pdf("a.pdf"))
    with pytest.raises(CannotWrite):
        gmail.attachments("has:attachment", to=files, pattern="{date:%Y}/{filename}")
    assert names(files) == []


def test_types_and_sizes_choose(sandbox: Sandbox, gmail: Gmail, tmp_path: Path) -> None:
    put(
        sandbox,
        pdf("a.pdf", b"x" * 100),
        ("b.png", b"y" * 2000, "image/png"),
        ("c.jpg", b"z" * 10, "image/jpeg"),
        ("d.PDF", b"w" * 5000, "application/octet-stream"),
    )

    def saved(name: str, **wanted: Any) -> list[str]:
        gmail.attachments("has:attachment", to=tmp_path / name, **wanted)
        return names(tmp_path / name)

    assert saved("1", types="pdf") == ["a.pdf", "d.PDF"]
    assert saved("2", types=["image/*"]) == ["b.png", "c.jpg"]
    assert saved("3", types=["image", ".pdf"], larger=99) == ["a.pdf", "b.png", "d.PDF"]
    assert saved("4", types="image/jpeg") == ["c.jpg"]
    assert saved("5", smaller=100) == ["c.jpg"]
    with pytest.raises(UsageError, match="no type"):
        saved("6", types="a b")


def test_the_same_content_is_saved_once_whatever_it_is_called(
    sandbox: Sandbox, gmail: Gmail, files: Path
) -> None:
    put(sandbox, pdf("a.pdf"), pdf("b.pdf"), pdf("c.pdf", b"other"))
    saved = gmail.attachments("has:attachment", to=files)
    assert names(files) == ["a.pdf", "c.pdf"]
    assert [(each.name, each.path.name, each.new) for each in saved] == [
        ("a.pdf", "a.pdf", True),
        ("b.pdf", "a.pdf", False),
        ("c.pdf", "c.pdf", True),
    ]


def test_a_file_bears_the_date_of_its_message(sandbox: Sandbox, gmail: Gmail, files: Path) -> None:
    put(sandbox, pdf("a.pdf"))
    (saved,) = gmail.attachments("has:attachment", to=files)
    assert saved.path.stat().st_mtime == DATE.timestamp()


def test_the_manifest_says_what_lies_there_and_grows_by_what_is_new(
    sandbox: Sandbox, gmail: Gmail, files: Path
) -> None:
    id = put(sandbox, pdf("a.pdf"), pdf("b.pdf"))
    for _ in range(2):
        gmail.attachments("has:attachment", to=files, manifest=True)
    lines = [json.loads(line) for line in (files / "manifest.jsonl").read_text().splitlines()]
    assert [(line["path"], line["filename"], line["message"]) for line in lines] == [
        ("a.pdf", "a.pdf", id),
        ("a.pdf", "b.pdf", id),
    ]
    assert (lines[0]["sender"], lines[0]["size"]) == ("ann@example.com", 6)
    with (files / "manifest.jsonl").open("a") as file:
        file.write('{"torn')
    put(sandbox, pdf("renamed.pdf"), pdf("new.pdf", b"new"))
    saved = gmail.attachments("has:attachment", to=files, manifest=True, pattern="x/{filename}")
    assert [each.path.relative_to(files).as_posix() for each in saved if each.new] == ["x/new.pdf"]
    torn = (files / "manifest.jsonl").read_text().splitlines()
    assert torn[2] == '{"torn'
    assert len(torn) == 5


def test_a_file_that_the_manifest_names_and_that_is_gone_is_saved_again(
    sandbox: Sandbox, gmail: Gmail, files: Path
) -> None:
    put(sandbox, pdf("a.pdf"))
    gmail.attachments("has:attachment", to=files, manifest=True)
    (files / "a.pdf").write_bytes(b"changed")
    (saved,) = gmail.attachments("has:attachment", to=files, manifest=True)
    assert (saved.path.name, saved.new) == ("a-2.pdf", True)
    assert (files / "a.pdf").read_bytes() == b"changed"


def test_an_attachment_called_like_the_manifest_writes_none_of_its_lines(
    sandbox: Sandbox, gmail: Gmail, files: Path
) -> None:
    put(sandbox, pdf("manifest.jsonl", b"not ours"))
    (saved,) = gmail.attachments("has:attachment", to=files, manifest=True)
    assert saved.path.name == "manifest-2.jsonl"
    assert saved.path.read_bytes() == b"not ours"
    (line,) = (files / "manifest.jsonl").read_text().splitlines()
    assert json.loads(line)["path"] == "manifest-2.jsonl"


def test_a_manifest_that_names_files_elsewhere_leads_nowhere(
    sandbox: Sandbox, gmail: Gmail, files: Path
) -> None:
    put(sandbox, pdf("a.pdf"))
    gmail.attachments("has:attachment", to=files, manifest=True)
    text = (files / "manifest.jsonl").read_text()
    for place in ("../mine.txt", "/etc/passwd", "", "a\0"):
        (files / "manifest.jsonl").write_text(text.replace('"a.pdf"', json.dumps(place), 1))
        (saved,) = gmail.attachments("has:attachment", to=files, manifest=True)
        assert saved.path == files / "a.pdf"


@pytest.mark.parametrize(
    ("name", "content", "program"),
    [
        ("setup.exe", b"", True),
        ("photo.jpg.SCR", b"", True),
        ("invoice.xlsm", b"", True),
        ("readme", b"MZ\x90", True),
        ("tool", b"\x7fELF", True),
        ("script", b"#!/bin/sh", True),
        ("run.exe.", b"", True),
        ("a.pdf", b"%PDF", False),
        ("exe", b"", True),
        ("notes.txt", b"MZ is a code", True),  # rather once too often
        ("a.zip", b"PK", False),
    ],
)
def test_what_a_system_would_run_is_called_a_program(
    name: str, content: bytes, program: bool
) -> None:
    assert is_program(Attachment(name, content)) is program


def test_without_a_word_everything_is_wanted() -> None:
    assert Wanted.of().has(Attachment("", b""))
