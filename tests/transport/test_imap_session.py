"""A session with a real server of IMAP: how it signs in, what it asks, how it is shown."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

import dovecot
from fakes import ImpatientClock
from gmailkit.errors import CannotDo, NotFound, SignInNeeded, Unreachable
from gmailkit.secret import Secret
from gmailkit.transport import sasl
from gmailkit.transport.imap.explain import explain as explain_imap
from gmailkit.transport.imap.session import PIECE, Session
from gmailkit.transport.mail_server import read_mail_server
from gmailkit.transport.pop3.explain import explain as explain_pop3
from gmailkit.transport.pop3.session import Session as Pop3Session
from gmailkit.transport.sasl import Login
from gmailkit.transport.transcript import Event, Hear, Line, Said, as_lines
from scripted_imap import OPEN, SELECTED, ScriptedImap

WHEN = datetime(2026, 3, 1, 12, 30, 5, tzinfo=UTC)
RAW = b"Subject: x\r\n\r\nlone \r and \r\r\n, \xff\xfe and the end"


@pytest.fixture
def server() -> dovecot.Dovecot:
    return dovecot.running()


@pytest.fixture
def trusted(server: dovecot.Dovecot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(server.folder / "server.pem"))


@pytest.fixture
def session(request: pytest.FixtureRequest) -> Iterator[Session]:
    with dovecot.session("imap", request.node.name[:60]) as opened:
        yield opened


def signing(kind: str, secret: str, user: str = "signing", hear: Hear | None = None) -> Session:
    server = dovecot.running()
    login = Login(
        user=user, kind="token" if kind == "token" else "password", secret=lambda: Secret(secret)
    )
    return Session(read_mail_server(server.url("imaps", user)), login, hear=hear)


@pytest.mark.parametrize("way", ["PLAIN", "", "XOAUTH2", "OAUTHBEARER"])
def test_a_password_and_a_token_open_it_over_tls_and_a_wrong_one_is_told(
    server: dovecot.Dovecot, trusted: None, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In each way that both sides know; "" is the protocol's own."""
    server.tokens["token-of-signing"] = "signing"
    kind, secret = ("token", "token-of-signing") if "O" in way else ("password", dovecot.WORD)
    monkeypatch.setattr(sasl, kind.upper(), (way,))
    said: list[Event] = []
    with signing(kind, secret, hear=said.append) as opened:
        assert "INBOX" in [each.name for each in opened.folders()]
    lines = [line for event in said for line in as_lines(event)]
    assert sum(f"AUTHENTICATE {way}" in each for each in lines) == (1 if way else 0)
    assert sum(" LOGIN " in each for each in lines) == (0 if way else 1)
    with pytest.raises(SignInNeeded, match="not let signing in"), signing(kind, "wrong-one"):
        pass
    there = read_mail_server(server.url("pop3s", "signing"))
    login = Login(user="signing", kind=kind, secret=lambda: Secret(secret))  # type: ignore[arg-type]
    with Pop3Session(there, login) as other:
        assert other.offered() == {}
    login = replace(login, secret=lambda: Secret("wrong-one"))
    with pytest.raises(SignInNeeded, match="not let signing in"), Pop3Session(there, login):
        pass


def test_a_certificate_nobody_vouches_for_is_refused(server: dovecot.Dovecot) -> None:
    with pytest.raises(Unreachable, match="is not trusted"), signing("password", dovecot.WORD):
        pass


def test_the_transcript_shows_every_line_and_no_secret_and_no_mail(
    server: dovecot.Dovecot, trusted: None
) -> None:
    events: list[Event] = []
    server.tokens["token-of-shown"] = "shown"
    for kind, secret in (
        ("password", dovecot.WORD),
        ("token", "token-of-shown"),
        ("token", "bad-token"),
    ):
        login = Login(user="shown", kind=kind, secret=lambda secret=secret: Secret(secret))
        opened = Session(read_mail_server(server.url("imaps", "shown")), login, hear=events.append)
        try:
            with opened:
                opened.append("INBOX", [RAW], len(RAW))
                opened.examine("INBOX")
                opened.content(opened.uids()[-1])
        except SignInNeeded:
            pass
    text = "\n".join(line for event in events for line in as_lines(event))
    for word in (dovecot.WORD, "token-of-shown", "bad-token", "lone", "dXNlcj1", "AHNob3du"):
        assert word not in text
    for word in (
        "AUTHENTICATE PLAIN [secret]",
        "AUTHENTICATE XOAUTH2 [secret]",
        "bytes of mail",
    ):
        assert word in text


