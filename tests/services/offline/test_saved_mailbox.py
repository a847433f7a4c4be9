"""Mail of a backup is found and read as if it were on Gmail."""

from __future__ import annotations

import shutil
import sqlite3
from base64 import b64encode
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from disks import flip
from fakes import FakeClock
from gmailkit.backup.events import Gone, LabelList, Labels
from gmailkit.backup.folder import Backup, rebuild
from gmailkit.errors import BackupDamaged, NotFound, PartialError, QueryError, UsageError
from gmailkit.finding import connection, writing
from gmailkit.finding.database import Database
from gmailkit.finding.schema import NAME
from gmailkit.services.offline.mailbox import SavedMailbox
from services.offline.conftest import DAY, ME, START, Open, numbers, record, save

BILL = "Your bill\nPlease pay 30 EUR by Friday."
LUNCH = "Lunch\nShall we meet at noon, by the blue door?"


@pytest.fixture
def mailbox(folder: Path) -> None:
    save(
        folder,
        record(1, BILL, labels=["INBOX", "Money"]),
        record(2, LUNCH, labels=["INBOX", "UNREAD"], sender="Bob <bob@example.org>"),
        record(3, "Re: Lunch\nYes, the blue door.", labels=["SENT"], thread=2, sender=ME),
        record(4, "Win a bill\nA million waits.", labels=["SPAM"]),
        record(5, "Old bill\nPaid.", labels=["TRASH", "Money"]),
    )


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", [3, 2, 1]),
        ("bill", [1]),
        ("bill in:anywhere", [5, 4, 1]),
        ("in:spam", [4]),
        ("label:money", [1]),
        ("from:bob OR from:me", [3, 2]),
        ('"blue door"', [3, 2]),
        ("noon AROUND 5 door", [2]),
        ("is:unread -from:ann", [2]),
        ("after:2026/01/03 before:2026/01/04", [2]),
        ("rfc822msgid:3@mail.test", [3]),
        ("smaller:1K", [3, 2, 1]),
    ],
)
@pytest.mark.usefixtures("mailbox")
def test_the_whole_grammar_is_answered_newest_first(
    opened: Open, query: str, found: list[int]
) -> None:
    with opened() as mail:
        assert numbers(mail, query) == found
        assert mail.count(query).number == len(found)


@pytest.mark.usefixtures("mailbox")
def test_a_slip_is_refused_as_it_is_for_gmail(opened: Open) -> None:
    with opened() as mail:
        with pytest.raises(QueryError, match="form"):
            mail.search("form:ann")
        with pytest.raises(NotFound, match='There is no label "moony"') as caught:
            mail.search("label:moony")
        assert caught.value.hint == 'Did you mean "Money"?'
        with pytest.raises(UsageError, match="finds nothing"):
            mail.search(limit=0)


@pytest.mark.usefixtures("mailbox")
def test_a_row_says_what_a_list_of_gmail_says(opened: Open) -> None:
    with opened() as mail:
        (found,) = mail.search("subject:lunch is:unread")
        assert (found.subject, str(found.sender)) == ("Lunch", "Bob <bob@example.org>")
        assert found.date == datetime(2026, 1, 3, tzinfo=UTC)
        assert found.snippet == "Shall we meet at noon, by the blue door?"
        cut = mail.search("", limit=2)
        assert len(list(cut)) == 2
        assert cut.cut
        labelled = list(mail.search_labelled("label:money"))
        assert [labels for _, labels in labelled] == [("INBOX", "Money")]


@pytest.mark.usefixtures("mailbox")
def test_a_snippet_shows_where_the_search_hit(opened: Open) -> None:
    with opened() as mail:
        assert marked(mail, "noon is:unread") == ["noon"]
        assert marked(mail, '"the blue" -bill is:unread') == ["the", "blue"]


def marked(mail: SavedMailbox, query: str) -> list[str]:
    (hit,) = mail.hits(query)
    assert len(hit.envelope.snippet) <= 200
    return [hit.envelope.snippet[start:end] for start, end in hit.marks]


