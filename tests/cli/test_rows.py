from __future__ import annotations

from pathlib import Path

import pytest

from gmailkit.cli.rows import Kind, Rows
from gmailkit.errors import UsageError

LISTED = [("18c2f0a1b2c3d4e5", "First"), ("18c2f0a1b2c3d4e6", "Second")]


class Watch:
    def __init__(self) -> None:
        self.time = 1_000_000.0

    def now(self) -> float:
        return self.time

    def monotonic(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.time += seconds


@pytest.fixture
def watch() -> Watch:
    return Watch()


def test_a_row_of_the_last_list_is_its_id(tmp_path: Path) -> None:
    Rows(tmp_path, "tty1 7", Kind.MESSAGES).save("me@example.com", LISTED)
    assert Rows(tmp_path, "tty1 7", Kind.MESSAGES).find(2, account="me@example.com") == LISTED[1][0]


def test_the_newest_list_counts(tmp_path: Path) -> None:
    rows = Rows(tmp_path, "tty1 7", Kind.MESSAGES)
    rows.save("me@example.com", LISTED)
    rows.save("me@example.com", LISTED[1:])
    assert rows.find(1, account="me@example.com") == LISTED[1][0]


@pytest.mark.parametrize("number", [0, 3, 99999])
def test_a_row_that_is_not_there_is_refused(tmp_path: Path, number: int) -> None:
    rows = Rows(tmp_path, "tty1 7", Kind.MESSAGES)
    rows.save("me@example.com", LISTED)
    with pytest.raises(UsageError, match=f"no row {number}: the last list has 2"):
        rows.find(number, account="me@example.com")


def test_another_terminal_has_its_own_list(tmp_path: Path) -> None:
    Rows(tmp_path, "tty1 7", Kind.MESSAGES).save("me@example.com", LISTED)
    with pytest.raises(UsageError, match="nothing was listed on this terminal"):
        Rows(tmp_path, "tty1 8", Kind.MESSAGES).find(1, account="me@example.com")


def test_no_terminal_remembers_nothing(tmp_path: Path) -> None:
    rows = Rows(tmp_path, None, Kind.MESSAGES)
    rows.save("me@example.com", LISTED)
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(UsageError, match="nothing was listed"):
        rows.find(1, account="me@example.com")


def test_a_list_of_another_account_is_refused_and_named(tmp_path: Path) -> None:
    Rows(tmp_path, "tty1 7", Kind.MESSAGES).save("me@example.com", LISTED)
    with pytest.raises(UsageError, match=r"a list of me@example\.com") as caught:
        Rows(tmp_path, "tty1 7", Kind.MESSAGES).find(1, account="ann@example.com")
    assert "--account me@example.com" in caught.value.hint


def test_a_list_of_another_service_is_refused(tmp_path: Path) -> None:
    Rows(tmp_path, "tty1 7", Kind.MESSAGES).save("me@example.com", LISTED)
    other = Rows(tmp_path, "tty1 7", Kind.MESSAGES, endpoint="http://127.0.0.1:8025")
    with pytest.raises(UsageError, match=r"of https://gmail\.googleapis\.com, and this is http:"):
        other.find(1, account="me@example.com")


def test_an_old_list_is_refused(tmp_path: Path, watch: Watch) -> None:
    rows = Rows(tmp_path, "tty1 7", Kind.MESSAGES, clock=watch)
    rows.save("me@example.com", LISTED)
    watch.time += 12 * 3600  # docs/commands.md: twelve hours
    assert rows.find(1, account="me@example.com")
    watch.time += 1
    with pytest.raises(UsageError, match="is old"):
        rows.find(1, account="me@example.com")


@pytest.mark.parametrize(
    ("shown", "asked", "command"),
    [
        (Kind.MESSAGES, Kind.DRAFTS, "gmailkit drafts"),
        (Kind.DRAFTS, Kind.MESSAGES, "gmailkit search QUERY"),
        (Kind.DRAFTS, Kind.OUTBOX, "gmailkit outbox"),
        (Kind.OUTBOX, Kind.DRAFTS, "gmailkit drafts"),
    ],
)
def test_a_list_of_other_things_is_refused_and_named(
    tmp_path: Path, shown: Kind, asked: Kind, command: str
) -> None:
    Rows(tmp_path, "tty1 7", shown).save("me@example.com", LISTED)
    with pytest.raises(UsageError) as caught:
        Rows(tmp_path, "tty1 7", asked).find(1, account="me@example.com")
    assert caught.value.message == f"Row 1 is from a list of {shown}, and this takes {asked}."
    assert caught.value.hint == f"List {asked} first: {command}"
    assert Rows(tmp_path, "tty1 7", shown).find(1, account="me@example.com") == LISTED[0][0]


def test_a_message_that_got_another_id_stays_in_a_list_of_its_kind(tmp_path: Path) -> None:
    searched = Rows(tmp_path, "tty1 7", Kind.MESSAGES)
    searched.save("me@example.com", LISTED)
    Rows(tmp_path, "tty1 7", Kind.DRAFTS).rename(LISTED[0][0], "18c2f0a1b2c3d4e7")
    assert searched.find(1, account="me@example.com") == "18c2f0a1b2c3d4e7"


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"account": 1}'])
def test_a_damaged_list_is_refused(tmp_path: Path, content: bytes) -> None:
    rows = Rows(tmp_path, "tty1 7", Kind.MESSAGES)
    rows.save("me@example.com", LISTED)
    next(tmp_path.iterdir()).write_bytes(content)
    with pytest.raises(UsageError, match="cannot be read"):
        rows.find(1, account="me@example.com")


def test_the_list_is_private(tmp_path: Path) -> None:
    Rows(tmp_path / "rows", "tty1 7", Kind.MESSAGES).save("me@example.com", LISTED)
    assert next((tmp_path / "rows").iterdir()).stat().st_mode & 0o077 == 0
