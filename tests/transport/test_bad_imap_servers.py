"""What a server of IMAP may do wrong, and what becomes of it: an error in one sentence, or nothing
at all where another connection helps.
"""

from __future__ import annotations

from contextlib import suppress

import hypothesis
import pytest
from hypothesis import settings
from hypothesis import strategies as st

from fakes import ImpatientClock
from gmailkit.errors import (
    CannotDo,
    Conflict,
    DailyLimit,
    GmailKitError,
    MailboxFull,
    NotFound,
    Refused,
    ServerFault,
    SignInNeeded,
    TryLater,
    Unreachable,
)
from gmailkit.stores.imap import ImapStore
from gmailkit.stores.imap.reading import Read, read
from gmailkit.stores.imap.survey import Place
from gmailkit.transport.again import TRIES
from gmailkit.transport.imap.answers import Folder, fetched, folders_in, numbered
from gmailkit.transport.imap.fault import _NONSENSE
from gmailkit.transport.imap.session import Session
from gmailkit.transport.imap.tokens import parse
from scripted_imap import HANG, HANG_UP, OPEN, SELECTED, ScriptedImap

BODY = b"Subject: x\r\n\r\n0123456789\r\n"


def opened(server: ScriptedImap) -> Session:
    return server.opened(clock=ImpatientClock(), timeout=0.6)


def given(uid: int, body: bytes, begin: int | None = 0) -> bytes:
    where = f"<{begin}>" if begin is not None else ""
    head = f"* {uid} FETCH (UID {uid} BODY[]{where} {{{len(body)}}}\r\n".encode()
    return head + body + b")\r\n"


@pytest.mark.parametrize(
    ("greeting", "kind", "words"),
    [
        (b"* BYE Too many connections\r\n" + HANG_UP, TryLater, "Too many connections"),
        (b"* BYE [UNAVAILABLE] down\r\n" + HANG_UP, TryLater, "down"),
        (HANG_UP, Unreachable, "closed the connection"),
        (HANG, Unreachable, "gave no answer"),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n" + HANG_UP, ServerFault, "is no IMAP"),
        (b"* OK " + b"x" * 500_000 + HANG_UP, Unreachable, "closed the connection"),
        (b"* 4 FETCH (((\r\n" + HANG_UP, ServerFault, "is no IMAP"),
    ],
)
def test_a_greeting_that_is_none_is_told(
    greeting: bytes, kind: type[GmailKitError], words: str
) -> None:
    with ScriptedImap([greeting]) as server, pytest.raises(kind, match=words) as caught:
        opened(server)
    assert caught.value.message.startswith("127.0.0.1:")
    assert "\n" not in caught.value.message


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        (b"TAG NO [AUTHENTICATIONFAILED] Invalid credentials\r\n", SignInNeeded, "not let ann in"),
        (b"TAG NO [ALERT] Application-specific password\r\n", SignInNeeded, "not let ann in"),
        (b"TAG NO [UNAVAILABLE] later\r\n", TryLater, "later"),
        (b"TAG NO Too many simultaneous connections. (Failure)\r\n", TryLater, "simultaneous"),
        (b"TAG NO [OVERQUOTA] Account exceeded bandwidth limits\r\n", DailyLimit, "no more today"),
        (b"TAG NO [ALERT] Your account is not enabled for IMAP use.\r\n", Refused, "not enabled"),
        (b"TAG BAD what\r\n", SignInNeeded, "not let ann in"),
        (HANG_UP, Unreachable, "closed the connection"),
    ],
)  # fmt: skip
def test_a_sign_in_that_fails_is_told(answer: bytes, kind: type[GmailKitError], words: str) -> None:
    with ScriptedImap([*OPEN[:2], answer]) as server, pytest.raises(kind, match=words) as caught:
        opened(server)
    assert "open-sesame" not in str(caught.value)
    if b"Application" in answer:
        assert "apppasswords" in caught.value.hint
    if kind is Refused:
        assert caught.value.hint == "gmailkit settings imap on"


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        (HANG, Unreachable, "gave no answer to the folder INBOX within 0.6 s"),
        (b"* 3 EXISTS\r\n" + HANG_UP, Unreachable, "closed the connection"),
        (b"\xff\xfe\x00 nonsense\r\n" + HANG_UP, ServerFault, "is no IMAP"),
        (b"TAG NO no such folder\r\n", NotFound, "no such folder"),
        (b"TAG NO [NOPERM] not yours\r\n", Refused, "not yours"),
        (b"TAG BAD no idea\r\n", ServerFault, "cannot follow"),
        (b"* OK [UIDVALIDITY x] ok\r\nTAG OK in\r\n", ServerFault, "no IMAP"),
    ],
)
def test_what_no_connection_helps_against_is_told(
    answer: bytes, kind: type[GmailKitError], words: str
) -> None:
    with ScriptedImap([*OPEN, answer]) as server:
        session = opened(server)
        with pytest.raises(kind, match=words):
            session.examine("INBOX")
        assert server.connections == (TRIES if kind in (Unreachable, ServerFault) else 1)


