"""IMAP sessions: signing in and being sent away, and what careless or hostile clients may send."""

from __future__ import annotations

import base64
import contextlib
import imaplib
import json
import socket
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from imapclient import IMAPClient

from gmailkit.sandbox import Limits, Policy, Sandbox
from gmailkit.sandbox.imap.folders import View
from sandbox_caller import ANN, ME, letter

Open = Callable[..., IMAPClient]
Plain = Callable[[], imaplib.IMAP4_SSL]
FULL = "https://mail.google.com/"


class Raw:
    """A socket with TLS that speaks in bytes."""

    def __init__(self, sandbox: Sandbox) -> None:
        plain = socket.create_connection(("127.0.0.1", sandbox.imap_port), timeout=20)
        self._socket = sandbox.trust().wrap_socket(plain, server_hostname="localhost")
        self._file = self._socket.makefile("rb")
        self.greeting = self.line()

    def line(self) -> bytes:
        return self._file.readline()

    def ask(self, sent: bytes) -> bytes:
        """The tagged answer, or BYE, or "" at the end."""
        self._socket.sendall(sent)
        while line := self.line():
            if line.startswith((b"a ", b"* BYE", b"+ ", b"* BAD")):
                return line
        return b""

    def close(self) -> None:
        self._file.close()
        self._socket.close()


@pytest.fixture
def raw(sandbox: Sandbox) -> Iterator[Raw]:
    opened = Raw(sandbox)
    yield opened
    opened.close()


@pytest.fixture
def plain(sandbox: Sandbox) -> Iterator[Plain]:
    """Sessions of the standard library's client, not signed in."""
    with contextlib.ExitStack() as made:

        def make() -> imaplib.IMAP4_SSL:
            client = imaplib.IMAP4_SSL("127.0.0.1", sandbox.imap_port, ssl_context=sandbox.trust())
            made.callback(shut, client)
            return client

        yield make


def shut(client: imaplib.IMAP4_SSL) -> None:
    with contextlib.suppress(OSError):  # it may have ended already
        client.shutdown()


def xoauth2(address: str, token: str) -> str:
    return f"user={address}\x01auth=Bearer {token}\x01\x01"


def test_what_it_can_do_is_said_before_and_after_the_sign_in(
    sandbox: Sandbox, plain: Plain
) -> None:
    client = plain()
    assert client.welcome.startswith(b"* OK Gimap ready for requests from 127.0.0.1 ")
    assert {"X-GM-EXT-1", "SASL-IR", "AUTH=XOAUTH2", "AUTH=PLAIN"} <= set(client.capabilities)
    client.login(ME, sandbox.app_password(ME))
    after = client.capability()[1][-1]
    assert b"MOVE CONDSTORE ESEARCH UTF8=ACCEPT" in after and b"AUTH=" not in after
    assert b"APPENDLIMIT=35651584" in after
    assert client.logout()[0] == "BYE"


@pytest.mark.parametrize("mechanism", ["XOAUTH2", "OAUTHBEARER", "PLAIN"])
def test_every_mechanism_lets_its_owner_in(sandbox: Sandbox, mechanism: str, plain: Plain) -> None:
    token = sandbox.issue_token(ME, [FULL])
    said = {
        "XOAUTH2": xoauth2(ME, token),
        "OAUTHBEARER": f"n,a={ME},\x01host=localhost\x01port=993\x01auth=Bearer {token}\x01\x01",
        "PLAIN": f"\0{ME}\0{sandbox.app_password(ME)}",
    }[mechanism]
    client = plain()
    client.authenticate(mechanism, lambda _: said.encode())
    assert client.select()[0] == "OK"
    client.logout()


@pytest.mark.parametrize("trouble", ["expired", "unknown", "narrow", "another's"])
def test_a_token_that_is_no_good_is_explained_and_refused(
    sandbox: Sandbox, raw: Raw, trouble: str
) -> None:
    token = sandbox.issue_token(ME, ["gmail.modify"] if trouble == "narrow" else [FULL])
    if trouble == "expired":
        sandbox.clock.advance(3_600)
    if trouble == "unknown":
        token += "x"
    said = xoauth2(ANN if trouble == "another's" else ME, token)
    challenge = raw.ask(b"a AUTHENTICATE XOAUTH2 " + base64.b64encode(said.encode()) + b"\r\n")
    told = json.loads(base64.b64decode(challenge.removeprefix(b"+ ")))
    status = "401" if trouble == "expired" else "400"
    assert told == {"status": status, "schemes": "Bearer", "scope": FULL}
    assert raw.ask(b"\r\n") == b"a NO [AUTHENTICATIONFAILED] Invalid credentials (Failure)\r\n"


