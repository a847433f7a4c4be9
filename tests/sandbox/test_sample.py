"""The sample mailbox is stable and well formed, and its labels make sense."""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest

from gmailkit.errors import UsageError
from gmailkit.model.label import PALETTE
from gmailkit.sandbox.sample import SAMPLE_LABELS, sample_messages
from sandbox.sample_seen import NO_LABEL_IN_GMAIL, NOW, STARS, SYSTEM, TABS, Seen, seen_sample
from work import lines_of


@pytest.fixture(scope="module")
def mailbox() -> list[Seen]:
    return seen_sample()


# The whole


def test_there_are_a_few_hundred_messages_over_about_three_years(mailbox: list[Seen]) -> None:
    assert 300 <= len(mailbox) <= 400
    ages = [seen.age() for seen in mailbox]
    assert timedelta(days=1000) < max(ages) < timedelta(days=1200)
    assert min(ages) >= timedelta(0)
    assert ages == sorted(ages, reverse=True)


def test_every_date_is_aware_and_in_utc(mailbox: list[Seen]) -> None:
    assert all(seen.message.date.utcoffset() == timedelta(0) for seen in mailbox)


def test_the_same_now_gives_the_same_bytes_in_another_process() -> None:
    script = (
        "from datetime import datetime, UTC; from hashlib import sha256\n"
        "from gmailkit.sandbox.sample import sample_messages\n"
        "all = sample_messages(datetime(2026, 11, 24, 15, 30, tzinfo=UTC))\n"
        "print(sha256(b''.join(repr(m).encode() + m.raw for m in all)).hexdigest())"
    )
    elsewhere = {"PYTHONHASHSEED": "7", "TZ": "Asia/Tokyo", "LC_ALL": "C"}
    there = subprocess.run(
        [sys.executable, "-c", script], env=elsewhere, capture_output=True, text=True, check=True
    )
    here = hashlib.sha256(b"".join(repr(m).encode() + m.raw for m in sample_messages(NOW)))
    assert there.stdout.strip() == here.hexdigest()


def test_the_hour_changes_the_last_messages_alone() -> None:
    morning = {m.raw for m in sample_messages(NOW.replace(hour=4))}
    evening = {m.raw for m in sample_messages(NOW.replace(hour=23))}
    assert 0 < len(morning - evening) <= 10


def test_seconds_change_nothing() -> None:
    assert list(sample_messages(NOW.replace(second=59))) == list(sample_messages(NOW))


@pytest.mark.parametrize("hour", [0, 12, 23])
def test_nothing_comes_from_the_future(hour: int) -> None:
    now = datetime(2026, 3, 1, hour, 0, 1, tzinfo=UTC)
    assert all(message.date <= now for message in sample_messages(now))


def test_now_may_be_told_in_any_zone() -> None:
    from zoneinfo import ZoneInfo

    tokyo = sample_messages(NOW.astimezone(ZoneInfo("Asia/Tokyo")))
    assert list(tokyo) == list(sample_messages(NOW))


def test_a_now_without_zone_is_refused() -> None:
    with pytest.raises(UsageError, match="zone"):
        next(sample_messages(datetime(2026, 11, 24)))


def test_it_takes_little_work_to_make(mailbox: list[Seen]) -> None:
    lines = lines_of(lambda: list(sample_messages(NOW)))
    assert lines < 3_000 * len(mailbox)


def test_the_import_loads_neither_content_nor_the_email_package() -> None:
    script = (
        "import sys, gmailkit.sandbox.sample\n"
        "print([m for m in sys.modules if m == 'email' or 'sample.scenes' in m])"
    )
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"


# Each message


def test_no_two_bodies_are_equal(mailbox: list[Seen]) -> None:
    bodies = [seen.message.raw.partition(b"\r\n\r\n")[2] for seen in mailbox]
    texts = [" ".join(seen.words) for seen in mailbox]
    assert len(set(bodies)) == len(bodies)
    assert len(set(texts)) == len(texts)
    assert all(texts)


def test_lines_end_in_crlf_and_keep_to_the_limit_of_rfc_5322(mailbox: list[Seen]) -> None:
    for seen in mailbox:
        lines = seen.message.raw.split(b"\r\n")
        assert not any(b"\n" in line or b"\r" in line for line in lines), seen.message.thread
        assert max(map(len, lines)) <= 998, seen.message.thread


def test_a_strict_parser_complains_about_one_programs_file_names_alone(
    mailbox: list[Seen],
) -> None:
    for seen in mailbox:
        for part in seen.mail.walk():
            assert part.defects == [], seen.message.thread
            odd = {header.name for header in part.values() if header.defects}
            if odd:  # encoded words in quotes, RFC 2047 section 5; and people do send them
                assert seen.header("X-Mailer").startswith("Meridian")
                assert odd == {"Content-Type", "Content-Disposition"}


