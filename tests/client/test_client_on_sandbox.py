"""The typed calls against a server that was written from Google's documents, not from ours."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from fakes import ImpatientClock
from gmailkit.config import Settings
from gmailkit.errors import Conflict, NotFound, Refused, UsageError
from gmailkit.gmail import Gmail
from gmailkit.model.filter import FilterAction, FilterCriteria
from gmailkit.model.ids import LabelId
from gmailkit.model.settings import LanguageSettings, PopSettings, VacationSettings
from gmailkit.paths import Home
from gmailkit.sandbox import Sandbox
from gmailkit.secret import Secret

ME = "me@example.com"
INBOX, STARRED, UNREAD = LabelId("INBOX"), LabelId("STARRED"), LabelId("UNREAD")
RAW = (
    b"From: Ann <ann@example.com>\r\nTo: me@example.com\r\nSubject: One\r\n"
    b"Date: Tue, 24 Nov 2026 10:00:00 +0000\r\nMessage-ID: <one@example.com>\r\n\r\nHello\r\n"
)


@pytest.fixture
def full(sandbox: Sandbox, home: Home) -> Iterator[Gmail]:
    """Signed in with all that a person can grant."""
    token = sandbox.issue_token(ME, ["https://mail.google.com/", "gmail.settings.basic"])
    settings = Settings(
        home=home, access_token=Secret(token), endpoint=sandbox.url, units_per_minute=None
    )
    with Gmail(settings=settings, clock=ImpatientClock()) as gmail:
        yield gmail


def test_an_inserted_message_keeps_its_date_and_comes_back_byte_for_byte(full: Gmail) -> None:
    put = full.messages.insert(RAW, label_ids=[INBOX, UNREAD], internal_date_source="dateHeader")
    message, content = full.messages.get_raw(put.id)
    assert message.internal_date == datetime(2026, 11, 24, 10, tzinfo=UTC)
    assert set(message.label_ids) == {INBOX, UNREAD}
    assert content.bytes == RAW


def test_the_internal_date_is_exact_to_the_millisecond(sandbox: Sandbox, full: Gmail) -> None:
    date = datetime(2026, 3, 1, 12, 0, 0, 123_000, tzinfo=UTC)
    id = sandbox.mail.put(ME, RAW, date=date)
    assert full.messages.get(id, format="minimal").internal_date == date
    assert full.threads.get(full.messages.get(id).thread_id).messages[0].internal_date == date


def test_an_imported_message_is_dated_by_its_header(full: Gmail) -> None:
    put = full.messages.import_(RAW, label_ids=[INBOX], never_mark_spam=True)
    assert full.messages.get(put.id).date == datetime(2026, 11, 24, 10, tzinfo=UTC)


def test_labels_of_messages_and_threads_change(full: Gmail) -> None:
    id = full.messages.insert(RAW, label_ids=[INBOX]).id
    thread = full.messages.modify(id, add_label_ids=[STARRED]).thread_id
    full.threads.modify(thread, remove_label_ids=[INBOX])
    assert full.messages.get(id).label_ids == (STARRED,)
    full.messages.batch_modify([id], add_label_ids=[UNREAD], remove_label_ids=[STARRED])
    assert [ref.id for ref in full.messages.list(label_ids=[UNREAD])] == [id]


def test_untrash_does_not_bring_back_the_inbox(full: Gmail) -> None:
    id = full.messages.insert(RAW, label_ids=[INBOX]).id
    assert full.messages.trash(id).label_ids == (LabelId("TRASH"),)
    assert full.messages.untrash(id).label_ids == ()


def test_deleting_is_for_good(full: Gmail) -> None:
    ids = [full.messages.insert(RAW).id for _ in range(3)]
    full.messages.delete(ids[0])
    full.messages.batch_delete(ids[1:])
    assert list(full.messages.list(include_spam_trash=True)) == []
    with pytest.raises(NotFound):
        full.messages.get(ids[0])


def test_a_draft_keeps_its_id_while_its_message_gets_others(full: Gmail) -> None:
    first = full.drafts.create(RAW)
    second = full.drafts.update(first.id, RAW.replace(b"One", b"Two"))
    assert first.message is not None
    assert second.message is not None
    assert (second.id, second.message.id != first.message.id) == (first.id, True)
    assert [draft.id for draft in full.drafts.list()] == [first.id]
    sent = full.drafts.send(first.id)
    assert full.messages.get(sent.id).header("Subject") == "Two"
    with pytest.raises(NotFound):
        full.drafts.get(first.id)


def test_history_tells_what_happened_since_and_where_to_go_on(full: Gmail) -> None:
    start = full.profile().history_id
    id = full.messages.insert(RAW, label_ids=[INBOX]).id
    full.messages.modify(id, add_label_ids=[STARRED])
    full.messages.delete(id)
    changes = full.history.list(start)
    records = list(changes)
    added = [a.message.id for r in records for a in r.messages_added if a.message]
    starred = [a.label_ids for r in records for a in r.labels_added]
    gone = [d.message.id for r in records for d in r.messages_deleted if d.message]
    assert (added, starred, gone) == ([id], [(STARRED,)], [id])
    assert changes.history_id is not None
    assert list(full.history.list(changes.history_id)) == []


def test_history_of_the_future_needs_a_full_sync(full: Gmail) -> None:
    with pytest.raises(NotFound, match="history"):
        list(full.history.list(2**60))


def test_a_watch_ends_at_a_time_with_a_zone(full: Gmail) -> None:
    topic = "projects/gmailkit-sandbox/topics/mail"
    watch = full.watch(topic, label_ids=[INBOX], label_filter_behavior="include")
    assert watch.expiration is not None
    left = watch.expiration - datetime.now(UTC)
    assert timedelta(days=6) < left <= timedelta(days=7, minutes=1)
    full.stop()
    with pytest.raises(UsageError, match="topicName"):
        full.watch("projects/somebody-else/topics/mail")


def test_the_vacation_reply_keeps_its_times_to_the_millisecond(full: Gmail) -> None:
    start = datetime(2026, 12, 24, 0, 0, 0, 1000, tzinfo=UTC)
    away = VacationSettings(
        enable_auto_reply=True,
        response_subject="Away",
        response_body_plain_text="Back soon.",
        start_time=start,
        end_time=start + timedelta(days=7),
    )
    full.settings.update_vacation(away)
    assert full.settings.get_vacation() == away
    off = msgspec.structs.replace(away, enable_auto_reply=False)
    assert full.settings.update_vacation(off).enable_auto_reply is False


def test_filters_are_made_and_found_and_deleted(full: Gmail) -> None:
    made = full.settings.filters.create(
        FilterCriteria(from_="ci@example.com", size=5000, size_comparison="larger"),
        FilterAction(remove_label_ids=(INBOX,)),
    )
    assert full.settings.filters.list() == (made,)
    assert full.settings.filters.get(made.id).criteria.from_ == "ci@example.com"
    with pytest.raises((UsageError, Conflict)):
        full.settings.filters.create(made.criteria, made.action)
    full.settings.filters.delete(made.id)
    assert full.settings.filters.list() == ()


def test_settings_that_exist_once_are_replaced(full: Gmail) -> None:
    pop = PopSettings(access_window="fromNowOn", disposition="markRead")
    assert full.settings.update_pop(pop) == full.settings.get_pop() == pop
    imap = msgspec.structs.replace(full.settings.get_imap(), max_folder_size=1000)
    assert full.settings.update_imap(imap).max_folder_size == 1000
    spoken = full.settings.update_language(LanguageSettings(display_language="fr"))
    assert full.settings.get_language() == spoken


def test_the_signature_of_the_primary_address_changes_alone(full: Gmail) -> None:
    primary = next(each for each in full.settings.send_as.list() if each.is_primary)
    changed = full.settings.send_as.patch(primary.send_as_email, signature="<b>Me</b>")
    assert changed == msgspec.structs.replace(primary, signature="<b>Me</b>")
    emptied = full.settings.send_as.patch(primary.send_as_email, signature="")
    assert emptied.signature == ""


def test_what_only_administrators_may_is_refused(full: Gmail) -> None:
    with pytest.raises(Refused):
        full.settings.forwarding_addresses.create("ann@example.com")
    assert full.settings.forwarding_addresses.list() == ()


def test_a_parameter_that_is_misspelt_is_told_its_neighbour(full: Gmail) -> None:
    with pytest.raises(UsageError, match="has no parameter 'maxResult'") as caught:
        full.call("messages.list", fields="messages", maxResult=1)
    assert caught.value.hint == "Did you mean maxResults?"


def test_what_belongs_into_the_body_is_told_so(full: Gmail) -> None:
    with pytest.raises(UsageError, match="has no parameter 'name'") as caught:
        full.call("labels.create", name="Receipts")
    assert caught.value.hint == "It goes into the body: body={'name': ...}"
    with pytest.raises(UsageError, match="is an object, not str"):
        full.call("labels.create", body="Receipts")  # type: ignore[arg-type]
