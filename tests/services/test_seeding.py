"""A backup begun with mail that lies elsewhere: what is recognised, what is left to read, and what
is believed of bytes that Gmail did not give.
"""

from __future__ import annotations

import mailbox as folders
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gmailkit.backup.check import verify
from gmailkit.backup.folder import Backup, rebuild
from gmailkit.clock import SYSTEM_CLOCK
from gmailkit.config import Settings
from gmailkit.errors import PartialError, UsageError
from gmailkit.gmail import Gmail
from gmailkit.model.item import Item
from gmailkit.sandbox import Sandbox
from gmailkit.stores.memory import MemoryStore
from mailroom import ME, letter

OTHER = "ann@example.com"


@pytest.fixture
def gmail(settings_for: Callable[..., Settings]) -> Iterator[Gmail]:
    with Gmail(settings=settings_for()) as open:
        yield open


def fill(sandbox: Sandbox) -> list[str]:
    """A letter in a label, an answer to it, a draft-like odd one, and some in Spam and Trash."""
    put = sandbox.mail.put
    when = datetime(2024, 2, 29, 23, 59, 58, tzinfo=UTC)
    ids = [put(ME, letter("First"), labels=("INBOX", "Wörk/Deep"), date=when, thread="a")]
    ids.append(put(ME, letter("Second", body="From here\n>From there"), labels=(), thread="a"))
    ids.append(put(ME, letter("Junk"), labels=("SPAM",)))
    ids.append(put(ME, letter("Old"), labels=("TRASH",)))
    return ids


def test_of_a_store_that_cannot_be_read_no_backup_is_begun(gmail: Gmail, tmp_path: Path) -> None:
    broken = tmp_path / "takeout-20260301T000000Z-001.zip"
    broken.write_bytes(b"PK\3\4 cut short")
    with pytest.raises(UsageError, match="cannot be read"):
        gmail.seed_backup(tmp_path / "b", f"takeout:{broken}")
    assert not (tmp_path / "b").exists()


def reads(sandbox: Sandbox) -> int:
    return sandbox.meter.by_method(ME).get("messages.get", (0, 0))[0]


@pytest.mark.parametrize("language", ["en", "de", "fr"])
@pytest.mark.parametrize("kind", ["zip", "tgz"])
def test_of_a_takeout_nothing_has_to_be_read(
    sandbox: Sandbox, gmail: Gmail, tmp_path: Path, language: str, kind: str
) -> None:
    ids = fill(sandbox)
    (archive, *_) = sandbox.takeout(ME, tmp_path / f"takeout.{kind}", language=language)
    seeded = gmail.seed_backup(tmp_path / "mail.backup", f"takeout:{archive}")
    assert (seeded.taken, seeded.hidden, seeded.strange, seeded.failed) == (2, 2, 0, [])
    before = reads(sandbox)
    report = gmail.backup(tmp_path / "mail.backup")
    assert (report.present, report.fetched) == (2, 0)
    assert reads(sandbox) == before
    gmail.backup(tmp_path / "read.backup")
    with Backup.open(tmp_path / "mail.backup") as mine, Backup.open(tmp_path / "read.backup") as gm:
        for id in ids[:2]:
            seeded_one, read_one = mine.find(ME, id), gm.find(ME, id)
            assert seeded_one and read_one
            assert seeded_one.origin == "takeout"
            assert seeded_one.labels == read_one.labels
            assert seeded_one.thread == read_one.thread
            assert seeded_one.date_ms // 1000 == read_one.date_ms // 1000
    assert verify(tmp_path / "mail.backup").ok


def test_all_of_it_is_taken_where_that_is_asked(
    sandbox: Sandbox, gmail: Gmail, tmp_path: Path
) -> None:
    fill(sandbox)
    (archive, *_) = sandbox.takeout(ME, tmp_path / "takeout.zip")
    assert gmail.seed_backup(tmp_path / "b", f"takeout:{archive}", every=True).taken == 4
    assert gmail.seed_backup(tmp_path / "b", f"takeout:{archive}", every=True).present == 4
    assert gmail.backup(tmp_path / "b", every=True).fetched == 0


