"""Loading mail of one's own: bytes come through untouched, whatever they are."""

from __future__ import annotations

from pathlib import Path

import pytest

from gmailkit.errors import UsageError
from gmailkit.sandbox.load import load

_MESSAGE = b"From: ann@example.com\r\nSubject: %s\r\n\r\nHello\r\n"


def test_every_corpus_message_is_loaded_with_exactly_its_bytes(corpus: Path) -> None:
    files = sorted(corpus.rglob("*.eml"))
    assert len(files) > 1000
    for file in files:
        assert list(load(file)) == [file.read_bytes()], file.name


def test_a_corpus_folder_gives_its_messages_in_order_of_path(corpus: Path) -> None:
    files = sorted((corpus / "intl").rglob("*.eml"))
    assert list(load(corpus / "intl")) == [file.read_bytes() for file in files]


def test_an_eml_that_begins_with_a_from_line_is_one_message(tmp_path: Path) -> None:
    raw = b"From ann@example.com Mon Mar  3 10:12:44 2025\n" + _MESSAGE % b"one"
    file = tmp_path / "odd.eml"
    file.write_bytes(raw + b"\nFrom bob@example.com Mon Mar  3 11:00:00 2025\nnot another\n")
    assert list(load(file)) == [file.read_bytes()]


def test_a_folder_is_searched_below_and_other_files_are_left_alone(tmp_path: Path) -> None:
    deep = tmp_path / "2025" / "march"
    deep.mkdir(parents=True)
    (deep / "b.eml").write_bytes(_MESSAGE % b"b")
    (deep / "a.EML").write_bytes(_MESSAGE % b"a")
    (tmp_path / "notes.txt").write_text("no mail")
    line = b"From ann@example.com Mon Mar  3 10:12:44 2025\n"
    (tmp_path / "old.mbox").write_bytes(line + _MESSAGE % b"m" + b"\n" + line + _MESSAGE % b"n")
    (tmp_path / "y.eml").mkdir()
    (tmp_path / "x.eml").write_bytes(_MESSAGE % b"x")
    subjects = [raw.split(b"Subject: ")[1][:1] for raw in load(tmp_path)]
    assert subjects == [b"a", b"b", b"m", b"n", b"x"]


@pytest.mark.parametrize("name", ["mail.mbox", "MAIL.MBOX", "Inbox"])
def test_an_mbox_gives_its_messages_one_by_one(tmp_path: Path, name: str) -> None:
    first = b"Subject: one\n\n>From the start\n"
    quoted = b"Subject: one\n\n>>From the start\n"
    line = b"From ann@example.com Mon Mar  3 10:12:44 2025\n"
    file = tmp_path / name
    file.write_bytes(line + quoted + b"\n" + line + b"Subject: two\n\nBye\n\n")
    assert list(load(file)) == [first, b"Subject: two\n\nBye\n"]


def test_a_file_of_another_name_without_a_from_line_is_one_message(tmp_path: Path) -> None:
    file = tmp_path / "message.txt"
    file.write_bytes(_MESSAGE % b"plain")
    assert list(load(file)) == [_MESSAGE % b"plain"]


def test_an_empty_eml_is_a_message_of_no_bytes(tmp_path: Path) -> None:
    file = tmp_path / "empty.eml"
    file.write_bytes(b"")
    assert list(load(file)) == [b""]


def test_a_missing_path_is_named_before_anything_is_read(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"nowhere\.eml"):
        load(tmp_path / "nowhere.eml")


def test_a_folder_without_mail_is_named(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("no mail")
    with pytest.raises(UsageError, match="holds no mail") as caught:
        load(tmp_path)
    assert ".eml" in caught.value.hint


def test_a_file_that_cannot_be_read_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: Path, *args: object) -> None:
        raise PermissionError(13, "Permission denied")

    (tmp_path / "locked.eml").write_bytes(_MESSAGE % b"locked")
    monkeypatch.setattr(Path, "open", refuse)  # permissions do not hold back a superuser
    with pytest.raises(UsageError, match=r"locked\.eml cannot be read: Permission denied"):
        next(load(tmp_path))


def test_messages_come_one_at_a_time(tmp_path: Path) -> None:
    (tmp_path / "a.eml").write_bytes(_MESSAGE % b"a")
    (tmp_path / "b.eml").write_bytes(_MESSAGE % b"b")
    loaded = load(tmp_path)
    (tmp_path / "b.eml").write_bytes(_MESSAGE % b"changed meanwhile")
    assert list(loaded) == [_MESSAGE % b"a", _MESSAGE % b"changed meanwhile"]