def test_a_message_cut_off_within_its_bytes_is_read_again_whole() -> None:
    torn = b"* 1 FETCH (UID 1 BODY[]<0> {25}\r\nSubject: x" + HANG_UP
    whole = (
        *OPEN,
        SELECTED,
        given(1, BODY) + b"TAG OK\r\n",
        given(1, b"", len(BODY)) + b"TAG OK\r\n",
    )
    with ScriptedImap([*OPEN, SELECTED, torn], whole) as server:
        session = opened(server)
        session.examine("INBOX")
        content = session.content(1)
        assert content is not None
        assert content.bytes == BODY
        assert session.connections == 2


def test_numbers_that_are_new_after_a_lost_connection_are_never_taken_for_the_old() -> None:
    anew = SELECTED.replace(b"UIDVALIDITY 7", b"UIDVALIDITY 8")
    with ScriptedImap([*OPEN, SELECTED, HANG_UP], [*OPEN, anew]) as server:
        session = opened(server)
        session.examine("INBOX")
        with pytest.raises(Conflict, match="made anew meanwhile") as caught:
            session.uids()
        assert "looks anew" in caught.value.hint


def test_a_folder_that_claims_as_many_messages_as_there_are_numbers_has_those_it_shows() -> None:
    most = SELECTED.replace(b"* 3 ", b"* 4294967295 ").replace(b"UIDNEXT 4", b"UIDNEXT 4294967295")
    with ScriptedImap(
        [*OPEN, most, b"* SEARCH 4294967294 2\r\n* SEARCH 3\r\nTAG OK\r\n"]
    ) as server:
        session = opened(server)
        assert session.examine("INBOX").count == 2**32 - 1
        assert session.uids() == [2, 3, 2**32 - 2]


def test_more_than_was_asked_for_is_not_taken_into_memory() -> None:
    flood = b"* 1 FETCH (UID 1 BODY[]<0> {4000000000}\r\n" + b"x" * 4000 + HANG_UP
    with ScriptedImap([*OPEN, SELECTED, flood]) as server:
        session = opened(server)
        session.examine("INBOX")
        with pytest.raises(CannotDo, match="4,000,000,000 bytes"):
            session.content(1)
        assert server.connections == 1


def listing(*claimed: int) -> bytes:
    lines = (
        f"* {n} FETCH (UID {n} RFC822.SIZE {size} FLAGS () "
        'INTERNALDATE " 1-Mar-2026 00:00:00 +0000")\r\n'
        for n, size in enumerate(claimed, 1)
    )
    return "".join(lines).encode() + b"TAG OK\r\n"


