"""Archives of Google Takeout as they come: zip or tgz, in parts, in any language, damaged."""

from __future__ import annotations

import io
import os
import tarfile
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gmailkit.errors import CannotDo, Conflict, NotFound, UsageError
from gmailkit.model.item import Item, Ref
from gmailkit.query.parse import parse
from gmailkit.stores import system_names
from gmailkit.stores.opening import open_source
from gmailkit.stores.takeout import TakeoutStore, store
from store_room import items

MAIL = "Takeout/Mail/All mail Including Spam and Trash.mbox"
Makes = Callable[[Path, dict[str, bytes]], Path]
WHEN = "Mon Apr 07 14:31:02 +0000 2025"


def message(id: object, labels: str, body: str = "Hello.", *, separator: str = "") -> bytes:
    head = separator or f"From {id}@xxx {WHEN}"
    lines = [head, "X-GM-THRID: 255", f"X-Gmail-Labels: {labels}", f"Subject: {id}", "", body]
    return ("\n".join(lines) + "\n\n").encode()


def as_zip(path: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path.with_suffix(".zip"), "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path.with_suffix(".zip")


def as_tgz(path: Path, files: dict[str, bytes]) -> Path:
    with tarfile.open(path.with_suffix(".tgz"), "w:gz") as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return path.with_suffix(".tgz")


def as_folder(path: Path, files: dict[str, bytes]) -> Path:
    for name, content in files.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(content)
    return path


@pytest.fixture(params=[as_zip, as_tgz, as_folder])
def make(request: pytest.FixtureRequest) -> Makes:
    made: Makes = request.param
    return made


def test_mail_is_found_by_what_files_hold_with_labels_state_dates_and_conversations(
    tmp_path: Path, make: Makes
) -> None:
    files = {
        "Takeout/archive_browser.html": b"<html>From here",
        "Takeout/Mail/User Settings/Filters.json": b"{}",
        MAIL: message(16, "Inbox,Unread,Starred,Work/Plans") + message(17, "Archived,Opened"),
    }
    with TakeoutStore(make(tmp_path / "takeout", files)) as takeout:
        assert list(takeout.refs()) == [f"{16:016x}", f"{17:016x}"]
        first, second = items(takeout)
        assert first.content.bytes == b"Subject: 16\n\nHello.\n"
        assert (first.labels, first.flags) == ({"INBOX", "Work/Plans"}, {"flagged"})
        assert (second.labels, second.flags) == (frozenset(), {"seen"})
        assert first.received == datetime(2025, 4, 7, 14, 31, 2, tzinfo=UTC)
        ((_, got),) = takeout.fetch([Ref(f"{16:016x}")])
        assert isinstance(got, Item)
        assert got.thread == "ff"
        assert list(takeout.refs(parse("is:unread"))) == [f"{16:016x}"]
        ((_, gone),) = takeout.fetch([Ref("nothing")])
        assert isinstance(gone, NotFound)
        sizes = [facts.size for _, facts in takeout.survey(takeout.refs())]
        assert sizes == [first.content.size, second.content.size]


def test_a_message_in_the_files_of_two_labels_is_one_with_both(tmp_path: Path, make: Makes) -> None:
    files = {
        "Takeout/Mail/Work.mbox": message(16, "Work,Opened"),
        "Takeout/Mail/Home.mbox": message(16, "Home,Opened").replace(b"\n", b"\r\n")
        + message(16, "Home,Opened", "It was a draft then."),
    }
    with TakeoutStore(make(tmp_path / "takeout", files)) as takeout:
        labels = sorted((sorted(item.labels), len(item.content.bytes)) for item in items(takeout))
    assert [each for each, _ in labels] == [["Home"], ["Home", "Work"]]


def test_all_parts_belong_together_and_a_missing_one_is_named(tmp_path: Path) -> None:
    for number in (2, 1, 10):
        as_zip(tmp_path / f"takeout-X-{number:03}", {MAIL: message(number, "Inbox")})
    as_zip(tmp_path / "takeout-Y-001", {MAIL: message(99, "Inbox")})
    with pytest.raises(NotFound, match=r"takeout-X-003\.zip is not there"):
        TakeoutStore(tmp_path / "takeout-X-002.zip")
    (tmp_path / "takeout-X-010.zip").rename(tmp_path / "takeout-X-003.zip")
    with open_source(tmp_path / "takeout-X-002.zip") as takeout:
        assert [int(ref, 16) for ref in takeout.refs()] == [1, 2, 10]
    with TakeoutStore(tmp_path) as every:
        assert len(list(every.refs())) == 4


@pytest.mark.parametrize(
    ("labels", "others", "said"),
    [
        (
            "=?UTF-8?Q?Posteingang,Ungelesen,Kategorie:_=22Neuigkeiten=22,Inbox,Ge=C3=A4?=\n"
            " =?UTF-8?Q?ndert?=",
            "=?UTF-8?Q?Archiviert,Ge=C3=B6ffnet?=",
            {"INBOX", "CATEGORY_UPDATES", "Inbox", "Geändert"},
        ),
        (
            "=?UTF-8?Q?Messages_archiv=C3=A9s,Non_lus,Cat=C3=A9gorie=C2=A0:_E-mails_?=\n"
            ' =?UTF-8?Q?personnels,"Culture,_associations"?=',
            "=?UTF-8?Q?Bo=C3=AEte_de_r=C3=A9ception,Ouvert?=",
            {"CATEGORY_PERSONAL", "Culture, associations"},
        ),
        (
            "=?UTF-8?Q?Nep=C5=99e=C4=8Dten=C3=A9,Kategorie:_Soci=C3=A1?=\n"
            " =?UTF-8?Q?ln=C3=AD_s=C3=ADt=C4=9B,Facebook?=",
            "=?UTF-8?Q?Archivov=C3=A1no?=",
            {"CATEGORY_SOCIAL", "Facebook"},
        ),
        ("Inbox,Unread,Gesendet", "Archived,Opened", {"INBOX", "Gesendet"}),
        ("=?UTF-8?B?5pyq6K+7LOaUtuS7tueusQ==?=", "=?UTF-8?B?5pS25Lu2566x?=", {"INBOX"}),
    ],
    ids=["German", "French", "Czech", "English", "Chinese"],
)
def test_gmails_own_labels_are_known_in_the_language_of_the_archive(
    tmp_path: Path, labels: str, others: str, said: set[str]
) -> None:
    mail = message(1, labels) + b"".join(message(n, others) for n in range(2, 5))
    with TakeoutStore(as_zip(tmp_path / "takeout", {MAIL: mail})) as takeout:
        first, *_ = items(takeout)
    assert (first.labels, "seen" in first.flags) == (said, False)


LANGUAGES = [line.split(";") for line in system_names._WORDS.strip().splitlines()]


@pytest.mark.parametrize("line", LANGUAGES, ids=[line[0] for line in LANGUAGES])
def test_in_each_language_all_words_are_known_and_told_from_those_of_the_others(
    line: list[str],
) -> None:
    """Whichever it uses of several, and by a message or two already."""
    columns = [[each.strip() for each in words.split("|")] for words in line[1:]]
    for at in range(max(map(len, columns))):
        words = [names[min(at, len(names) - 1)] for names in columns]
        called = dict(zip(system_names._COLUMNS, words, strict=True))
        prefix = called.pop("prefix")
        for each in system_names._CATEGORIES:
            called[f"CATEGORY_{each}"] = f"{prefix}: {called.pop(each)}"
        wanted = called.keys() - {"opened", "archived"}
        for some in (("INBOX", "UNREAD"), ("archived", "opened"), ("SENT", "opened")):
            language = system_names.language_of({called[each]: 1 for each in some})
            assert system_names.understood(called.values(), language) == wanted


def test_only_takeouts_own_separators_part_mail_and_an_address_may_stand_in_their_place(
    tmp_path: Path,
) -> None:
    body = "so:\n\nFrom bob Mon Jan  2 09:00:00 2023\nX: y\n\n>From here\nFrom 5@xxx in a line"
    address = message(
        3, "Inbox,IMAP_$Forwarded", separator="From ann@example.com Wed May 06 18:21:37 +0000 2026"
    )
    files = {"a.mbox": message(1, "Inbox", body) + message(2, "Inbox"), "b.mbox": address}
    with TakeoutStore(as_zip(tmp_path / "takeout", files)) as takeout:
        first, _, third = items(takeout)
        assert len(list(takeout.refs())[2]) == 32
    assert first.content.bytes.endswith(b"\nFrom here\nFrom 5@xxx in a line\n")
    assert (third.labels, third.flags) == ({"INBOX"}, {"seen", "forwarded"})


def test_what_is_no_whole_archive_is_refused_with_what_to_do(tmp_path: Path, make: Makes) -> None:
    mail = os.urandom(200_000).hex().encode()
    path = make(tmp_path / "takeout", {MAIL: message(1, "Inbox") + mail})
    if path.is_dir():
        return
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(UsageError) as broken:
        list(TakeoutStore(path).refs())
    assert "Download" in broken.value.hint


def test_a_bomb_is_bounded_and_what_stands_beside_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "_LARGEST", 1 << 20)
    bomb = message(1, "Inbox", "0" * (3 << 20)) + message(2, "Inbox")
    with TakeoutStore(as_zip(tmp_path / "takeout", {MAIL: bomb})) as takeout:
        (_, refused), (_, got) = takeout.fetch(takeout.refs())
        assert isinstance(refused, CannotDo)
        assert isinstance(got, Item)