def test_a_hit_far_down_is_shown_with_what_stands_about_it(folder: Path, opened: Open) -> None:
    save(folder, record(1, "Long\n" + "word " * 5_000 + "(Nêedle), and so on " + "word " * 99))
    with opened() as mail:
        assert marked(mail, "needle") == ["Nêedle"]


def test_what_fits_best_comes_first_when_asked_so(folder: Path, opened: Open) -> None:
    other = "Other\n" + "words of no meaning " * 50
    others = (record(n, other) for n in range(3, 9))
    save(folder, record(1, "Cats\ncats"), record(2, other + "cats"), *others)
    with opened() as mail:
        assert numbers(mail, "cats") == [2, 1]
        assert numbers(mail, "cats", order="rank") == [1, 2]
        assert numbers(mail, "cats -subject:cats", order="rank") == [2]
        assert numbers(mail, "-other", order="rank") == [1]


@pytest.mark.usefixtures("mailbox")
def test_conversations_are_found_read_and_exported(opened: Open, tmp_path: Path) -> None:
    with opened() as mail:
        talks = list(mail.conversations("door OR bill"))
        assert [(talk.subject, talk.count, talk.unread) for talk in talks] == [
            ("Lunch", 2, True),
            ("Your bill", 1, False),
        ]
        assert [str(each) for each in talks[0].people] == ["Bob <bob@example.org>", ME]
        letters = list(mail.read_conversation(talks[0]))
        assert [letter.mail.subject for letter in letters] == ["Lunch", "Re: Lunch"]
        assert mail.thread_of(letters[1].id) == talks[0].id == mail.thread_of(talks[0].id)
        exported = mail.export_conversation(talks[0], to=tmp_path / "talk.md")
        assert "the blue door" in (tmp_path / "talk.md").read_text()
        assert exported.messages == tuple(letter.id for letter in letters)
        assert mail.messages_of("noon") == exported.messages[::-1]
        with pytest.raises(NotFound, match="has no message"):
            mail.read_conversation("f" * 16)


def test_messages_are_read_byte_for_byte_and_attachments_saved(
    folder: Path, opened: Open, tmp_path: Path
) -> None:
    part = "--b\nContent-Type: text/csv; name=a.csv\n\n1,2\n--b--"
    headers = "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n"
    sent = record(1, f"Table\n{part}", headers=headers)
    save(folder, sent)
    with opened() as mail:
        assert mail.raw(sent.id) == sent.raw
        assert mail.read(sent.id).subject == "Table"
        mail.save_raw(sent.id, tmp_path / "one.eml")
        assert (tmp_path / "one.eml").read_bytes() == sent.raw
        (saved,) = mail.attachments("has:attachment filename:csv", to=tmp_path / "files")
        assert saved.path.read_bytes() == b"1,2"
        with pytest.raises(PartialError, match="could not be read"):
            mail.attachments(ids=["f" * 16], to=tmp_path / "files")


def test_the_words_of_attached_files_are_found_and_those_of_unread_ones_counted(
    folder: Path, opened: Open
) -> None:
    parts = "".join(
        f"--b\nContent-Type: {type}; name={name}\nContent-Transfer-Encoding: base64\n\n{text}\n"
        for type, name, text in (
            ("text/csv", "prices.csv", b64encode(b"pear,7\nplum,3").decode()),
            ("application/pdf", "torn.pdf", b64encode(b"%PDF-1.7 torn").decode()),
            ("image/png", "cat.png", b64encode(b"\x89PNG").decode()),
        )
    )
    headers = "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n"
    save(folder, record(1, f"Table\n{parts}--b--", headers=headers), record(2, BILL))
    with opened() as mail:
        assert numbers(mail, "plum") == numbers(mail, "pear AROUND 3 plum") == [1]
        told = "1 attached file was not read, or not to the end: 1 broken "
        told += f"(torn.pdf of {1:016x}); all else is found."
        assert [*mail.notes] == [told]
    with opened() as mail:
        assert mail.count("plum").number == 1
        assert (mail.notes, mail.unsearched) == ((), (told,))