def test_what_a_server_claims_of_a_size_is_not_believed() -> None:
    """Too few, too many, a message that is gone, and one whose size is right."""
    real = len(BODY)
    together = given(1, BODY, None) + given(2, BODY, None) + given(4, BODY, None) + b"TAG OK\r\n"
    piece = [given(n, BODY) + b"TAG OK\r\n" for n in (1, 2)]
    end = [given(n, b"", real) + b"TAG OK\r\n" for n in (1, 2)]
    gone = b"TAG OK\r\n"
    script = [
        *OPEN,
        SELECTED,
        listing(5, 900, 10, real),
        together,
        piece[0],
        end[0],
        piece[1],
        end[1],
        gone,
    ]
    with ScriptedImap(script) as server:
        session = opened(server)
        place = Place(folder=Folder(name="INBOX"), validity=7, label="INBOX", draft=False)
        got = list(read(session, place, [1, 2, 3, 4, 9]))
        bodies = [each.content.bytes if isinstance(each, Read) else each for each in got]
        assert bodies == [BODY, BODY, None, BODY, None]


def test_what_is_said_of_other_messages_meanwhile_is_not_mixed_up() -> None:
    """Without a UID, a number is that of a place, which may be the UID of another message."""
    mixed = b"* 2 FETCH (FLAGS (\\Deleted))\r\n" + listing(1, 2, 3)
    with ScriptedImap([*OPEN, SELECTED, mixed]) as server:
        session = opened(server)
        session.examine("INBOX")
        got = session.fetch([1, 2, 3], "UID FLAGS RFC822.SIZE INTERNALDATE")
        assert [each.listed.size for each in got.values()] == [1, 2, 3]
        assert all(not each.listed.flags for each in got.values())


@pytest.mark.parametrize(
    ("said", "kind"),
    [(b"[OVERQUOTA] full", MailboxFull), (b"[TOOBIG] no", CannotDo), (b"not this one", CannotDo)],
)
def test_a_full_mailbox_and_a_message_that_is_not_taken_are_told_apart(
    said: bytes, kind: type[GmailKitError]
) -> None:
    with ScriptedImap([*OPEN, b"TAG NO %s\r\n" % said]) as server:
        session = opened(server)
        with pytest.raises(kind) as caught:
            session.append("INBOX", [BODY], len(BODY))
        assert not isinstance(caught.value, Unreachable)


def test_a_message_of_which_nobody_knows_whether_it_was_taken_is_said_to_be_so() -> None:
    with ScriptedImap([*OPEN, b"+ go on\r\n", HANG_UP]) as server:
        session = opened(server)
        with pytest.raises(Unreachable) as caught:
            session.append("INBOX", [BODY], len(BODY))
        assert caught.value.sent == "maybe"


WORDS = (
    b'( ) " \\ [ {3} 7 99999999999999999999999 \xff NIL UID FLAGS BODY[] X-GM-LABELS MODSEQ '
    b"INTERNALDATE RFC822.SIZE"
).split(b" ")


@settings(max_examples=300, deadline=None)
@hypothesis.given(words=st.lists(st.sampled_from(WORDS), max_size=14), spaced=st.booleans())
def test_whatever_a_server_says_is_read_or_told_to_be_nonsense(
    words: list[bytes], spaced: bool
) -> None:
    line = (b" " if spaced else b"").join(words)
    for lines in ([line], [b"1 (" + line + b")"], [(line + b"{3}", b"abc"), b")"]):
        with suppress(*_NONSENSE):
            parsed = parse(lines)
            fetched(parsed, utf8=False)
        with suppress(*_NONSENSE):
            list(folders_in(parse(lines), utf8=True))
        with suppress(*_NONSENSE):
            list(numbered(line))


def test_what_people_are_to_be_shown_is_kept_for_them() -> None:
    alert = b"* OK [ALERT] The mailbox is nearly full.\r\nTAG OK in\r\n"
    with ScriptedImap([*OPEN[:2], alert, OPEN[3]]) as server:
        store = ImapStore(opened(server))
        assert store.notes == (f"127.0.0.1:{server.port} says: The mailbox is nearly full.",)
