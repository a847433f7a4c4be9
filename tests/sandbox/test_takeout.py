"""Archives as Google Takeout writes them, read with the standard library alone."""

from __future__ import annotations

import contextlib
import csv
import json
import mailbox
import re
import tarfile
import zipfile
from datetime import UTC, datetime
from email.header import decode_header, make_header
from pathlib import Path

import pytest

from gmailkit.errors import CannotWrite, UsageError
from gmailkit.sandbox import Sandbox
from gmailkit.sandbox.takeout.languages import LANGUAGES, words_of
from sandbox_caller import ANN, ME, letter

DATE = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)


def put(sandbox: Sandbox, *labels: str, body: str = "Hello.", thread: str | None = None) -> str:
    return sandbox.mail.put(
        ME, letter(sender=ANN, body=body), labels=labels, date=DATE, thread=thread
    )


def unpacked(archive: Path) -> dict[str, bytes]:
    if archive.suffix == ".zip":
        with zipfile.ZipFile(archive) as zip:
            return {name: zip.read(name) for name in zip.namelist()}
    with tarfile.open(archive) as tar:
        files = ((one.name, tar.extractfile(one)) for one in tar)
        return {name: file.read() for name, file in files if file}


def labels_in(message: mailbox.mboxMessage) -> list[str]:
    value = str(make_header(decode_header(str(message["X-Gmail-Labels"]))))
    return next(csv.reader([value]))


def messages(tmp_path: Path, mbox: bytes) -> list[mailbox.mboxMessage]:
    file = tmp_path / "read.mbox"
    file.write_bytes(mbox)
    with contextlib.closing(mailbox.mbox(file)) as opened:
        return list(opened)


def test_a_message_stands_with_its_numbers_date_and_labels(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    first = put(sandbox, "INBOX", "STARRED", "UNREAD", "CATEGORY_SOCIAL", "Work/Plans", "a, b")
    second = put(sandbox, "SENT", body="From here\r\n>From there", thread=first)
    [path] = sandbox.takeout(ME, tmp_path / "all.zip")
    files = unpacked(path)
    mbox = files["Takeout/Mail/All mail Including Spam and Trash.mbox"]
    heads = re.findall(rb"^From (\d+)@xxx (.+)\r\nX-GM-THRID: (\d+)\r\n", mbox, re.M)
    stamp = b"Wed Mar 04 05:06:07 +0000 2026"
    assert heads == [(b"%d" % int(id, 16), stamp, b"%d" % int(first, 16)) for id in (second, first)]
    sent, received = messages(tmp_path, mbox)
    assert labels_in(received) == (
        ["Inbox", "Starred", "Category Social", "Unread", "Work/Plans", "a, b"]
    )
    assert labels_in(sent) == ["Archived", "Sent", "Opened"]
    assert b"\r\n>From here\r\n>From there\r\n" in mbox


@pytest.mark.parametrize("language", ["de", "fr", "cs", "ja"])
def test_names_are_of_the_language_and_cut_anywhere(
    sandbox: Sandbox, tmp_path: Path, language: str
) -> None:
    words = words_of(language)
    put(sandbox, "INBOX", "IMPORTANT", "UNREAD", "CATEGORY_UPDATES", "Überaus/lange Wörter, viele")
    [path] = sandbox.takeout(ME, tmp_path / "all.tgz", language=language)
    mbox = unpacked(path)[f"Takeout/{words.folder}/{words.everything}.mbox"]
    field = mbox.partition(b"X-Gmail-Labels: ")[2].partition(b"\r\nFrom:")[0]
    assert len(field.split(b"\r\n ")) > 1
    assert all(len(line) <= 76 and line.isascii() for line in field.split(b"\r\n "))
    [message] = messages(tmp_path, mbox)
    wanted = ("INBOX", "IMPORTANT", "CATEGORY_UPDATES", "UNREAD")
    names = [words.labels[label] for label in wanted]
    assert labels_in(message) == [*names, "Überaus/lange Wörter, viele"]


def test_the_language_is_the_accounts_where_none_is_named(sandbox: Sandbox, tmp_path: Path) -> None:
    sandbox.mail.settings.put(1, "language", {"displayLanguage": "es-419"})
    put(sandbox, "TRASH")
    [path] = sandbox.takeout(ME, tmp_path / "all.zip")
    assert (
        b"X-Gmail-Labels: Papelera,Abiertos\r\n"
        in unpacked(path)["Takeout/Correo/Todo el correo, incluido Spam y Papelera.mbox"]
    )
    assert all(len(set(words_of(tag).labels.values())) == 16 for tag in LANGUAGES)
    with pytest.raises(UsageError, match="xx"):
        sandbox.takeout(ME, tmp_path / "b.zip", language="xx")


def test_a_label_each_puts_a_message_into_as_many_files(sandbox: Sandbox, tmp_path: Path) -> None:
    put(sandbox, "INBOX", "Work/Plans")
    put(sandbox)
    [path] = sandbox.takeout(ME, tmp_path / "all.zip", per_label=True)
    counts = {
        name.removeprefix("Takeout/Mail/"): content.count(b"@xxx ")
        for name, content in unpacked(path).items()
        if name.endswith(".mbox")
    }
    assert counts == {"Inbox.mbox": 1, "Work_Plans.mbox": 1, "Opened.mbox": 2, "Archived.mbox": 1}


@pytest.mark.parametrize("ending", [".zip", ".tgz"])
def test_parts_hold_all_of_it_once(sandbox: Sandbox, tmp_path: Path, ending: str) -> None:
    ids = {put(sandbox, body="x" * 500 * n) for n in range(6)}
    paths = sandbox.takeout(ME, tmp_path / f"all{ending}", part_bytes=3_000)
    assert [path.name for path in paths] == [
        f"all-{n:03}{ending}" for n in range(1, len(paths) + 1)
    ]
    parts = [unpacked(path) for path in paths]
    mboxes = [(name, c) for part in parts for name, c in part.items() if name.endswith(".mbox")]
    assert len(paths) > 2 and mboxes[1][0].endswith("Trash-002.mbox")
    found = re.findall(rb"^From (\d+)@xxx", b"".join(content for _, content in mboxes), re.M)
    assert sorted(f"{int(number):x}" for number in found) == sorted(ids)


def test_settings_lie_beside_the_mail(sandbox: Sandbox, tmp_path: Path) -> None:
    sandbox.mail.settings.put(1, "filter", {"criteria": {"from": "x"}}, key="f1")
    paths = sandbox.takeout(ME, tmp_path)
    assert re.fullmatch(r"takeout-\d{8}T\d{6}Z-001\.zip", paths[0].name)
    files = unpacked(paths[0])
    filters = json.loads(files["Takeout/Mail/User Settings/Filters.json"])
    assert filters == {"filter": [{"id": "f1", "criteria": {"from": "x"}}]}
    assert "Takeout/archive_browser.html" in files


def test_nothing_is_written_over_and_nothing_half_done_is_left(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    for _ in range(3):
        put(sandbox, body="x" * 500)
    taken = tmp_path / "all-002.zip"
    taken.write_bytes(b"mine")
    with pytest.raises(CannotWrite, match="exists"):
        sandbox.takeout(ME, tmp_path / "all.zip", part_bytes=600)
    assert [(file.name, file.read_bytes()) for file in tmp_path.iterdir()] == [
        ("all-002.zip", b"mine")
    ]
    with pytest.raises(UsageError, match=r"\.zip or \.tgz|no name"):
        sandbox.takeout(ME, tmp_path / "all.tar")
