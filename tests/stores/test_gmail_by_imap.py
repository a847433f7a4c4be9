"""A mailbox of Gmail read over IMAP from the sandbox's own door: what its API says of it too."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from gmailkit.errors import CannotDo, DailyLimit, NotFound, SignInNeeded
from gmailkit.gmail import Gmail
from gmailkit.model.item import Item, Ref
from gmailkit.query.parse import parse
from gmailkit.record import bandwidth as record
from gmailkit.sandbox import Sandbox
from gmailkit.sandbox.limits import Limits
from gmailkit.secret import Secret
from gmailkit.stores.imap import GmailImapStore, ImapStore
from gmailkit.stores.protocol import Begun
from gmailkit.transport.imap.idle import wait
from gmailkit.transport.imap.session import Session
from gmailkit.transport.mail_server import MailServer
from gmailkit.transport.meter import UNMETERED, Meter
from gmailkit.transport.sasl import Login
from gmailkit.transport.transcript import Event, Hear, Line

ME = "me@example.com"
RAW = b"From: ann@example.com\r\nSubject: %s\r\nMessage-ID: <%s@x.example>\r\n\r\nHello \xff.\r\n"


@pytest.fixture
def opened(sandbox: Sandbox) -> Iterator[Callable[..., GmailImapStore]]:
    made: list[GmailImapStore] = []

    def open_(kind: str = "token", secret: str = "") -> GmailImapStore:
        session = session_of(sandbox, kind, secret).__enter__()
        made.append(GmailImapStore(session))
        return made[-1]

    yield open_
    for store in made:
        store.close()


def session_of(
    sandbox: Sandbox,
    kind: str = "token",
    secret: str = "",
    meter: Meter = UNMETERED,
    hear: Hear | None = None,
) -> Session:
    given = secret or (
        sandbox.issue_token(ME, ["https://mail.google.com/"])
        if kind == "token"
        else sandbox.app_password(ME)
    )
    server = MailServer.of("imaps", "127.0.0.1", sandbox.imap_port, ME)
    login = Login(user=ME, kind=kind, secret=lambda: Secret(given))
    return Session(server, login, context=sandbox.trust(), timeout=10, meter=meter, hear=hear)


def put(sandbox: Sandbox, name: str, *labels: str) -> Ref:
    return Ref(sandbox.mail.put(ME, RAW % (name.encode(), name.encode()), labels=list(labels)))


def items(store: GmailImapStore, refs: object) -> dict[Ref, Item]:
    found = {}
    for ref, got in store.fetch(refs):  # type: ignore[arg-type]
        assert isinstance(got, Item), got
        got.content.part(0, 1)
        found[ref] = got
    return found


@pytest.mark.parametrize("kind", ["token", "password"])
def test_each_message_comes_once_under_its_api_id_with_labels_flags_and_bytes(
    sandbox: Sandbox, opened: Callable[..., GmailImapStore], kind: str
) -> None:
    one = put(sandbox, "one", "INBOX", "STARRED", "Reise/Köln", 'A "b" \\ [c', "UNREAD")
    two = put(sandbox, "two", "SENT", "IMPORTANT", "CATEGORY_SOCIAL")
    spam, bin_, draft = (put(sandbox, x, x) for x in ("SPAM", "TRASH", "DRAFT"))
    bare = put(sandbox, "bare")
    store = opened(kind)
    assert sorted(store.refs()) == sorted([one, two, spam, bin_, draft, bare])
    got = items(store, [bare, one, spam, two, bin_, draft])
    assert got[one].labels == {"INBOX", "Reise/Köln", 'A "b" \\ [c'}
    assert got[one].flags == {"flagged"}
    assert (got[two].labels, got[two].flags) == (
        {"SENT", "IMPORTANT", "CATEGORY_SOCIAL"},
        {"seen"},
    )
    assert (got[spam].labels, got[bin_].labels, got[bare].labels) == ({"SPAM"}, {"TRASH"}, set())
    assert got[draft].flags == {"seen", "draft"}
    assert got[one].content.bytes == RAW % (b"one", b"one")
    assert got[one].thread == one
    for ref, begun in store.skim([bare, one, spam, draft]):
        assert isinstance(begun, Begun)
        same = got[ref]
        assert begun.item.content.bytes == same.content.bytes
        assert replace(begun.item, content=same.content) == same
        assert begun.size == same.content.size
    told = {each.name: (each.messages, each.unread) for each in store.folders()}
    assert told["INBOX"] == told["Reise/Köln"] == (1, 1)
    assert told["SPAM"] == told["DRAFT"] == told["IMPORTANT"] == (1, 0)
    assert {ref: facts.size for ref, facts in store.survey([one, bin_])} == {
        one: len(RAW % (b"one", b"one")),
        bin_: len(RAW % (b"TRASH", b"TRASH")),
    }


def test_a_search_is_gmails_own(sandbox: Sandbox, opened: Callable[..., GmailImapStore]) -> None:
    one = put(sandbox, "lunch", "INBOX", "Ünïcode")
    put(sandbox, "dinner", "INBOX")
    spam = put(sandbox, "lunchtime", "SPAM")
    store = opened()
    assert list(store.refs(parse("subject:lunch"))) == [one]
    assert list(store.refs(parse("label:Ünïcode -subject:dinner"))) == [one]
    assert list(store.refs(parse('in:spam subject:"lunchtime"'))) == [spam]
    assert not list(store.refs(parse("subject:supper")))


def test_what_came_moved_or_went_since_the_listing_is_found_or_told(
    sandbox: Sandbox, gmail: Gmail, opened: Callable[..., GmailImapStore]
) -> None:
    here, moved, gone = (put(sandbox, name, "INBOX") for name in ("here", "moved", "gone"))
    store, other = opened(), opened()
    for each in (store, other):
        assert sorted(each.refs()) == sorted([here, moved, gone])
    late = put(sandbox, "late", "INBOX")
    gmail.trash(ids=[moved])
    user = sandbox.mail.users.get(ME)
    assert user
    there = sandbox.mail.messages.find(user.n, gone)
    assert there
    sandbox.mail.messages.remove(user.n, [there])
    every = [late, moved, here]
    begun = {ref: x.item.labels for ref, x in other.skim(every) if isinstance(x, Begun)}
    assert begun == {ref: item.labels for ref, item in items(store, every).items()}
    assert begun == {late: {"INBOX"}, moved: {"TRASH"}, here: {"INBOX"}}
    for ref, got in (*store.fetch([gone]), *other.skim([gone])):
        assert isinstance(got, NotFound)
        assert ref == gone


def test_hidden_all_mail_is_said_and_hidden_spam_is_noted(
    sandbox: Sandbox, opened: Callable[..., GmailImapStore]
) -> None:
    put(sandbox, "spam", "SPAM")
    one = put(sandbox, "one", "INBOX")
    sandbox.hide_from_imap(ME, ["SPAM"])
    store = opened()
    assert list(store.refs()) == [one]
    assert store.notes == ("Spam is hidden from IMAP: what lies there is not seen.",)
    sandbox.hide_from_imap(ME, ["ALL"])
    with pytest.raises(CannotDo, match=r"All Mail of me@example\.com is hidden from IMAP"):
        list(opened().refs())


def test_a_token_that_is_no_good_is_told_with_what_it_lacks(
    sandbox: Sandbox, opened: Callable[..., GmailImapStore]
) -> None:
    with pytest.raises(SignInNeeded, match=r"https://mail\.google\.com/") as caught:
        opened("token", sandbox.issue_token(ME, ["gmail.readonly"]))
    assert caught.value.hint == "gmailkit login --for full"


def test_gmails_folders_can_also_be_read_as_any_servers(sandbox: Sandbox) -> None:
    put(sandbox, "one", "INBOX", "Work")
    put(sandbox, "bare")
    put(sandbox, "bin", "TRASH")
    with ImapStore(session_of(sandbox).__enter__()) as store:
        found = {
            got.content.bytes.split()[3]: got.labels
            for _, got in store.fetch(store.refs())
            if isinstance(got, Item)
        }
    assert found == {b"one": {"INBOX", "Work"}, b"bare": frozenset(), b"bin": {"TRASH"}}


def test_the_bandwidth_of_a_day_ends_a_run_before_gmail_shuts_it_out(
    sandbox: Sandbox, opened: Callable[..., GmailImapStore], tmp_path: Path
) -> None:
    refs = [put(sandbox, f"{n}", "INBOX") for n in range(60)]
    sandbox.meter.limits = Limits(imap_download_per_day=40_000)
    limits = record.Limits(down=15_000, up=10_000)
    allowance = record.Allowance(lambda: tmp_path, "imap", limits=limits)
    session = session_of(sandbox, meter=allowance).__enter__()
    with closing(allowance), GmailImapStore(session) as store:
        with pytest.raises(DailyLimit, match="it goes on at"):
            for _ in range(9):
                items(store, refs)
        with pytest.raises(DailyLimit):  # a second run of the same day
            items(store, refs)
    store = opened()  # without that, Gmail itself says no
    with pytest.raises(DailyLimit, match="gives no more today"):
        for _ in range(30):
            items(store, refs)


def test_names_and_headers_in_utf8_go_there_and_back_and_news_is_told(sandbox: Sandbox) -> None:
    raw = "Subject: Größe 日本\r\nMessage-ID: <u@x>\r\n\r\nBödy\r\n".encode()
    said: list[Event] = []
    with session_of(sandbox, hear=said.append) as session, session_of(sandbox) as other:
        assert session.utf8
        other.examine("INBOX")
        uid = session.append("INBOX", [raw], len(raw))
        assert wait(other, 60, lambda _: None)
        session.examine("INBOX")
        content = session.content(uid)
        assert content
        assert content.bytes == raw
        assert any("UTF8 (~{" in each.text for each in said if isinstance(each, Line))  # RFC 6855
        session.create('Größe "x" \\ [y')
        assert 'Größe "x" \\ [y' in [each.name for each in session.folders()]


def test_many_messages_that_came_since_are_found_by_one_look(sandbox: Sandbox) -> None:
    """A search for each would look at all mail as often."""
    said: list[Event] = []
    put(sandbox, "old", "INBOX")
    with GmailImapStore(session_of(sandbox, hear=said.append).__enter__()) as store:
        assert len(list(store.refs())) == 1
        refs = [put(sandbox, f"new {n}", "TRASH" if n % 5 == 0 else "INBOX") for n in range(20)]
        assert list(items(store, refs)) == refs
        assert dict(store.survey([*refs, Ref("7f")])).keys() == set(refs)
    searches = [each.text for each in said if isinstance(each, Line) and "SEARCH" in each.text]
    assert len([each for each in searches if "X-GM-MSGID" in each]) == 0
    assert len(searches) < 40
