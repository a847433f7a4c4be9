"""Backup from the sandbox into a folder: exact, resumable, only what is new."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gmailkit.backup.check import verify
from gmailkit.backup.folder import Backup
from gmailkit.config import Settings
from gmailkit.errors import NotFound, PartialError, QueryError, Refused, ServerFault, TryLater
from gmailkit.gmail import Gmail
from gmailkit.sandbox import Sandbox

ME = "me@example.com"
START = datetime(2026, 1, 1, tzinfo=UTC)


def fill(sandbox: Sandbox, count: int, **options: object) -> list[str]:
    return [
        sandbox.mail.put(
            ME,
            f"From: a@example.com\r\nSubject: {n}\r\n\r\nBody {n} {options}\r\n".encode(),
            date=START + timedelta(minutes=n),
            **options,  # type: ignore[arg-type]
        )
        for n in range(count)
    ]


def saved(folder: Path) -> dict[str, bytes]:
    with Backup.open(folder) as backup:
        return {entry.id: backup.read(entry).raw for entry in backup.entries()}


def held(sandbox: Sandbox, ids: list[str]) -> dict[str, bytes]:
    return {id: sandbox.mail.raw(ME, id) for id in ids}


def gets(sandbox: Sandbox) -> int:
    return sum(1 for _, path in sandbox.requests if "/messages/" in path)


def test_every_message_is_saved_with_its_bytes_labels_thread_and_date(
    sandbox: Sandbox, gmail: Gmail, tmp_path: Path
) -> None:
    gmail.create_label("Work/Größe, Maß")
    ids = fill(sandbox, 30)
    gmail.label(ids=ids[:5], add=["Work/Größe, Maß"])
    report = gmail.backup(tmp_path / "mail.backup")
    assert (report.wanted, report.fetched, report.present, report.gone) == (30, 30, 0, ())
    assert saved(tmp_path / "mail.backup") == held(sandbox, ids)
    with Backup.open(tmp_path / "mail.backup") as backup:
        records = {entry.id: backup.read(entry) for entry in backup.entries()}
    first = records[ids[0]]
    assert set(first.labels.values()) == {"INBOX", "Work/Größe, Maß"}
    assert first.thread == ids[0]
    assert first.date_ms == int(START.timestamp() * 1000)
    assert first.account == ME
    assert verify(tmp_path / "mail.backup").ok


def test_a_second_run_reads_only_what_is_new(
    sandbox: Sandbox, gmail: Gmail, tmp_path: Path
) -> None:
    fill(sandbox, 20)
    gmail.backup(tmp_path / "b")
    fill(sandbox, 3, labels=("STARRED",))
    report = gmail.backup(tmp_path / "b")
    assert (report.wanted, report.present, report.fetched) == (23, 20, 3)
    assert gets(sandbox) == 23
    assert gmail.backup(tmp_path / "b").fetched == 0
    assert gets(sandbox) == 23


def test_labels_and_query_choose_what_is_saved(
    sandbox: Sandbox, gmail: Gmail, tmp_path: Path
) -> None:
    a, b, c, d = fill(sandbox, 4)
    gmail.create_label("Receipts")
    gmail.label(ids=[a, b], add=["Receipts"])
    gmail.label(ids=[c], add=["STARRED"])
    assert gmail.backup(tmp_path / "one", label="receipts").wanted == 2
    assert gmail.backup(tmp_path / "two", label=["Receipts", "STARRED"]).wanted == 3
    assert gmail.backup(tmp_path / "three", label=["Receipts"], query="subject:1").wanted == 1
    assert set(saved(tmp_path / "two")) == {a, b, c}
    assert d not in saved(tmp_path / "two")


def test_spam_and_trash_are_left_out_and_said_unless_named(
    sandbox: Sandbox, gmail: Gmail, tmp_path: Path
) -> None:
    fill(sandbox, 2)
    fill(sandbox, 3, labels=("SPAM",))
    fill(sandbox, 4, labels=("TRASH",))
    report = gmail.backup(tmp_path / "all")
    assert (report.wanted, report.left_out) == (2, 7)
    assert gmail.backup(tmp_path / "trash", label="Trash").wanted == 4
    assert gmail.backup(tmp_path / "every", query="in:anywhere").wanted == 9


def test_a_message_deleted_meanwhile_is_reported_and_is_no_failure(
    sandbox: Sandbox,
    gmail: Gmail,
    settings_for: Callable[..., Settings],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ids = fill(sandbox, 5)
    read = gmail.messages.get_raw

    def delete_first(id: str, **options: int) -> object:
        if id == ids[2] and id in sandbox.mail.ids(ME):
            with Gmail(settings=settings_for(purpose="full")) as another:
                another.messages.delete(id)
        return read(id, **options)

    monkeypatch.setattr(gmail.messages, "get_raw", delete_first)
    report = gmail.backup(tmp_path / "b")
    assert (report.fetched, report.gone) == (4, (ids[2],))
    assert report.reconciled
    assert (report.reconciled.gmail, report.reconciled.backup) == (4, 4)


def test_a_message_that_is_not_there_for_a_moment_is_asked_for_again(
    sandbox: Sandbox, gmail: Gmail, tmp_path: Path
) -> None:
    fill(sandbox, 5)
    sandbox.faults.next(404, reason="notFound", method="messages.get")
    report = gmail.backup(tmp_path / "b")
    assert (report.fetched, report.gone) == (5, ())


def test_passing_faults_do_not_show(sandbox: Sandbox, gmail: Gmail, tmp_path: Path) -> None:
    ids = fill(sandbox, 10)
    sandbox.faults.next(429, reason="rateLimitExceeded", method="messages.get", times=2)
    sandbox.faults.next(503, method="messages.get", when="drop")
    assert gmail.backup(tmp_path / "b").fetched == 10
    assert saved(tmp_path / "b") == held(sandbox, ids)


def test_a_long_pause_stops_with_what_was_saved_and_the_next_run_goes_on(
    sandbox: Sandbox, gmail: Gmail, tmp_path: Path
) -> None:
    ids = fill(sandbox, 120)
    done = 0

    def interrupt(progress: object) -> None:
        nonlocal done
        done += 1
        if done == 70:
            raise TryLater("paused")

    with pytest.raises(TryLater):
        gmail.backup(tmp_path / "b", on_progress=interrupt)
    assert verify(tmp_path / "b").ok
    kept = len(saved(tmp_path / "b"))
    assert kept >= 69
    report = gmail.backup(tmp_path / "b")
    assert (report.present, report.fetched) == (kept, 120 - kept)
    assert saved(tmp_path / "b") == held(sandbox, ids)


def test_messages_that_cannot_be_read_are_named_and_the_rest_is_saved(
    sandbox: Sandbox, gmail: Gmail, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = fill(sandbox, 6)
    read = gmail.messages.get_raw

    def broken(id: str, **options: int) -> object:
        if id == ids[2]:
            raise ServerFault("Gmail sent a message that cannot be decoded.")
        return read(id, **options)

    monkeypatch.setattr(gmail.messages, "get_raw", broken)
    with pytest.raises(PartialError) as caught:
        gmail.backup(tmp_path / "b")
    assert caught.value.done == 5
    assert [failure.item for failure in caught.value.failed] == [ids[2]]
    assert caught.value.exit_code == 3
    monkeypatch.undo()
    assert gmail.backup(tmp_path / "b").fetched == 1


def test_an_unknown_label_or_bad_query_makes_no_folder(gmail: Gmail, tmp_path: Path) -> None:
    with pytest.raises(NotFound, match='no label "Nope"'):
        gmail.backup(tmp_path / "b", label="Nope")
    with pytest.raises(QueryError):
        gmail.backup(tmp_path / "b", query="form:ann")
    assert not (tmp_path / "b").exists()


def test_the_whole_corpus_comes_back_byte_for_byte(
    sandbox: Sandbox, gmail: Gmail, tmp_path: Path, corpus: Path
) -> None:
    originals = {path: path.read_bytes() for path in sorted(corpus.rglob("*.eml"))}
    assert len(originals) > 1000
    ids = {path: sandbox.mail.put(ME, raw) for path, raw in originals.items()}
    report = gmail.backup(tmp_path / "corpus.backup")
    assert report.fetched == len(originals)
    assert verify(tmp_path / "corpus.backup").ok
    copies = saved(tmp_path / "corpus.backup")
    different = [str(path) for path, raw in originals.items() if copies[ids[path]] != raw]
    assert different == []


@pytest.mark.parametrize(("status", "reason"), [(400, "failedPrecondition"), (403, "forbidden")])
def test_a_message_gmail_will_not_give_stops_nobody(
    sandbox: Sandbox, gmail: Gmail, tmp_path: Path, status: int, reason: str
) -> None:
    """Chats are refused by some accounts (open question 15 of the facts)."""
    fill(sandbox, 6)
    sandbox.faults.next(status, reason=reason, method="messages.get")
    with pytest.raises(PartialError) as caught:
        gmail.backup(tmp_path / "b")
    assert caught.value.done == 5
    assert gmail.backup(tmp_path / "b").fetched == 1


def test_ten_refusals_in_a_row_are_the_services_fault_not_the_messages(
    sandbox: Sandbox, gmail: Gmail, tmp_path: Path
) -> None:
    fill(sandbox, 30)
    sandbox.faults.next(403, reason="forbidden", method="messages.get", times=30)
    with pytest.raises(Refused):
        gmail.backup(tmp_path / "b")
    assert verify(tmp_path / "b").ok


def test_scattered_refusals_do_not_add_up(
    gmail: Gmail, sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad = set(fill(sandbox, 60)[::4])
    read = gmail.messages.get_raw

    def sometimes(id: str, **options: int) -> object:
        if id in bad:
            raise ServerFault("not this one")
        return read(id, **options)

    monkeypatch.setattr(gmail.messages, "get_raw", sometimes)
    with pytest.raises(PartialError) as caught:
        gmail.backup(tmp_path / "b")
    assert (caught.value.done, len(caught.value.failed)) == (45, 15)


@pytest.mark.parametrize("answer", [{}, {"raw": ""}, {"id": "ff", "raw": "YQ"}])
def test_an_answer_without_the_message_is_no_message(
    answer: dict[str, str], sandbox: Sandbox, gmail: Gmail
) -> None:
    body = json.dumps({"id": "a1", **answer}).encode()
    sandbox.faults.next(200, body=body, method="messages.get")
    with pytest.raises(ServerFault, match="a1"):
        gmail.messages.get_raw("a1")


def test_what_lies_in_trash_is_said_for_labels_and_queries_too(
    sandbox: Sandbox, gmail: Gmail, tmp_path: Path
) -> None:
    ids = fill(sandbox, 4)
    gmail.create_label("Receipts")
    gmail.label(ids=ids[:3], add="Receipts")
    gmail.trash(ids=ids[:1])
    report = gmail.backup(tmp_path / "b", label="Receipts")
    assert (report.wanted, report.left_out) == (2, 1)
    assert gmail.backup(tmp_path / "c", query="in:anywhere").left_out == 0


def test_one_mailbox_is_one_account_however_its_address_is_spelt(
    sandbox: Sandbox, gmail: Gmail, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(sandbox, 3)
    gmail.backup(tmp_path / "b")
    monkeypatch.setitem(gmail._connection.__dict__, "address", "Me@Example.COM")
    assert gmail.backup(tmp_path / "b").fetched == 0