def test_the_mail_of_each_account_is_found_apart(folder: Path, opened: Open) -> None:
    save(folder, record(1, BILL), record(2, BILL, account="you@example.com"))
    with pytest.raises(UsageError, match="2 accounts"):
        opened()
    for number, whose in ((1, ME), (2, "you@example.com")):
        with opened(account=whose) as mail:
            assert numbers(mail, "bill") == [number]
            assert numbers(mail, "to:me") == [number]
    with pytest.raises(NotFound, match="holds no mail"):
        opened(account="he@example.com")


@pytest.mark.usefixtures("mailbox")
def test_nobody_finds_the_mail_of_others_though_only_they_have_some(
    folder: Path, opened: Open
) -> None:
    with Backup.open(folder, write=True) as backup:
        backup.note(LabelList(account="new@example.com", labels=()))
    with opened(account="new@example.com") as mail:
        assert numbers(mail) == []
        assert mail.count("bill").number == 0
    with opened(account=ME) as mail:
        assert mail.count("bill").number == 1


@pytest.mark.usefixtures("mailbox")
def test_what_the_backup_gets_is_found_and_nothing_is_read_twice(
    folder: Path, opened: Open
) -> None:
    seen: list[tuple[int, int]] = []

    def hear(done: int, total: int) -> None:
        seen.append((done, total))

    with opened(on_progress=hear) as mail:
        assert numbers(mail, "label:money in:anywhere") == [5, 1]
    assert seen[-1] == (5, 5)
    save(folder, record(7, "New\nbill"), record(6, "Newer than most\nbill"))
    with Backup.open(folder, write=True) as backup:
        backup.note(Labels(account=ME, id=f"{1:016x}", labels={"INBOX": "INBOX"}))
        backup.note(Labels(account=ME, id=f"{2:016x}", labels={"Label_9": "Paid/Late"}))
        backup.note(Gone(account=ME, id=f"{3:016x}"))
    seen.clear()
    with opened(on_progress=hear) as mail:
        assert numbers(mail, "bill") == [7, 6, 1]
        assert numbers(mail, "label:money in:anywhere") == [5]
        assert numbers(mail, "label:paid-late") == [2]
        assert numbers(mail, "subject:re") == [3], "what Gmail has no more is what a backup is for"
    assert seen[-1] == (2, 2)
    seen.clear()
    with opened(on_progress=hear) as mail:
        assert numbers(mail, "") == [7, 6, 3, 2, 1]
    assert seen == []


