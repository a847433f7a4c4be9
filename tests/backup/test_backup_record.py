"""A record gives back every byte string exactly, and its header reads like Takeout's."""

from __future__ import annotations

import csv
import hashlib
from dataclasses import replace
from email import message_from_bytes
from email.header import decode_header, make_header
from pathlib import Path
from unittest import mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from disks import Watched, save
from gmailkit.backup.check import verify
from gmailkit.backup.folder import Backup
from gmailkit.backup.labels import labels_line
from gmailkit.backup.record import Record, Stamp, decode, encode, examined, read_stamp
from gmailkit.errors import BackupDamaged, UsageError
from gmailkit.model import content
from gmailkit.model.content import Content, Spool

ID = "18f0c0ffee000001"

# Text that falls into the format's own traps more often than chance would have it.
pieces = st.sampled_from(
    [b"From ", b">From ", b">>From ", b"\n", b"\r\n", b"\r", b"\0", b"X-Gmailkit: {}", b" ", b">"]
)
tricky = st.lists(pieces | st.binary(max_size=8), max_size=30).map(b"".join)
names = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40)
labels = st.dictionaries(
    st.from_regex(r"[A-Z][A-Za-z_0-9]{0,12}", fullmatch=True), names, max_size=5
)

ODD = {
    "empty": b"",
    "a newline": b"\n",
    "two newlines": b"\n\n",
    "a carriage return": b"\r",
    "no newline at the end": b"Subject: Hi\r\n\r\nHello",
    "carriage return at the end": b"Hello\r",
    "a blank line first": b"\r\nHello\r\n",
    "separator first": b"From me\n\nHello\n",
    "nothing but a separator": b"From ",
    "quoted separators": b">From a\n>>From b\n>>>From c",
    "our own line": b'X-Gmailkit: {"v":1}\n\nHello\n',
    "separator after a bare carriage return": b"a\rFrom b\rFrom c",
    "NUL": b"a\0b\0",
    "8 bit": bytes(range(256)),
    "ends like a record": b"Hello\n\nFrom 1@xxx Thu Jan  1 00:00:00 1970\n\n",
}


def record(raw: bytes, **labels: str) -> Record:
    return Record("me@example.com", ID, ID, 1_767_225_600_000, labels, raw)


def text_of(record: Record) -> bytes:
    return b"".join(encode(record, record.stamp()))


@pytest.mark.parametrize("raw", ODD.values(), ids=ODD.keys())
def test_odd_bytes_come_back_exactly(raw: bytes) -> None:
    assert decode(text_of(record(raw))).raw == raw


@given(raws=st.lists(tricky | st.binary(max_size=2000), min_size=1, max_size=4), names=labels)
@settings(max_examples=150)
def test_any_bytes_come_back_exactly_from_among_others(
    raws: list[bytes], names: dict[str, str]
) -> None:
    records = [record(raw, **names) for raw in raws]
    frame = b"".join(map(text_of, records))
    assert [decode(frame, position) for position, _ in examined(frame)] == records


@pytest.mark.soak
@given(raw=tricky, names=labels)
@settings(max_examples=8_000, deadline=None)
def test_many_bytes_come_back_exactly(raw: bytes, names: dict[str, str]) -> None:
    assert decode(text_of(record(raw, **names))) == record(raw, **names)


@given(account=names, id=names, thread=names, date=st.integers(-(2**63), 2**63 - 1), labels=labels)
def test_any_stamp_comes_back_and_the_header_stays_ascii(
    account: str, id: str, thread: str, date: int, labels: dict[str, str]
) -> None:
    made = Record(account, id, thread, date, labels, b"Hi\n")
    text = text_of(made)
    assert text.isascii()
    assert decode(text) == made


def test_the_form_is_the_documented_one() -> None:
    made = record(b"Subject: Hi\n\nFrom here\n", UNREAD="UNREAD", Label_7="Taxes")
    digest = hashlib.sha256(made.raw).hexdigest()
    assert text_of(made).decode() == (
        "From 1797148456762998785@xxx Thu Jan  1 00:00:00 2026\n"
        "X-GM-THRID: 1797148456762998785\n"
        "X-Gmail-Labels: Unread,Archived,Taxes\n"
        'X-Gmailkit: {"v":1,"account":"me@example.com","id":"18f0c0ffee000001",'
        '"thread":"18f0c0ffee000001","date_ms":1767225600000,'
        f'"labels":{{"Label_7":"Taxes","UNREAD":"UNREAD"}},"length":23,"sha256":"{digest}"}}\n'
        "Subject: Hi\n\n>From here\n"
        "\n"
    )


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        ({"INBOX": "INBOX"}, ["Inbox", "Opened"]),
        ({"INBOX": "INBOX", "UNREAD": "UNREAD"}, ["Inbox", "Unread"]),
        ({}, ["Opened", "Archived"]),
        ({"SENT": "SENT"}, ["Sent", "Opened"]),
        ({"CATEGORY_PROMOTIONS": "CATEGORY_PROMOTIONS", "INBOX": "INBOX"},
         ["Inbox", "Category Promotions", "Opened"]),
        ({"Label_1": "Smith, Ann", "TRASH": "TRASH"}, ["Trash", "Opened", "Smith, Ann"]),
        ({"Label_1": 'the "big" one', "SPAM": "SPAM"}, ["Spam", "Opened", 'the "big" one']),
        ({"Label_1": "Bücher/Märchen", "INBOX": "INBOX"}, ["Inbox", "Opened", "Bücher/Märchen"]),
        ({"Label_1": "ラベル" * 40, "DRAFT": "DRAFT"}, ["Drafts", "Opened", "ラベル" * 40]),
        ({"Label_1": "=?utf-8?q?x?=", "INBOX": "INBOX"}, ["Inbox", "Opened", "=?utf-8?q?x?="]),
        ({"Label_1": " padded ", "INBOX": "INBOX"}, ["Inbox", "Opened", " padded "]),
        ({"Label_1": "a\nBcc: b", "INBOX": "INBOX"}, ["Inbox", "Opened", "a\nBcc: b"]),
        ({f"L{n}": f"Label {n:03}" for n in range(300)},
         ["Opened", "Archived", *(f"Label {n:03}" for n in range(300))]),
    ],
    ids=["inbox", "unread", "archived", "sent", "category", "comma", "quotes", "accents", "long",
         "looks encoded", "spaces", "line break", "many"],
)  # fmt: skip
def test_labels_are_readable_as_takeouts_are(labels: dict[str, str], said: list[str]) -> None:
    line = labels_line(labels)
    assert line.isascii()
    assert all(len(part) <= 998 and part.isprintable() for part in line.split("\n"))
    value = message_from_bytes(line.encode() + b"\n\n")["X-Gmail-Labels"]
    decoded = str(make_header(decode_header(value)))
    assert next(csv.reader([decoded], strict=True)) == said if "\n" not in decoded else True