@pytest.mark.parametrize("tool", ["Got-Your-Back", "lieer"])
def test_folders_of_other_tools_tell_ids_by_the_names_of_their_files(
    sandbox: Sandbox, gmail: Gmail, tmp_path: Path, tool: str
) -> None:
    ids = fill(sandbox)
    if tool == "lieer":
        folders.Maildir(tmp_path / "mail").add(letter("None of Gmail's"))
        place = lambda id: tmp_path / "mail" / "cur" / f"{id}:2,S"  # noqa: E731
    else:
        (tmp_path / "mail" / "2024" / "2" / "29").mkdir(parents=True)
        place = lambda id: tmp_path / "mail" / "2024" / "2" / "29" / f"{id}.eml"  # noqa: E731
    for id in ids[:2]:
        place(id).write_bytes(gmail.raw(id))
    before = reads(sandbox)
    seeded = gmail.seed_backup(tmp_path / "b", str(tmp_path / "mail"))
    assert (seeded.taken, seeded.strange) == (2, 1 if tool == "lieer" else 0)
    assert gmail.backup(tmp_path / "b").fetched == 0
    assert reads(sandbox) == before


def test_a_message_that_a_store_holds_twice_is_saved_once(
    sandbox: Sandbox, gmail: Gmail, tmp_path: Path
) -> None:
    first, second, *_ = fill(sandbox)
    for id, year in ((first, "2023"), (first, "2024"), (second, "2025"), (first, "2026")):
        (tmp_path / "mail" / year / "1" / "1").mkdir(parents=True)
        (tmp_path / "mail" / year / "1" / "1" / f"{id}.eml").write_bytes(gmail.raw(id))
    seeded = gmail.seed_backup(tmp_path / "b", str(tmp_path / "mail"))
    assert (seeded.taken, seeded.present) == (2, 2)
    report = verify(tmp_path / "b")
    assert (report.ok, report.messages) == (True, 2)


def test_without_an_id_the_message_id_tells_where_one_message_alone_bears_it(
    sandbox: Sandbox, gmail: Gmail, tmp_path: Path
) -> None:
    once = sandbox.mail.put(ME, letter("Once"))
    twice = letter("Twice")
    for _ in range(2):
        sandbox.mail.put(ME, twice)
    store = MemoryStore()
    for raw in (letter("Once"), twice, letter("Strange"), b"Subject: nothing else\n\nx\n"):
        store.add(Item.of(raw, received=datetime(2026, 1, 2, tzinfo=UTC)))
    seeded = gmail.seed_backup(tmp_path / "b", store)
    assert (seeded.taken, seeded.strange) == (1, 3)
    with Backup.open(tmp_path / "b") as backup:
        assert backup.unverified(ME) == [once]
    assert gmail.backup(tmp_path / "b").fetched == 2


def test_what_has_no_date_or_belongs_to_somebody_else_is_left_to_gmail(
    sandbox: Sandbox, gmail: Gmail, tmp_path: Path
) -> None:
    raw = b"Message-ID: <undated@example.com>\n\nx\n"
    sandbox.mail.put(ME, raw)
    sandbox.mail.put(OTHER, letter("Of Ann"))
    store = MemoryStore()
    for each in (raw, letter("Of Ann")):
        store.add(Item.of(each))
    seeded = gmail.seed_backup(tmp_path / "b", store)
    assert (seeded.taken, seeded.undated, seeded.strange) == (0, 1, 1)
    assert gmail.backup(tmp_path / "b").fetched == 1


def test_a_seeded_message_is_not_offloaded_until_it_was_compared_with_gmail(
    sandbox: Sandbox, gmail: Gmail, tmp_path: Path
) -> None:
    true, false = sandbox.mail.put(ME, letter("True")), sandbox.mail.put(ME, letter("False"))
    folder = tmp_path / "mail"
    folder.mkdir()
    (folder / f"{true}.eml").write_bytes(gmail.raw(true))
    (folder / f"{false}.eml").write_bytes(gmail.raw(false) + b"-- \nAn added line\n")
    gmail.seed_backup(tmp_path / "b", f"eml:{folder}")
    gmail.backup(tmp_path / "b")
    plan = gmail.plan_offload("subject:(true OR false)", backup=tmp_path / "b")
    with pytest.raises(PartialError, match="2 messages are not safe") as caught:
        gmail.offload(plan)
    assert "never compared with Gmail's" in caught.value.failed[0].why
    assert "verify" in caught.value.hint
    assert "--against gmail" in caught.value.hint
    assert "TRASH" not in sandbox.mail.labels_of(ME, true)

    done = gmail.compare(gmail.plan_comparison(tmp_path / "b", sample=2))
    assert (done.ok, done.verified, done.replaced) == (True, 1, (false,))
    assert verify(tmp_path / "b").ok
    rebuild(tmp_path / "b", clock=SYSTEM_CLOCK)  # by the packs and events alone
    with Backup.open(tmp_path / "b") as backup:
        assert backup.unverified(ME) == []
        for id in (true, false):
            entry = backup.find(ME, id)
            assert entry
            assert backup.read(entry).raw == gmail.raw(id)
    assert gmail.offload(plan).count == 2