def test_a_message_comes_back_byte_for_byte_with_its_flags_and_date(session: Session) -> None:
    uid = session.append("INBOX", [RAW], len(RAW), flags=["\\Seen", "$Own"], received=WHEN)
    session.examine("INBOX")
    assert session.uids() == [uid]
    listed = session.fetch([uid], "UID FLAGS INTERNALDATE RFC822.SIZE")[uid].listed
    assert (listed.size, listed.received) == (len(RAW), WHEN)
    assert {"\\Seen", "$Own"} <= listed.flags
    content = session.content(uid)
    assert content is not None
    assert content.bytes == RAW
    assert session.content(uid + 1) is None


def test_a_large_message_comes_in_pieces_and_lies_on_disk(session: Session) -> None:
    piece = b"0123456789abcdef" * 4096
    count = 20 * 16
    uid = session.append("INBOX", (piece for _ in range(count)), count * len(piece))
    session.examine("INBOX")
    content = session.content(uid, count * len(piece))
    assert content is not None
    with content:
        assert content.size == count * len(piece) == 20 * PIECE
        assert content.part(17 * PIECE, 16) == piece[:16]


def test_folders_of_every_name_are_made_found_and_told(session: Session) -> None:
    names = ["Wörk/日本", "a[b", 'tom & "jerry"', "back\\slash", "{5}", "😀", "12"]
    for name in names:
        session.create(name)
    assert {*names, "Wörk"} <= {each.name for each in session.folders()}
    for name in names:
        assert session.examine(name).count == 0
    marks = {each.name for each in session.folders() if each.has("\\Trash")}
    assert marks == {"Papierkorb"}
    with pytest.raises(NotFound):
        session.examine("Nowhere")


def test_messages_are_copied_moved_and_removed_one_by_one(session: Session, tmp_path: Path) -> None:
    first, second = (session.append("INBOX", [RAW], len(RAW), received=WHEN) for _ in "ab")
    session.create("There")
    session.examine("INBOX", write=True)
    session.copy(first, "There")
    session.move([first], "There")
    session.store([second], "+FLAGS", ["\\Flagged"])
    assert session.uids() == [second]
    session.remove([second])
    assert session.uids() == []
    session.examine("There")
    assert len(session.uids()) == 2


def test_a_message_is_sent_at_once_where_the_server_takes_it_so() -> None:
    """LITERAL+ (RFC 7888) saves the wait for its yes."""
    said: list[Event] = []
    with dovecot.session("imap", "at-once", hear=said.append) as session:
        said.clear()
        session.append("INBOX", [RAW], len(RAW))
        lines = [line for event in said for line in as_lines(event)]
        assert lines[0].endswith(f"{{{len(RAW)}+}}")
        assert not any(" S + " in line for line in lines)
        session.capabilities -= {"LITERAL+"}
        said.clear()
        session.append("INBOX", [RAW], len(RAW))
        lines = [line for event in said for line in as_lines(event)]
        assert lines[0].endswith(f"{{{len(RAW)}}}")
        assert any(" S + " in line for line in lines)


def test_what_would_touch_other_messages_is_not_tried() -> None:
    """To delete without UIDPLUS takes what others marked, to move without MOVE are two steps."""
    plain = b"* CAPABILITY IMAP4rev1\r\nTAG OK\r\n"
    with ScriptedImap([OPEN[0], plain, OPEN[2], plain]) as scripted:
        session = scripted.opened(timeout=5)
        with pytest.raises(CannotDo, match="has no UIDPLUS"):
            session.remove([1])
        with pytest.raises(CannotDo, match="offers no MOVE"):
            session.move([1], "Trash")
    assert not any(b"UID" in line for line in scripted.heard)


