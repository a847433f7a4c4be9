"""Mail of POP3 servers: Dovecot, and the sandbox's own door, which does as Gmail does."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest

import dovecot
from fakes import FakeClock
from gmailkit.errors import NotFound, Refused, SignInNeeded, TryLater
from gmailkit.model.item import Item, Ref
from gmailkit.query.parse import parse
from gmailkit.record.taken import Taken
from gmailkit.sandbox import Sandbox
from gmailkit.secret import Secret
from gmailkit.stores.pop3 import Pop3Store
from gmailkit.transport.mail_server import MailServer, read_mail_server
from gmailkit.transport.pop3.session import Session
from gmailkit.transport.sasl import Login
from gmailkit.transport.transcript import Event, as_lines
from sandbox_caller import Caller
from scripted_imap import ScriptedImap

ME = "me@example.com"
NUMBERS = count()
ODD = [
    b"Subject: plain\r\n\r\nText.\r\n",
    b"Subject: dots\r\n\r\n.\r\n..\r\n...a\r\n.b\r\n",
    b".Subject: a dot first\r\n\r\n\r\n",
    b"Subject: lone\r\n\r\na\rb\r\r\nc \xff\xfe\r\n.\r\n",
    b"Subject: no end\r\n\r\nend",
    b"Subject: long line\r\n\r\n" + b"x" * 3_000_000 + b"\r\n.\r\n\r\n",
]


@pytest.fixture
def opened() -> Iterator[Callable[..., Pop3Store]]:
    """A mailbox of Dovecot with these messages in it, which may be opened again by its name."""
    with ExitStack() as stack:

        def open_(
            mail: Sequence[bytes] = (),
            user: str = "",
            kind: str = "pop3",
            hear: object = None,
            **how: Taken,
        ) -> Pop3Store:
            user = user or f"pop{next(NUMBERS)}"
            if mail:
                with dovecot.session("imap", user) as imap:
                    for raw in mail:
                        imap.append("INBOX", [raw], len(raw))
            server = dovecot.running()
            login = Login(user=user, kind="password", secret=lambda: Secret(dovecot.WORD))
            session = Session(read_mail_server(server.url(kind, user)), login, hear=hear)  # type: ignore[arg-type]
            return Pop3Store(stack.enter_context(session), **how)  # type: ignore[arg-type]

        yield open_


@pytest.fixture
def taken(tmp_path: Path) -> Iterator[Taken]:
    record = Taken(lambda: tmp_path, clock=FakeClock())
    yield record
    record.close()


def bytes_of(store: Pop3Store, refs: list[Ref] | None = None) -> list[bytes]:
    found = []
    for _, got in store.fetch(store.refs() if refs is None else refs):
        assert isinstance(got, Item), got
        found.append(got.content.bytes)
    return found


def test_mail_comes_byte_for_byte_and_stays(opened: Callable[..., Pop3Store]) -> None:
    store = opened(ODD)
    assert bytes_of(store) == ODD
    refs = list(store.refs())
    assert bytes_of(store, refs[::-1]) == ODD[::-1]
    ((_, got),) = store.fetch([Ref("nothing")])
    assert isinstance(got, NotFound)
    sizes = [facts.size for _, facts in store.survey(refs)]
    assert sizes == [len(raw) for raw in ODD]


def test_a_search_reads_headers_only_as_far_as_it_can(opened: Callable[..., Pop3Store]) -> None:
    events: list[Event] = []
    store = opened(ODD, hear=events.append)
    assert bytes_of(store, list(store.refs(parse("subject:dots")))) == [ODD[1]]
    lines = [line for event in events for line in as_lines(event)]
    assert sum("C TOP " in line for line in lines) == len(ODD)
    assert sum("C RETR " in line for line in lines) == 1
    assert bytes_of(store, list(store.refs(parse("text larger:10")))) == [ODD[0]]


def test_only_what_is_new_comes_the_next_time(
    opened: Callable[..., Pop3Store], taken: Taken
) -> None:
    store = opened(ODD[:2], user="again", taken=taken)
    refs = list(store.refs())
    store.settle(refs, sure=False)
    store.close()
    store = opened(ODD[2:3], user="again", taken=taken)
    assert bytes_of(store) == ODD[2:3]


def test_mail_is_deleted_only_when_it_has_been_elsewhere_for_as_long_as_was_said(
    opened: Callable[..., Pop3Store], taken: Taken
) -> None:
    store = opened(ODD[:3], user="deleted", taken=taken)
    one, two, three = store.refs()
    store.settle([one, two], sure=False)
    with pytest.raises(Refused, match="stays on the server"):
        store.remove([one])
    store.settle([one, three], sure=True)
    assert store.due(1) == []
    assert store.due(0) == [one, three]
    taken._clock.sleep(86_400)
    assert store.due(1) == [one, three]
    store.remove(store.due(1))
    store.close()
    assert bytes_of(opened(user="deleted")) == [ODD[1]]


def test_a_name_that_the_server_gives_anew_is_that_of_new_mail(taken: Taken) -> None:
    """RFC 1939 section 7 has a name unique only as long as its message is there."""

    def visit(name: str, subject: bytes) -> ScriptedImap:
        listed = (b"+OK\r\n1 16\r\n.\r\n", b"+OK\r\n1 %b\r\n.\r\n" % name.encode())
        mail = b"+OK\r\nSubject: %b\r\n\r\n.\r\n" % subject
        opening = (b"+OK hello\r\n", b"-ERR what\r\n", b"+OK\r\n", b"+OK in\r\n")
        return ScriptedImap([*opening, *listed, mail, b"+OK\r\n", b"+OK bye\r\n"])

    def taken_from(server: ScriptedImap) -> list[bytes]:
        there = MailServer.of("pop3", "127.0.0.1", 110, "ann")
        login = Login(user="ann", kind="password", secret=lambda: Secret("open-sesame"))
        session = Session(replace(there, port=server.port), login)
        session.__enter__()
        session.server = there  # the same one, as far as its name goes
        with Pop3Store(session, taken=taken) as store:
            refs = list(store.refs())
            found = bytes_of(store, refs)
            store.settle(refs, sure=True)
            store.remove(store.due(0))
        return found

    for subject in (b"one", b"two"):
        with visit("1", subject) as server:
            assert taken_from(server) == [b"Subject: %b\r\n\r\n" % subject]
            assert b"DELE 1\r\n" in server.heard


def test_a_name_that_somebody_else_freed_is_that_of_new_mail(
    opened: Callable[..., Pop3Store], taken: Taken
) -> None:
    store = opened(ODD[:2], user="freed", taken=taken)
    store.settle(store.refs(), sure=True)
    store.close()
    other = opened(user="freed")
    other.session.delete(next(other.refs()))
    other.close()
    store = opened(user="freed", taken=taken)
    assert list(store.refs()) == []
    assert len(taken.names(store.name, "")) == 1


def test_mail_that_was_marked_stays_when_the_connection_is_lost(
    opened: Callable[..., Pop3Store],
) -> None:
    store = opened(ODD[:2])
    one, two = store.refs()
    store.session.delete(one)
    store.session.hang_up()
    assert bytes_of(store, [one, two]) == ODD[:2]
    assert store.session.connections > 1


def test_what_was_marked_over_a_lost_connection_is_marked_again(
    opened: Callable[..., Pop3Store], taken: Taken, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = opened(ODD[:3], user="torn", taken=taken)
    one, two, three = store.refs()
    store.settle([one, two], sure=True)
    delete, lost = store.session.delete, iter([False, True])

    def torn(name: str) -> None:
        if next(lost, False):
            store.session.hang_up()
        delete(name)

    monkeypatch.setattr(store.session, "delete", torn)
    store.remove([one, two])
    store.close()
    left = opened(user="torn")
    assert bytes_of(left) == ODD[2:3]
    assert list(left.refs()) == [three]


def test_a_wrong_password_and_a_mailbox_somebody_reads_are_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    server = dovecot.running()
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(server.folder / "server.pem"))
    server.tokens["token-of-pop"] = "poptoken"
    events: list[Event] = []
    for kind, secret in (
        ("password", "wrong-word"),
        ("token", "wrong-token"),
        ("token", "token-of-pop"),
    ):
        login = Login(user="poptoken", kind=kind, secret=lambda secret=secret: Secret(secret))
        session = Session(
            read_mail_server(server.url("pop3s", "poptoken")), login, hear=events.append
        )
        if secret == "token-of-pop":
            with session:
                assert session.offered() == {}
            continue
        with pytest.raises(SignInNeeded, match="does not let poptoken in"), session:
            pass
    text = "\n".join(line for event in events for line in as_lines(event))
    for word in ("wrong-word", "wrong-token", "token-of-pop", "dXNlc", "AHBvcHRva2Vu"):
        assert word not in text
    assert "AUTH XOAUTH2" in text
    assert "[secret]" in text


def test_a_mailbox_of_gmail_that_is_shut_says_how_it_is_opened(sandbox: Sandbox) -> None:
    secret = sandbox.app_password(ME)
    server = MailServer.of("pop3s", "127.0.0.1", sandbox.pop3_port, ME)
    login = Login(user=ME, kind="password", secret=lambda: Secret(secret))
    with (
        pytest.raises(Refused, match="not enabled for POP") as caught,
        Session(server, login, context=sandbox.trust()),
    ):
        pass
    assert caught.value.hint == "gmailkit settings pop on --mail all"


@pytest.fixture
def gmails(sandbox: Sandbox) -> Iterator[Callable[..., Pop3Store]]:
    """Of an account that lets POP3 have all its mail."""
    scopes = ["gmail.settings.basic"]
    with closing(Caller(sandbox.url, sandbox.issue_token(ME, scopes))) as owner:
        body = {"accessWindow": "allMail", "disposition": "leaveInInbox"}
        assert owner.call("PUT", "settings/pop", json=body).ok
    with ExitStack() as stack:

        def open_(kind: str = "token", user: str = ME) -> Pop3Store:
            secret = (
                sandbox.issue_token(ME, ["https://mail.google.com/"])
                if kind == "token"
                else sandbox.app_password(ME)
            )
            server = MailServer.of("pop3s", "127.0.0.1", sandbox.pop3_port, ME)
            login = Login(user=user, kind=kind, secret=lambda: Secret(secret))  # type: ignore[arg-type]
            session = Session(server, login, context=sandbox.trust())
            return Pop3Store(stack.enter_context(session))

        yield open_


@pytest.mark.parametrize("kind", ["token", "password"])
def test_gmail_hands_out_once_and_again_in_recent_mode(
    sandbox: Sandbox, gmails: Callable[..., Pop3Store], kind: str
) -> None:
    for raw in ODD[:4]:
        sandbox.mail.put(ME, raw, labels=["INBOX"])
    store = gmails(kind)
    assert sorted(bytes_of(store)) == sorted(ODD[:4])
    store.close()
    assert bytes_of(gmails(kind)) == []
    assert sorted(bytes_of(gmails(kind, f"recent:{ME}"))) == sorted(ODD[:4])


def test_gmail_offers_again_what_was_read_and_came_nowhere(
    sandbox: Sandbox, gmails: Callable[..., Pop3Store], taken: Taken
) -> None:
    """It hands out once, and counts that when a session ends properly."""
    for n in range(2):
        sandbox.mail.put(ME, b"Subject: %d\r\n\r\nx\r\n" % n)
    store = gmails()
    store._taken = taken
    one, two = store.refs()
    bytes_of(store, [one, two])
    store.settle([one], sure=False)  # the disk of the target is full then
    store.close()
    store = gmails()
    store._taken = taken
    assert list(store.refs()) == [two]
    bytes_of(store, [two])
    store.settle([two], sure=False)
    store.close()
    assert list(gmails().refs()) == [one]  # which was settled without a proper end


def test_what_a_search_has_read_at_gmail_can_be_copied_then(
    sandbox: Sandbox, gmails: Callable[..., Pop3Store]
) -> None:
    for n in range(120):
        sandbox.mail.put(ME, b"Subject: %d\r\n\r\nwords\r\n" % n)
    store = gmails()
    found = list(store.refs(parse("words")))
    assert len(found) == 120
    assert len(bytes_of(store, found)) == 120


def test_more_than_one_session_serves_comes_all_the_same(
    sandbox: Sandbox, gmails: Callable[..., Pop3Store]
) -> None:
    mail = [b"Subject: %d\r\n\r\n" % n for n in range(620)]
    for raw in mail:
        sandbox.mail.put(ME, raw, labels=["INBOX"])
    store = gmails()
    assert sorted(bytes_of(store)) == sorted(mail)
    assert store.session.connections > 1


def test_a_mailbox_that_somebody_else_reads_is_told_to_be_busy() -> None:
    from gmailkit.transport.pop3.fault import error_of

    server = MailServer.of("pop3s", "mail.example.org", None, "ann")
    busy = error_of("-ERR [IN-USE] Do you have another session?", server, "the sign-in")
    assert isinstance(busy, TryLater)