def test_bytes_that_others_share_stay_theirs_when_one_is_replaced(
    sandbox: Sandbox, gmail: Gmail, tmp_path: Path
) -> None:
    ids = [sandbox.mail.put(ME, letter(f"Number {n}")) for n in range(3)]
    folder = tmp_path / "mail"
    folder.mkdir()
    for id in ids:  # a tool that wrote the same thing three times
        (folder / f"{id}.eml").write_bytes(gmail.raw(ids[1]))
    gmail.seed_backup(tmp_path / "b", f"eml:{folder}")
    with Backup.open(tmp_path / "b") as backup:
        assert backup.shared()[0] == 2
    done = gmail.compare(gmail.plan_comparison(tmp_path / "b"))
    assert (done.verified, set(done.replaced)) == (1, {ids[0], ids[2]})
    assert verify(tmp_path / "b").ok
    with Backup.open(tmp_path / "b") as backup:
        for id in ids:
            entry = backup.find(ME, id)
            assert entry
            assert backup.read(entry).raw == gmail.raw(id)


def test_what_was_labelled_otherwise_meanwhile_is_replaced_all_the_same(
    sandbox: Sandbox, gmail: Gmail, tmp_path: Path
) -> None:
    """The replaced one holds the bytes of another one, and both were read since."""
    ids = [sandbox.mail.put(ME, letter(f"Number {n}"), labels=("INBOX",)) for n in range(2)]
    folder = tmp_path / "mail"
    folder.mkdir()
    for id in ids:
        (folder / f"{id}.eml").write_bytes(gmail.raw(ids[1]))
    gmail.seed_backup(tmp_path / "b", f"eml:{folder}")
    for id in ids:
        gmail.messages.modify(id, add_label_ids=["STARRED"])
    gmail.backup(tmp_path / "b")
    done = gmail.compare(gmail.plan_comparison(tmp_path / "b"))
    assert (done.verified, done.replaced) == (1, (ids[0],))
    for again in (False, True):
        if again:
            rebuild(tmp_path / "b")
        with Backup.open(tmp_path / "b") as backup:
            assert backup.unverified(ME) == []
            for id in ids:
                entry = backup.find(ME, id)
                assert entry
                assert backup.read(entry).raw == gmail.raw(id)
                assert "STARRED" in entry.labels
                assert len(backup.label_states(ME, id)) == 2
        assert verify(tmp_path / "b").ok


def test_a_compaction_keeps_whence_bytes_came(
    sandbox: Sandbox, gmail: Gmail, tmp_path: Path
) -> None:
    from gmailkit.services.compacting import Retention, compact, plan_compact

    fill(sandbox)
    (archive, *_) = sandbox.takeout(ME, tmp_path / "takeout.zip")
    gmail.seed_backup(tmp_path / "b", f"takeout:{archive}")
    plan = plan_compact(tmp_path / "b", tmp_path / "c", Retention(drop="subject:second"))
    compact(plan)
    with Backup.open(tmp_path / "c") as backup:
        assert [entry.origin for entry in backup.entries()] == ["takeout"]


def test_a_copy_that_was_compared_says_nothing_of_one_that_is_taken_after_it(
    sandbox: Sandbox, gmail: Gmail, tmp_path: Path
) -> None:
    from gmailkit.services.compacting import Retention, compact, plan_compact

    ids = [sandbox.mail.put(ME, letter(subject)) for subject in ("First", "Second")]
    folder = tmp_path / "mail"
    folder.mkdir()
    for id in ids:
        (folder / f"{id}.eml").write_bytes(gmail.raw(id))
    gmail.seed_backup(tmp_path / "b", f"eml:{folder}")
    assert gmail.compare(gmail.plan_comparison(tmp_path / "b")).verified == 2
    compact(plan_compact(tmp_path / "b", tmp_path / "c", Retention(drop="subject:second")))
    (folder / f"{ids[1]}.eml").write_bytes(gmail.raw(ids[1]) + b"-- \nAn added line\n")
    assert gmail.seed_backup(tmp_path / "c", f"eml:{folder}").taken == 1
    rebuild(tmp_path / "c")
    with Backup.open(tmp_path / "c") as backup:
        assert backup.unverified(ME) == [ids[1]]