def test_files_of_an_archive_that_overlap_are_not_unpacked_without_end(tmp_path: Path) -> None:
    path = as_zip(tmp_path / "takeout", {MAIL: message(1, "Inbox", "0" * (1 << 20))})
    with zipfile.ZipFile(path, "a") as archive:  # the same bytes under many names
        (first,) = archive.infolist()
        for number in range(4000):
            again = zipfile.ZipInfo(f"{number}.mbox")
            again.compress_type, again.CRC = first.compress_type, first.CRC
            again.compress_size, again.file_size = first.compress_size, first.file_size
            again.header_offset, again.orig_filename = first.header_offset, first.orig_filename
            archive.filelist.append(again)
        archive._didModify = True  # type: ignore[attr-defined]
    with pytest.raises(UsageError):
        list(TakeoutStore(path).refs())


def test_an_archive_that_changes_while_it_is_read_is_told(tmp_path: Path) -> None:
    path = as_zip(tmp_path / "takeout", {MAIL: message(1, "Inbox")})
    with TakeoutStore(path) as takeout:
        refs = list(takeout.refs())
        as_zip(tmp_path / "takeout", {MAIL: message(2, "Inbox") + message(1, "Spam")})
        ((_, got),) = takeout.fetch(refs)
        assert isinstance(got, Conflict)


def test_mail_of_the_corpus_is_the_same_as_its_mbox_says(tmp_path: Path, corpus: Path) -> None:
    for name in ("synthetic__takeout-lf.mbox", "synthetic__takeout-crlf.mbox"):
        raw = (corpus / "mbox" / name).read_bytes()
        with (
            TakeoutStore(as_zip(tmp_path / name, {MAIL: raw})) as takeout,
            open_source(corpus / "mbox" / name) as mbox,
        ):
            zipped, plain = items(takeout), items(mbox)
        assert [item.content.bytes for item in zipped] == [item.content.bytes for item in plain]
        assert [item.received for item in zipped] == [item.received for item in plain]