def test_an_app_password_opens_its_own_account_until_the_password_changes(
    sandbox: Sandbox, plain: Plain
) -> None:
    password = sandbox.app_password(ME)
    assert [len(group) for group in password.split()] == [4] * 4
    client = plain()
    for name, wrong in ((ANN, password), (ME, "abcd efgh ijkl mnop")):
        with pytest.raises(imaplib.IMAP4.error, match="AUTHENTICATIONFAILED"):
            client.login(name, wrong)
    client.login(ME, password.replace(" ", ""))
    sandbox.change_password(ME)
    with pytest.raises(imaplib.IMAP4.abort, match="Session expired"):
        client.noop()
    with pytest.raises(imaplib.IMAP4.error, match="AUTHENTICATIONFAILED"):
        plain().login(ME, password)


def test_a_session_ends_with_its_token(sandbox: Sandbox, plain: Plain) -> None:
    client = plain()
    token = sandbox.issue_token(ME, [FULL])
    client.authenticate("XOAUTH2", lambda _: xoauth2(ME, token).encode())
    sandbox.clock.advance(3_000)
    assert client.noop()[0] == "OK"
    sandbox.clock.advance(600)
    with pytest.raises(imaplib.IMAP4.abort, match="Session expired"):
        client.noop()


def test_a_waiting_session_ends_too(sandbox: Sandbox, imap: Open) -> None:
    client = imap("INBOX")
    client.idle()
    sandbox.clock.advance(86_400)
    assert client.idle_check(10)[0][0] == b"BYE"


def test_who_may_not_come_in_is_told_why(sandbox: Sandbox, plain: Plain) -> None:
    password = sandbox.app_password(ME)
    off = {"enabled": False, "autoExpunge": True, "expungeBehavior": "archive"}
    sandbox.mail.settings.put(1, "imap", off)
    with pytest.raises(imaplib.IMAP4.error, match="not enabled for IMAP use"):
        plain().login(ME, password)
    sandbox.mail.settings.remove(1, "imap")
    sandbox.policy = Policy(suspended=frozenset((ME,)))
    with pytest.raises(imaplib.IMAP4.error, match="AUTHENTICATIONFAILED"):
        plain().login(ME, password)


def test_fifteen_sessions_are_the_most(sandbox: Sandbox, imap: Open) -> None:
    clients = [imap() for _ in range(15)]
    with pytest.raises(Exception, match="Too many simultaneous connections"):
        imap()
    assert imap(address=ANN)
    clients[0].logout()
    assert imap()


def test_too_much_in_a_day_shuts_the_door_until_enough_of_it_is_old(
    sandbox: Sandbox, imap: Open
) -> None:
    sandbox.meter.limits = Limits(imap_download_per_day=10_000)
    sandbox.mail.put(ME, letter(sender=ANN, body="x" * 6_000))
    client = imap("INBOX")
    client.fetch([1], ["BODY.PEEK[]"])
    with pytest.raises(imaplib.IMAP4.abort, match="OVERQUOTA"):
        client.fetch([1], ["BODY.PEEK[]"])
    with pytest.raises(Exception, match="OVERQUOTA"):
        imap()
    sandbox.clock.advance(86_400)
    imap("INBOX").fetch([1], ["BODY.PEEK[]"])


def test_a_service_account_sees_what_the_user_hides(
    sandbox: Sandbox, imap: Open, plain: Plain
) -> None:
    sandbox.mail.put(ME, letter(sender=ANN), labels=["INBOX", "Secret"])
    sandbox.hide_from_imap(ME, ["Secret", "ALL"])
    mine = [name for _, _, name in imap().list_folders()]
    assert "Secret" not in mine and "[Gmail]/All Mail" not in mine
    token = sandbox.issue_token(ME, ["gmail.imap_admin"], delegated=True)
    client = plain()
    client.authenticate("XOAUTH2", lambda _: xoauth2(ME, token).encode())
    listed = b"".join(client.list()[1])  # type: ignore[arg-type]
    assert b'"Secret"' in listed and b"\\All" in listed and b"Chats" in listed


