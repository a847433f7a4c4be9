"""Gmail's POP3 beside REST, asked by the standard library's client."""

from __future__ import annotations

import base64
import contextlib
import json
import poplib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest

from gmailkit.sandbox import Limits, Sandbox
from gmailkit.sandbox.pop3 import maildrop
from sandbox_caller import ANN, ME, Caller, letter

Open = Callable[..., poplib.POP3_SSL]


@pytest.fixture
def pop(sandbox: Sandbox) -> Iterator[Open]:
    """Sessions, signed in with an app password as the name says."""
    with contextlib.ExitStack() as made:

        def make(name: str = ME) -> poplib.POP3_SSL:
            client = poplib.POP3_SSL("localhost", sandbox.pop3_port, context=sandbox.trust())
            made.callback(client.close)
            if name:
                client.user(name)
                client.pass_(sandbox.app_password(ME))
            return client

        yield make


def enable(owner: Caller, window: str = "allMail", disposition: str = "leaveInInbox") -> None:
    body = {"accessWindow": window, "disposition": disposition}
    assert owner.call("PUT", "settings/pop", json=body).ok


def put(sandbox: Sandbox, body: str = "A few words.", *labels: str) -> str:
    raw = letter(sender=ANN, body=body)
    return sandbox.mail.put(ME, raw, labels=labels or ("INBOX",))


def read(client: poplib.POP3_SSL, number: int) -> bytes:
    return b"".join(line + b"\r\n" for line in client.retr(number)[1])


def test_it_is_shut_until_the_user_opens_it(sandbox: Sandbox, pop: Open) -> None:
    with pytest.raises(poplib.error_proto, match="not enabled for POP access"):
        pop()


def test_messages_come_with_their_bytes_and_ids_that_stay(
    sandbox: Sandbox, pop: Open, owner: Caller
) -> None:
    enable(owner)
    dots = put(sandbox, ".\r\n..two\r\nend")
    sent = put(sandbox, "by me", "SENT")
    for aside in ("SPAM", "TRASH", "DRAFT"):
        put(sandbox, "not this", aside)
    client = pop()
    sizes = [len(sandbox.mail.raw(ME, id)) for id in (dots, sent)]
    assert client.stat() == (2, sum(sizes))
    assert client.list()[1] == [b"1 %d" % sizes[0], b"2 %d" % sizes[1]]
    assert client.uidl()[1] == [f"1 GmailId{dots}".encode(), f"2 GmailId{sent}".encode()]
    assert read(client, 1) == sandbox.mail.raw(ME, dots)
    assert client.top(1, 1)[1][-2:] == [b"", b"."]
    with pytest.raises(poplib.error_proto, match="no such message"):
        client.retr(3)


def test_what_was_handed_out_is_not_offered_again_but_as_recent(
    sandbox: Sandbox, pop: Open, owner: Caller
) -> None:
    enable(owner)
    for _ in range(3):
        put(sandbox)
    client = pop()
    client.retr(1)
    client.close()  # without QUIT nothing counts
    client = pop()
    assert client.stat()[0] == 3
    client.retr(2)
    client.quit()
    assert pop().stat()[0] == 2
    assert pop(f"recent:{ME}").stat()[0] == 3
    sandbox.clock.advance(31 * 86_400)
    assert pop(f"recent:{ME}").stat()[0] == 0
    assert pop().stat()[0] == 2


def test_from_now_on_means_from_when_it_was_chosen(
    sandbox: Sandbox, pop: Open, owner: Caller
) -> None:
    sandbox.mail.put(ME, letter(sender=ANN), date=datetime(2020, 1, 1, tzinfo=UTC))
    enable(owner, "fromNowOn")
    sandbox.clock.advance(60)
    new = put(sandbox)
    assert pop().uidl()[1] == [f"1 GmailId{new}".encode()]


@pytest.mark.parametrize(
    ("disposition", "left"),
    [
        ("leaveInInbox", {"INBOX", "UNREAD"}),
        ("archive", {"UNREAD"}),
        ("trash", {"UNREAD", "TRASH"}),
        ("markRead", {"INBOX"}),
    ],
)
def test_what_deleting_means_is_the_users_choice(
    sandbox: Sandbox, pop: Open, owner: Caller, disposition: str, left: set[str]
) -> None:
    enable(owner, disposition=disposition)
    id = put(sandbox, "x", "INBOX", "UNREAD")
    client = pop()
    client.dele(1)
    client.rset()
    client.dele(1)
    with pytest.raises(poplib.error_proto):
        client.retr(1)
    assert set(owner.labels(id)) == {"INBOX", "UNREAD"}
    client.quit()
    assert set(owner.labels(id)) == left


def test_a_session_serves_a_few_and_the_next_goes_on(
    sandbox: Sandbox, pop: Open, owner: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(maildrop, "CHUNK", 2)
    enable(owner)
    ids = [put(sandbox) for _ in range(5)]
    seen: list[bytes] = []
    for _ in range(3):
        client = pop()
        for line in client.uidl()[1]:
            seen.append(line.split()[1])
            client.retr(int(line.split()[0]))
        client.quit()
    assert seen == [f"GmailId{id}".encode() for id in ids]


@pytest.mark.parametrize("name", [ME, f"recent:{ME}"])
def test_a_token_opens_it_too(sandbox: Sandbox, pop: Open, owner: Caller, name: str) -> None:
    enable(owner)
    put(sandbox)
    token = sandbox.issue_token(ME, ["https://mail.google.com/"])
    client = pop("")
    assert "SASL" in client.capa()
    said = base64.b64encode(f"user={name}\x01auth=Bearer {token}\x01\x01".encode()).decode()
    assert client._shortcmd(f"AUTH XOAUTH2 {said}") == b"+OK Welcome."
    assert client.stat()[0] == 1
    sandbox.clock.advance(3_600)
    with pytest.raises(poplib.error_proto, match="Session expired"):
        client.stat()


def test_a_bad_token_is_explained_and_a_bad_password_refused(sandbox: Sandbox, pop: Open) -> None:
    client = pop("")
    said = base64.b64encode(f"user={ME}\x01auth=Bearer x\x01\x01".encode()).decode()
    told = client._shortcmd(f"AUTH XOAUTH2 {said}")
    assert json.loads(base64.b64decode(told[2:]))["status"] == "400"
    with pytest.raises(poplib.error_proto, match="not accepted"):
        client._shortcmd("")
    for nonsense in ("STAT", "PASS x", "AUTH NONE", "AUTH PLAIN !", "USER"):
        with contextlib.suppress(poplib.error_proto):
            client._shortcmd(nonsense)
    with pytest.raises(poplib.error_proto, match="not accepted"):
        client.user(ME), client.pass_("wrong")


def test_too_much_in_a_day_shuts_the_door(sandbox: Sandbox, pop: Open, owner: Caller) -> None:
    enable(owner)
    put(sandbox, "x" * 600)
    sandbox.meter.limits = Limits(pop3_download_per_day=1_000)
    client = pop()
    client.retr(1)
    with pytest.raises(poplib.error_proto, match="exceeded command or bandwidth limits"):
        client.retr(1)
    with pytest.raises(poplib.error_proto, match="bandwidth"):
        pop()