def test_an_answer_that_comes_too_late_is_not_taken_for_that_of_another_folder() -> None:
    late = b"* 1 FETCH (UID 1 BODY[] {5}\r\nother)\r\n" + SELECTED
    size = b"* 1 FETCH (UID 1 RFC822.SIZE 7)\r\nTAG OK\r\n"
    scripts = [[*OPEN, SELECTED, b"", late, size], [*OPEN, SELECTED, SELECTED, size]]
    with ScriptedImap(*scripts) as server:
        session = server.opened(clock=ImpatientClock(), timeout=0.5)
        session.examine("INBOX")
        asked = session.ask([1], "UID BODY.PEEK[]")
        session.examine("Work")
        assert session.fetch([1], "UID RFC822.SIZE")[1].bytes is None
        assert session.answer(asked) is None


def test_a_lost_connection_comes_back_to_the_folder_it_was_in(session: Session) -> None:
    uid = session.append("INBOX", [RAW], len(RAW))
    session.examine("INBOX")
    for _ in range(3):
        session.hang_up()
        assert session.uids() == [uid]
    assert session.connections == 4


@pytest.mark.parametrize("protocol", ["imap", "pop3"])
def test_a_line_in_clear_goes_over_to_tls_before_anybody_signs_in(
    server: dovecot.Dovecot, trusted: None, protocol: str
) -> None:
    events: list[Event] = []
    kind = Session if protocol == "imap" else Pop3Session
    there = replace(read_mail_server(server.url(protocol, "clear")), security="starttls")
    login = Login(user="clear", kind="password", secret=lambda: Secret(dovecot.WORD))
    with kind(there, login, hear=events.append):
        pass
    said = [type(each).__name__ for each in events]
    shown = [line for event in events for line in as_lines(event)]
    secured = said.index("Secured")
    assert any("STARTTLS" in line or "STLS" in line for line in shown[:secured])
    assert not any("AUTH" in line and " C " in line for line in shown[:secured])


def test_who_offers_no_tls_off_this_machine_is_told_no_password() -> None:
    with ScriptedImap(OPEN) as scripted:
        there = replace(
            read_mail_server(f"imap://ann@127.0.0.1:{scripted.port}"), security="starttls"
        )
        login = Login(user="ann", kind="password", secret=lambda: Secret("open-sesame"))
        with pytest.raises(CannotDo, match="offers no STARTTLS"), Session(there, login):
            pass
        assert not any(b"LOGIN" in line for line in scripted.heard)
    clear = replace(read_mail_server("imap://ann@192.0.2.1"), security="none")
    with pytest.raises(Unreachable, match="nothing is said in clear"), Session(clear, login):
        pass
    assert read_mail_server("imap://ann@mail.example.org").security == "starttls"
    assert read_mail_server("pop3://ann@mail.example.org").security == "starttls"


def test_each_line_of_a_session_is_explained(server: dovecot.Dovecot, trusted: None) -> None:
    for protocol, meaning in (("imaps", explain_imap), ("pop3s", explain_pop3)):
        events: list[Event] = []
        kind = Session if protocol == "imaps" else Pop3Session
        login = Login(user="explained", kind="password", secret=lambda: Secret(dovecot.WORD))
        with kind(
            read_mail_server(server.url(protocol, "explained")), login, hear=events.append
        ) as opened:
            if isinstance(opened, Session):
                uid = opened.append("INBOX", [RAW], len(RAW))
                opened.folders()
                opened.prefix()
                opened.room()
                opened.examine("INBOX", write=True)
                opened.fetch(opened.uids(), "UID FLAGS")
                opened.store([uid], "+FLAGS", ["\\Seen"])
            else:
                (name,) = opened.offered()
                opened.head(name)
                opened.content(name).close()
                opened.delete(name)
        unknown = [
            event
            for event in events
            if isinstance(event, Line | Said)
            and any("gmailkit knows" in words for words in meaning(event))
        ]
        assert not unknown
        assert all(list(meaning(event)) for event in events if isinstance(event, Line))