@given(name=names)
def test_any_label_name_is_one_header_that_decodes_to_it(name: str) -> None:
    line = labels_line({"INBOX": "INBOX", "Label_1": name})
    words = line.removeprefix("X-Gmail-Labels: ").split("\n ")
    assert all(len(word) <= 76 for word in words) or len(words) == 1
    if len(words) > 1 or words[0].startswith("=?"):
        decoded = "".join(str(make_header(decode_header(word))) for word in words)
    else:
        decoded = words[0]
    assert decoded.removeprefix("Inbox,Opened,").strip('"').replace('""', '"') == name.strip('"')


def test_a_name_that_is_no_unicode_is_refused_before_anything_is_written() -> None:
    with pytest.raises(UsageError, match="no valid Unicode"):
        record(b"", Label_1="\ud800")


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ((b"Hello", b"Hullo"), "SHA-256"),
        ((b"Hello", b"He"), "bytes long"),
        ((b"X-Gmailkit", b"X-Gmailkid"), "no X-Gmailkit line"),
        ((b'"v":1', b'"v":2'), "version 2"),
        ((b'"length":', b'"lengths":'), "cannot be read"),
        ((b'"labels":{', b'"labels":[{'), "cannot be read"),
    ],
    ids=["byte", "length", "line", "version", "key", "shape"],
)
def test_a_changed_record_is_refused(change: tuple[bytes, bytes], why: str) -> None:
    with pytest.raises(BackupDamaged, match=why):
        decode(text_of(record(b"Hello")).replace(*change))


def test_unknown_keys_are_passed_over() -> None:
    text = text_of(record(b"Hello")).replace(b'{"v":1', b'{"later":[1],"v":1')
    assert decode(text) == record(b"Hello")
    assert isinstance(read_stamp(text)[0], Stamp)


def test_a_message_of_40_megabytes_comes_back_exactly(quick_path: Path) -> None:
    line = b"In the middle of a very long message there is little that is new.\r\n"
    raw = b"From here on\r\n" + line * (40_000_000 // len(line)) + b"From the end"
    big = Record("me@example.com", ID, ID, 0, {}, raw)
    save(quick_path / "b", [big], storage=Watched())
    with Backup.open(quick_path / "b") as backup:
        assert backup.read(next(backup.entries())).raw == big.raw
    assert verify(quick_path / "b").bytes == len(big.raw)


@given(tricky, st.integers(1, 9))
def test_a_message_in_pieces_makes_the_same_record(raw: bytes, step: int) -> None:
    whole = record(raw)
    with mock.patch.object(content, "PIECE", step), Content.of(raw) as held:
        streamed = replace(whole, raw=b"", content=held)
        assert streamed.stamp() == whole.stamp()
        assert b"".join(encode(streamed, streamed.stamp())) == text_of(whole)


def test_a_message_that_is_not_held_comes_back_exactly(quick_path: Path) -> None:
    line = b"From time to time there is little that is new.\r\n"
    raw = b">From here on\r\n" + line * (10_000_000 // len(line)) + b"From the end"
    spool = Spool(in_memory=0)
    for start in range(0, len(raw), 999_983):
        spool.write(raw[start : start + 999_983])
    with spool.done() as held:
        large = Record("me@example.com", "a1", ID, 0, {}, content=held)
        save(quick_path / "b", [record(b"before"), large], storage=Watched())
    with Backup.open(quick_path / "b") as backup:
        saved = {entry.id: backup.read(entry).raw for entry in backup.entries()}
    assert saved == {ID: b"before", "a1": raw}
    assert verify(quick_path / "b").ok


def test_every_message_of_the_corpus_comes_back_exactly(corpus: Path, quick_path: Path) -> None:
    files = sorted(corpus.rglob("*.eml"))
    assert len(files) > 1000
    made = [
        Record("me@example.com", f"{n + 1:x}", f"{n + 1:x}", n, {"INBOX": "INBOX"}, f.read_bytes())
        for n, f in enumerate(files)
    ]
    save(quick_path / "b", made, storage=Watched())
    with Backup.open(quick_path / "b") as backup:
        saved = [backup.read(entry) for entry in backup.entries()]
    assert saved == made
    assert verify(quick_path / "b").ok