def test_encoded_words_keep_to_the_limit_of_rfc_2047(mailbox: list[Seen]) -> None:
    words = [word for seen in mailbox for word in re.findall(rb"=\?\S+\?=", seen.message.raw)]
    assert len(words) > 50
    assert max(map(len, words)) <= 75


def test_every_address_lies_in_a_reserved_domain(mailbox: list[Seen]) -> None:
    reserved = ("example.com", "example.net", "example.org", ".example", ".test")
    for seen in mailbox:
        for field in ("From", "To", "Cc", "Bcc"):
            header = seen.mail[field]
            for address in header.addresses if header else ():
                assert address.domain.endswith(reserved), address


def test_message_ids_are_unique(mailbox: list[Seen]) -> None:
    ids = [seen.header("Message-ID") for seen in mailbox if seen.mail["Message-ID"]]
    assert len(ids) > 300
    assert len(set(ids)) == len(ids)


# Conversations


def test_answers_refer_to_earlier_messages_of_their_conversation(mailbox: list[Seen]) -> None:
    known: dict[str, str] = {}
    answers = 0
    for seen in mailbox:
        references = seen.header("References").split()
        answers += bool(references)
        assert references[-1:] == seen.header("In-Reply-To").split()
        assert {known.get(id) for id in references} <= {seen.message.thread}
        known[seen.header("Message-ID")] = seen.message.thread
    assert answers > 60


def test_answers_quote_what_they_answer(mailbox: list[Seen]) -> None:
    by_id = {seen.header("Message-ID"): seen for seen in mailbox}
    for seen in mailbox:
        if seen.mail["In-Reply-To"]:
            first = by_id[seen.header("In-Reply-To")].text.splitlines()[0]
            assert f"> {first}" in seen.text.splitlines(), seen.message.thread


def test_conversations_have_two_to_twelve_messages(mailbox: list[Seen]) -> None:
    threads = [seen.message.thread for seen in mailbox]
    lengths = {threads.count(thread) for thread in set(threads)}
    assert {1, 2, 3, 4, 12} <= lengths
    assert max(lengths) == 12


# Labels


def test_every_system_label_and_every_hidden_state_is_in_use(mailbox: list[Seen]) -> None:
    labels = {label for seen in mailbox for label in seen.message.labels}
    hidden = {state for seen in mailbox for state in seen.message.hidden}
    assert labels >= SYSTEM
    assert hidden == NO_LABEL_IN_GMAIL


def test_every_user_label_is_declared_and_all_but_one_are_in_use(mailbox: list[Seen]) -> None:
    used = {label for seen in mailbox for label in seen.message.labels} - SYSTEM
    declared = [label.name for label in SAMPLE_LABELS]
    assert len(set(declared)) == len(declared)
    assert set(declared) - used == {"Someday"}
    assert used <= set(declared)


def test_label_colours_are_of_the_palette_and_come_in_pairs() -> None:
    for label in SAMPLE_LABELS:
        pair = {label.background, label.text}
        assert pair == {None} or pair <= PALETTE, label.name


def test_labels_are_nested_coloured_hollow_non_ascii_and_spaced() -> None:
    names = {label.name for label in SAMPLE_LABELS}
    assert any(name.count("/") == 2 for name in names)
    assert any(" " in name for name in names)
    assert any(not name.isascii() for name in names)
    assert any("/" in name and name.partition("/")[0] not in names for name in names)


def test_labels_agree_with_one_another(mailbox: list[Seen]) -> None:
    for seen in mailbox:
        labels, own = seen.labels, "<me@example.com>" in seen.header("From")
        assert len(labels) == len(seen.message.labels) + len(seen.message.hidden)
        assert len(labels & TABS) <= 1
        assert not (labels & {"SPAM", "TRASH", "DRAFT"} and "INBOX" in labels)
        assert own == bool(labels & {"SENT", "DRAFT", "SCHEDULED"}), seen.message.thread
        assert not labels & STARS or "STARRED" in labels
        assert "DRAFT" not in labels or labels == {"DRAFT"}


def test_bcc_stands_in_own_sent_mail_alone(mailbox: list[Seen]) -> None:
    with_bcc = [seen for seen in mailbox if seen.mail["Bcc"]]
    assert len(with_bcc) >= 3
    assert all("SENT" in seen.labels for seen in with_bcc)


def test_received_mail_was_delivered_to_me_and_own_mail_was_not(mailbox: list[Seen]) -> None:
    stamped = [seen for seen in mailbox if seen.mail["Received"]]
    assert len(stamped) > 250
    for seen in stamped:
        assert seen.header("Delivered-To").startswith("me"), seen.message.thread
        assert not seen.labels & {"SENT", "DRAFT"}
    assert len({seen.header("Delivered-To") for seen in stamped}) >= 4
