"""Sending through the sandbox: what arrives, what is refused before anything leaves."""

from __future__ import annotations

import stat
from collections.abc import Callable
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from gmailkit.config import Settings
from gmailkit.errors import (
    CannotWrite,
    GmailKitError,
    Refused,
    ServerFault,
    UsageError,
)
from gmailkit.gmail import Gmail
from gmailkit.model.mail import Address, Attachment, Mail
from gmailkit.paths import Home
from gmailkit.sandbox import Sandbox
from gmailkit.secret import Secret

ME, ANN, BOB, CARLA = (f"{name}@example.com" for name in ("me", "ann", "bob", "carla"))


def newest(sandbox: Sandbox, address: str) -> EmailMessage:
    """The last message of a mailbox as Python's own parser reads it."""
    return message_from_bytes(  # type: ignore[return-value]
        sandbox.mail.raw(address, sandbox.mail.ids(address)[0]), policy=policy.default
    )


def test_a_message_with_everything_arrives_as_it_was_written(
    sandbox: Sandbox, gmail: Gmail, tmp_path: Path
) -> None:
    report = tmp_path / "Bericht für März.csv"
    report.write_bytes(b"a,b\n1,2\n")
    sent = gmail.send(
        to=[ANN, Address(BOB, "Brückner, Bob „Bär“")],
        cc=CARLA,
        subject="Grüße aus 東京 🗼",
        text="Schöne Grüße\n",
        html="<p>Schöne <b>Grüße</b></p>",
        attach=[report, Attachment("naïve.bin", b"\x00\r\n\xff")],
    )
    assert [address.email for address in sent.to] == [ANN, BOB, CARLA]
    mail = newest(sandbox, BOB)
    assert mail["subject"] == "Grüße aus 東京 🗼"
    assert [a.addr_spec for a in mail["to"].addresses] == [ANN, BOB]
    assert mail["to"].addresses[1].display_name == "Brückner, Bob „Bär“"
    assert [a.addr_spec for a in mail["cc"].addresses] == [CARLA]
    assert mail["from"].addresses[0].addr_spec == ME
    text = mail.get_body(("plain",))
    assert text is not None
    assert text.get_content().strip() == "Schöne Grüße"
    files = {part.get_filename(): part.get_payload(decode=True) for part in mail.iter_attachments()}
    assert files == {report.name: b"a,b\n1,2\n", "naïve.bin": b"\x00\r\n\xff"}


@pytest.mark.parametrize("where", ["to", "cc", "bcc", "reply_to"])
def test_me_is_the_own_address(sandbox: Sandbox, gmail: Gmail, where: str) -> None:
    sent = gmail.send(**{"to": ANN, where: ["me"]}, subject="Log", text="x")
    kept = message_from_bytes(gmail.raw(sent.id), policy=policy.default)
    assert [a.addr_spec for a in kept[where.replace("_", "-")].addresses] == [ME]
    assert (ME in {each.email for each in sent.to}) is (where != "reply_to")


def test_a_bcc_is_delivered_and_seen_by_nobody_else(sandbox: Sandbox, gmail: Gmail) -> None:
    gmail.send(to=ANN, bcc=CARLA, subject="Secret", text="x")
    assert newest(sandbox, CARLA)["subject"] == "Secret"
    assert newest(sandbox, ANN)["bcc"] is None
    assert CARLA not in sandbox.mail.raw(ANN, sandbox.mail.ids(ANN)[0]).decode()


def test_a_token_that_may_only_send_is_enough(
    sandbox: Sandbox, settings_for: Callable[..., Settings]
) -> None:
    with Gmail(settings=settings_for(purpose="send")) as gmail:
        gmail.send(to=ANN, subject="Nightly log", text="ok")
    assert newest(sandbox, ANN)["subject"] == "Nightly log"