def test_the_past_of_a_backup_is_searched_as_it_was_known_then(
    folder: Path, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    def on(day: int) -> Backup:
        clock = FakeClock(START / 1000 + day * DAY / 1000)
        return Backup.open(folder, write=True, create=True, clock=clock)

    with on(10) as backup:
        backup.add(record(1, BILL, labels=["INBOX"]))
        backup.add(record(2, BILL, labels=["INBOX"], thread=1))
    with on(20) as backup:
        backup.note(Labels(account=ME, id=f"{1:016x}", labels={"Label_P": "Paid"}))
        backup.note(Gone(account=ME, id=f"{2:016x}"))
        backup.add(record(3, BILL, thread=1))
    january_15 = datetime(2026, 1, 15, tzinfo=UTC)
    for _ in range(2):  # made first from the past, and asked again
        with opened(as_of=january_15) as mail:
            assert numbers(mail, "bill") == numbers(mail, "in:inbox") == [2, 1]
            assert mail.conversations("bill").__next__().count == 2
            with pytest.raises(NotFound, match="no label"):
                mail.search("label:paid")
            with pytest.raises(NotFound):
                mail.read(f"{3:016x}")
        with opened() as mail:
            assert numbers(mail, "bill") == [3, 2, 1]
            assert numbers(mail, "label:paid") == [1]
    with opened(as_of="2026-01-25") as mail:
        assert numbers(mail, "bill") == [3, 1]
    monkeypatch.setattr(connection, "BUSY", 0.01)
    with closing(sqlite3.connect(folder / NAME, isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")  # nobody who looks back waits for one
        with opened(as_of=january_15) as mail:
            assert numbers(mail, "bill") == [2, 1]


@pytest.mark.usefixtures("mailbox")
def test_old_mail_that_comes_late_stands_at_its_date(folder: Path, opened: Open) -> None:
    with opened() as mail:
        assert numbers(mail, "in:anywhere") == [5, 4, 3, 2, 1]
    save(folder, record(8, BILL, day=0), record(9, LUNCH, day=3), record(10, LUNCH))
    with opened() as mail:
        assert numbers(mail, "in:anywhere") == [10, 5, 4, 9, 3, 2, 1, 8]
        assert numbers(mail, "in:anywhere", limit=5) == [10, 5, 4, 9, 3]


@pytest.mark.usefixtures("mailbox")
def test_where_much_came_late_it_is_made_anew(
    folder: Path, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "LATE", 3)
    with opened() as mail:
        assert numbers(mail, "in:anywhere") == [5, 4, 3, 2, 1]
    save(folder, *(record(10 + n, BILL, day=-n) for n in range(1, 9)))
    with opened() as mail:
        assert numbers(mail, "in:anywhere") == [5, 4, 3, 2, 1, *range(11, 19)]
    with Database.open(folder / NAME) or pytest.fail() as database:
        assert database.fact("sorted") == "13"


@pytest.mark.usefixtures("mailbox")
def test_a_database_of_another_backup_an_old_one_or_a_broken_one_is_made_anew(
    folder: Path, opened: Open, tmp_path: Path
) -> None:
    kept = folder / NAME
    with opened() as mail:
        assert numbers(mail, "bill") == [1]
    for spoil in (b"no database at all", kept.read_bytes().replace(b"GMKS", b"GMKT")):
        kept.write_bytes(spoil)
        with opened() as mail:
            assert numbers(mail, "bill") == [1]
    other = tmp_path / "other"
    save(other, record(1, "Another\nmailbox"), record(2, "of\nbill"))
    shutil.copy(kept, other / NAME)
    shutil.rmtree(folder)
    other.rename(folder)
    with opened() as mail:
        assert numbers(mail, "bill") == [2]
        assert numbers(mail, "lunch") == []


@pytest.mark.usefixtures("mailbox")
def test_a_database_that_is_broken_inside_says_what_to_delete(folder: Path, opened: Open) -> None:
    with opened() as mail:
        assert numbers(mail, "bill") == [1]
    with closing(sqlite3.connect(folder / NAME)) as connection:
        connection.execute("UPDATE search_words_data SET block = x'ffffffffffffffffffff'")
        connection.commit()
    with opened() as mail, pytest.raises(BackupDamaged, match="cannot be read") as caught:
        numbers(mail, "bill")
    assert "Delete this file" in caught.value.hint


@pytest.mark.usefixtures("mailbox")
def test_an_index_that_was_made_anew_has_no_message_read_again(folder: Path, opened: Open) -> None:
    with Backup.open(folder, write=True) as backup:
        backup.note(Labels(account=ME, id=f"{1:016x}", labels={"Label_9": "Paid"}))
    with opened() as mail:
        assert numbers(mail, "label:paid") == [1]
    (folder / "index.sqlite3").unlink()
    rebuild(folder)
    seen: list[tuple[int, int]] = []
    with opened(on_progress=lambda *each: seen.append(each)) as mail:
        assert numbers(mail, "label:paid") == [1]
    assert seen == [(0, 0)]


@pytest.mark.usefixtures("mailbox")
def test_a_damaged_message_is_left_out_and_named_until_it_is_mended(
    folder: Path, opened: Open
) -> None:
    save(folder, record(6, "Broken\n" + "x" * 70_000))  # a frame of its own
    (pack,) = (folder / "packs").iterdir()
    flip(pack, -20)
    with opened() as mail:
        assert numbers(mail, "") == [3, 2, 1]
        assert mail.damaged == (f"{6:016x}",)
        assert mail.notes == ()
    save(folder, record(7, "Newer"))
    with opened() as mail:
        assert numbers(mail, "newer") == [7]
    with Backup.open(folder, write=True) as backup:
        lost = backup.find(ME, f"{6:016x}")
        assert lost
        backup.mend(replace(record(6, "Broken\n" + "x" * 70_000), saved=lost.saved))
    with opened() as mail:
        assert numbers(mail, "broken") == [6]
        assert mail.damaged == ()


@pytest.mark.usefixtures("mailbox")
def test_whether_something_waits_or_is_damaged_is_told_without_a_look_at_every_message() -> None:
    with Database.open(None) or pytest.fail() as database:
        asked: list[str] = []
        database.connection.set_trace_callback(asked.append)
        assert (database.waiting(), database.damaged()) == (0, [])
        database.connection.set_trace_callback(None)
        for each in asked:
            for *_, step in database.connection.execute(f"EXPLAIN QUERY PLAN {each}"):
                assert "SCAN messages" not in step or "USING INDEX" in step
        assert len(asked) == 2


def test_a_message_that_stands_in_a_damaged_one_is_found_again_when_that_is_mended(
    folder: Path, opened: Open
) -> None:
    broken = record(6, "Broken\n" + "x" * 70_000)  # a frame of its own
    equal = replace(broken, id=f"{8:016x}", date_ms=broken.date_ms + 1)
    save(folder, broken)
    (pack,) = (folder / "packs").iterdir()
    place = pack.stat().st_size - 20
    save(folder, equal)
    flip(pack, place)
    with opened() as mail:
        assert set(mail.damaged) == {broken.id, equal.id}
    with Backup.open(folder, write=True) as backup:
        lost = backup.find(ME, broken.id)
        assert lost
        backup.mend(replace(broken, saved=lost.saved))
    with opened() as mail:
        assert numbers(mail, "broken") == [8, 6]
        assert mail.damaged == ()


@pytest.mark.usefixtures("mailbox")
def test_where_the_folder_cannot_be_written_to_the_database_lies_in_the_cache_or_in_memory(
    folder: Path, opened: Open, tmp_path: Path
) -> None:
    (folder / NAME / "in the way").mkdir(parents=True)
    with opened() as mail:
        assert numbers(mail, "bill") == [1]
        (note,) = mail.notes
        assert note.startswith(f"{folder} cannot be written to: its search database is {tmp_path}")
    (cached,) = (tmp_path / "home" / "cache" / "backups").rglob(NAME)
    shutil.rmtree(cached.parent)
    cached.parent.write_text("no folder")
    with opened() as mail:
        assert numbers(mail, "bill") == [1]
        assert mail.notes[0].endswith("in memory, and made anew each time.")


@pytest.mark.usefixtures("mailbox")
def test_who_searches_while_another_run_writes_finds_what_is_there(
    folder: Path, opened: Open
) -> None:
    with opened() as mail:
        assert numbers(mail, "bill") == [1]
    save(folder, record(6, BILL))
    with (
        Database.open(folder / NAME, write=True) or pytest.fail() as other,
        writing.writing(other) as writer,
        other.transaction(),
        opened() as mail,
    ):
        assert writer
        assert numbers(mail, "bill") == [1]
        assert "Another run is making the search database" in mail.notes[0]
    with opened() as mail:
        assert numbers(mail, "bill") == [6, 1]


@pytest.mark.usefixtures("mailbox")
def test_at_rest_it_is_one_file_that_a_reader_needs_nothing_beside(
    folder: Path, opened: Open
) -> None:
    with opened() as mail:
        assert numbers(mail, "bill") == [1]
        assert not list(folder.glob(f"{NAME}-*"))
    uri = f"{(folder / NAME).as_uri()}?immutable=1"
    with closing(sqlite3.connect(uri, uri=True)) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("delete",)
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_two_messages_of_one_moment_are_both_found(folder: Path, opened: Open) -> None:
    save(folder, record(1, BILL, day=1), record(2, BILL, day=1), record(3, BILL, day=0))
    with opened() as mail:
        assert numbers(mail, "bill") == [2, 1, 3]