def test_special_folders_have_the_names_of_the_users_language(sandbox: Sandbox, imap: Open) -> None:
    sandbox.mail.settings.put(1, "language", {"displayLanguage": "de"})
    listed = {name: flags for flags, _, name in imap().list_folders()}
    assert b"\\All" in listed["[Gmail]/Alle Nachrichten"]
    assert b"\\Drafts" in listed["[Gmail]/Entwürfe"]
    user = sandbox.mail.users.get(ME)
    replace(View.of(sandbox.mail, user), root="[Google Mail]").put(sandbox.mail, user)
    assert "[Google Mail]/Papierkorb" in {name for _, _, name in imap().list_folders()}


@pytest.mark.parametrize(
    "sent",
    [
        b"\r\n",
        b"a\r\n",
        b"a \r\n",
        b"\x00\xff\xfe\r\n",
        b"a FETCH 1 (FLAGS)\r\n",
        b"a LOGIN {99999999999}\r\n",
        b"a LOGIN {20000}\r\n",
        b"a LOGIN {5000+}\r\n",
        b"a LOGIN x" + b"y" * 70_000 + b"\r\n",
        b"a AUTHENTICATE PLAIN !!!\r\n",
        b"a AUTHENTICATE NONE\r\n",
        b'a LOGIN "me\r\n',
    ],
    ids=lambda sent: repr(sent[:24]),
)
def test_a_guests_nonsense_is_answered_and_never_breaks_anything(
    sandbox: Sandbox, raw: Raw, sent: bytes
) -> None:
    answer = raw.ask(sent)
    assert answer.startswith((b"a BAD", b"a NO", b"* BAD", b"* BYE"))
    again = Raw(sandbox)
    assert again.ask(b"a NOOP\r\n") == b"a OK Success\r\n"
    again.close()


@pytest.mark.parametrize(
    "command",
    [
        "FETCH 0 FLAGS",
        "FETCH 2 FLAGS",
        "FETCH 1 NONSENSE",
        "FETCH 1 BODY[9.]",
        "FETCH 1 BODY[HEADER.FIELDS ()]",
        "FETCH 1 (FLAGS",
        "FETCH 1,,2 FLAGS",
        "UID FETCH * BODY[]<0.0>",
        "UID NONSENSE 1",
        "STORE 1 FLAGS (\\Seen",
        "STORE 1 NONSENSE (\\Seen)",
        "COPY 1",
        "SELECT &nonsense",
        "SEARCH " + "(" * 60,
        "APPEND INBOX nothing",
        'APPEND INBOX "99-Foo-2020 00:00:00 +0000" {1+}\r\nx',
        "STATUS INBOX (NONSENSE)",
        'LIST "" "*" RETURN (NONSENSE)',
    ],
)
def test_a_command_that_cannot_be_read_is_bad_and_changes_nothing(
    sandbox: Sandbox, raw: Raw, command: str
) -> None:
    id = sandbox.mail.put(ME, letter(sender=ANN), labels=["INBOX", "UNREAD"])
    raw.ask(f'a LOGIN {ME} "{sandbox.app_password(ME)}"\r\n'.encode())
    raw.ask(b"a SELECT INBOX\r\n")
    assert raw.ask(f"a {command}\r\n".encode()).startswith(b"a BAD")
    assert raw.ask(b"a NOOP\r\n").startswith(b"a OK")
    assert sandbox.mail.labels_of(ME, id) == {"INBOX", "UNREAD"}


def test_too_many_mistakes_end_the_session(raw: Raw) -> None:
    answers = [raw.ask(b"a NONSENSE\r\n") for _ in range(26)]
    assert answers[23].startswith(b"a BAD") and answers[25].startswith(b"* BYE")


def test_a_message_that_is_too_large_is_refused_before_it_is_sent(
    sandbox: Sandbox, raw: Raw
) -> None:
    raw.ask(f'a LOGIN {ME} "{sandbox.app_password(ME)}"\r\n'.encode())
    assert raw.ask(b"a APPEND INBOX {35651585}\r\n").startswith(b"a NO [TOOBIG]")
    assert raw.ask(b"a APPEND INBOX {10}\r\n").startswith(b"+ ")
    assert raw.ask(b"From: a@b\n\r\n").startswith(b"a OK [APPENDUID ")
    assert sandbox.mail.raw(ME, sandbox.mail.ids(ME)[0]) == b"From: a@b\r\n"