def test_a_token_that_may_only_read_is_refused_before_sending(
    sandbox: Sandbox, settings_for: Callable[..., Settings]
) -> None:
    with (
        Gmail(settings=settings_for(purpose="read")) as gmail,
        pytest.raises(Refused, match=r"does not allow messages\.send") as caught,
    ):
        gmail.send(to=ANN, text="x")
    assert any(scope.endswith("gmail.send") for scope in caught.value.needs)
    assert "gmail.send" in caught.value.hint
    assert not [path for method, path in sandbox.requests if method == "POST"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"to": "not an address"}, "not an address"),
        ({"to": "ann@"}, "ann@"),
        ({"to": []}, "no recipient"),
        ({"to": ANN, "subject": "a\r\nBcc: eve@example.net"}, "line break"),
        ({"to": "ann@example.com\nBcc: eve@example.net"}, "eve@example.net"),
        ({"to": ANN, "subject": "nul\x00"}, ""),
        ({"to": ANN, "attach": ["/nonexistent/file.pdf"]}, "/nonexistent/file.pdf"),
        ({"to": ANN, "attach": ["/"]}, "folder"),
        ({"to": ANN, "sender": "somebody@else.example"}, "not an address of this account"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_bad_input_is_refused_before_anything_leaves(
    sandbox: Sandbox, gmail: Gmail, arguments: dict[str, object], says: str
) -> None:
    with pytest.raises(UsageError) as caught:
        gmail.send(**{"text": "x", **arguments})  # type: ignore[arg-type]
    assert says in caught.value.message
    assert "\n" not in caught.value.message
    assert sandbox.mail.ids(ANN) == []
    assert not [path for method, path in sandbox.requests if method == "POST"]


def test_a_file_too_large_is_refused_without_reading_it(gmail: Gmail, tmp_path: Path) -> None:
    huge = tmp_path / "huge.bin"
    with huge.open("wb") as file:
        file.truncate(10 * 1024**3)
    with pytest.raises(UsageError, match="too large"):
        gmail.send(to=ANN, attach=[huge])


def test_the_own_address_may_stand_in_from(sandbox: Sandbox, gmail: Gmail) -> None:
    gmail.send(to=ANN, sender="Me Myself <ME@example.com>", text="x")
    assert newest(sandbox, ANN)["from"].addresses[0].display_name == "Me Myself"


def test_a_send_refused_for_its_rate_is_tried_again(sandbox: Sandbox, gmail: Gmail) -> None:
    sandbox.faults.next(429, reason="rateLimitExceeded", method="drafts.send")
    gmail.send(to=ANN, subject="Once", text="x")
    assert len(sandbox.mail.ids(ANN)) == 1


def test_errors_name_no_body_and_no_token(gmail: Gmail) -> None:
    with pytest.raises(GmailKitError) as caught:
        gmail.send(to="nobody", text="a very private body")
    assert "private body" not in str(caught.value) + caught.value.hint


def test_a_send_is_written_down_before_it_leaves_and_without_its_body(
    sandbox: Sandbox, gmail: Gmail, home: Home
) -> None:
    sandbox.faults.next(503, method="drafts.create", times=9)
    with pytest.raises(ServerFault):
        gmail.send(to=ANN, subject="A subject", text="A body", key="one")
    (path,) = home.state.rglob("sent.sqlite3")
    assert b"A subject" in path.read_bytes()
    assert b"A body" not in path.read_bytes()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_send_that_cannot_be_written_down_does_not_leave(
    sandbox: Sandbox, gmail: Gmail, home: Home
) -> None:
    home.state.parent.mkdir(parents=True, exist_ok=True)
    home.state.write_text("a file where the folder should be")
    with pytest.raises(CannotWrite):
        gmail.send(to=ANN, text="x")
    assert sandbox.mail.ids(ANN) == []


def test_a_token_that_tells_nothing_about_itself_can_send(sandbox: Sandbox, home: Home) -> None:
    token = Secret(sandbox.issue_token(ME, ["gmail.send"]))
    settings = Settings(home=home, access_token=token, endpoint=sandbox.url, units_per_minute=None)
    with Gmail(settings=settings) as gmail:
        gmail.send(to=ANN, subject="From CI", text="x")
    assert newest(sandbox, ANN)["subject"] == "From CI"


@pytest.mark.parametrize("kind", [str, Path, lambda path: Attachment(path.name, b"one")])
def test_one_attachment_needs_no_list(
    gmail: Gmail, sandbox: Sandbox, tmp_path: Path, kind: Callable[[Path], str | Path | Attachment]
) -> None:
    file = tmp_path / "one.txt"
    file.write_bytes(b"one")
    gmail.send(to=ANN, attach=kind(file))
    (mail,) = sandbox.sent()
    assert [(each.filename, each.content) for each in mail.attachments] == [("one.txt", b"one")]


def test_a_mail_in_the_place_of_its_bytes_is_told_how_to_be_built(gmail: Gmail) -> None:
    mail: Any = Mail(subject="Built?")
    with pytest.raises(UsageError, match="not Mail") as caught:
        gmail.drafts.create(mail)
    assert "build(mail)" in caught.value.hint
