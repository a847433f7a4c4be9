"""The vacation responder answers people, once in four days, and nobody else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from email import message_from_bytes, policy
from typing import Any

import pytest

from fakes import FakeClock
from gmailkit.sandbox import Sandbox
from sandbox_caller import ANN, BOB, ME, Caller, letter

DAY = 86_400
TEXT = {"enableAutoReply": True, "responseSubject": "Away", "responseBodyPlainText": "Back soon."}


@pytest.fixture
def away(timed: Sandbox) -> Iterator[Callable[..., None]]:
    """Puts vacation settings of me@example.com."""
    caller = Caller(timed.url, timed.issue_token(ME, ["gmail.settings.basic"]))

    def put(**settings: Any) -> None:
        response = caller.call("PUT", "settings/vacation", json=TEXT | settings)
        assert response.status_code == 200, response.text

    yield put
    caller.close()


def replies(sandbox: Sandbox, address: str = ANN) -> list[Any]:
    raws = (sandbox.mail.raw(address, id) for id in sandbox.mail.ids(address))
    return [message_from_bytes(raw, policy=policy.default) for raw in raws]


def test_a_sender_gets_one_answer_in_its_conversation(
    timed: Sandbox, away: Callable[..., None]
) -> None:
    away()
    ann = Caller(timed.url, timed.issue_token(ANN, ["gmail.modify"]))
    sent = ann.sent(letter(to=ME, subject="Lunch?"))
    ann.close()
    [reply, original] = replies(timed)
    assert reply["From"] == f"Mira Vale <{ME}>"
    assert reply["To"] == ANN
    assert reply["Subject"] == "Away Re: Lunch?"
    assert reply["In-Reply-To"] == original["Message-ID"]
    assert reply["Auto-Submitted"] == "auto-replied"
    assert reply.get_content().strip() == "Back soon."
    assert sent["id"] in timed.mail.ids(ANN)
    timed.deliver(ME, letter(sender=f"Ann <{ANN.upper()}>", to=ME))
    assert len(replies(timed)) == 2


def test_after_four_days_it_answers_again(
    timed: Sandbox, away: Callable[..., None], clock: FakeClock
) -> None:
    away()
    for later, count in ((0, 1), (4 * DAY - 1, 1), (1, 2)):
        clock.time += later
        timed.deliver(ME, letter(sender=ANN, to=ME))
        assert len(replies(timed)) == count
    timed.deliver(ME, letter(sender=BOB, to=ME))
    assert len(replies(timed, BOB)) == 1


def test_html_wins(timed: Sandbox, away: Callable[..., None]) -> None:
    away(responseBodyHtml="<p>Gr\u00fc\u00dfe</p>", responseSubject="")
    timed.deliver(ME, letter(sender=ANN, to=ME, subject="=?utf-8?q?Gr=C3=BC=C3=9Fe?="))
    [reply] = replies(timed)
    assert reply.get_content_type() == "text/html"
    assert reply.get_content().strip() == "<p>Gr\u00fc\u00dfe</p>"
    assert reply["Subject"] == "Re: Gr\u00fc\u00dfe"


@pytest.mark.parametrize(
    ("start", "end", "answered"),
    [(-1, 1, True), (0, 1, True), (1, 2, False), (-2, -1, False), (-1, 0, False)],
    ids=["within", "at the start", "before", "after", "at the end"],
)
def test_it_answers_between_start_and_end(
    timed: Sandbox,
    away: Callable[..., None],
    clock: FakeClock,
    start: int,
    end: int,
    answered: bool,
) -> None:
    now = round(clock.now() * 1000)
    away(startTime=str(now + start * 1000), endTime=str(now + end * 1000))
    timed.deliver(ME, letter(sender=ANN, to=ME))
    assert bool(replies(timed)) is answered


@pytest.mark.parametrize(
    ("more", "sender"),
    [
        ([("List-Id", "<dev.example.com>")], None),
        ([("List-Unsubscribe", "<mailto:x@example.com>")], None),
        ([("Precedence", "Bulk")], None),
        ([("Auto-Submitted", "auto-generated; owner-email=x")], None),
        ([], ""),
        ([], "MAILER-DAEMON@example.com"),
    ],
    ids=["list", "newsletter", "bulk", "robot", "null sender", "bounce"],
)
def test_machines_get_no_answer(
    timed: Sandbox, away: Callable[..., None], more: list[tuple[str, str]], sender: str | None
) -> None:
    away()
    timed.deliver(ME, letter(sender=ANN, to=ME, more=more), sender=sender)
    assert replies(timed) == []
    timed.deliver(ME, letter(sender=ANN, to=ME, more=[("Auto-Submitted", "no")]))
    assert len(replies(timed)) == 1


def test_spam_and_oneself_get_no_answer(timed: Sandbox, away: Callable[..., None]) -> None:
    away()
    timed.mail.add_alias(ME, "shop@example.net")
    for sender in (ME, "me+tag@example.com", "shop@example.net"):
        timed.deliver(ME, letter(sender=sender, to=ME))
    timed.deliver(ME, letter(sender=ANN, to=ME), spam=True)
    assert replies(timed) == []
    assert len(timed.mail.ids(ME)) == 4


def test_two_who_are_away_do_not_answer_each_other_for_ever(
    timed: Sandbox, away: Callable[..., None]
) -> None:
    away()
    hers = Caller(timed.url, timed.issue_token(ANN, ["gmail.settings.basic", "gmail.send"]))
    hers.call("PUT", "settings/vacation", json=TEXT)
    hers.sent(letter(to=ME))
    hers.close()
    assert len(replies(timed)) == 2  # what she sent, and the answer
    assert len(timed.mail.ids(ME)) == 1


def test_the_domain_alone(timed: Sandbox, away: Callable[..., None]) -> None:
    timed.mail.add_user("zoe@example.org")
    away(restrictToDomain=True)
    timed.deliver(ME, letter(sender="zoe@example.org", to=ME))
    timed.deliver(ME, letter(sender=ANN, to=ME))
    assert replies(timed, "zoe@example.org") == []
    assert len(replies(timed)) == 1


def test_contacts_alone_are_those_one_has_written_to(
    timed: Sandbox, away: Callable[..., None]
) -> None:
    away(restrictToContacts=True)
    timed.mail.put(ME, letter(sender=ME, to=BOB), labels=("SENT",))
    timed.mail.put(ME, letter(sender=ANN, to=ME))
    timed.deliver(ME, letter(sender=ANN, to=ME))
    timed.deliver(ME, letter(sender=BOB, to=ME))
    assert replies(timed) == []
    assert len(replies(timed, BOB)) == 1


def test_it_can_be_turned_off(timed: Sandbox, away: Callable[..., None]) -> None:
    away(enableAutoReply=False)
    timed.deliver(ME, letter(sender=ANN, to=ME))
    assert replies(timed) == []


def test_it_answers_from_the_default_address(timed: Sandbox, away: Callable[..., None]) -> None:
    away()
    timed.mail.add_alias(ME, "shop@example.net")
    admin = Caller(timed.url, timed.issue_token(ME, ["gmail.settings.sharing"], delegated=True))
    change = {"isDefault": True, "displayName": "The shop"}
    admin.call("PATCH", "settings/sendAs/shop@example.net", json=change)
    admin.close()
    timed.deliver(ME, letter(sender=ANN, to=ME))
    [reply] = replies(timed)
    assert reply["From"] == "The shop <shop@example.net>"


@pytest.mark.parametrize(
    "raw",
    [
        b"From: ann@example.com\r\nMessage-ID: <a\x00b@c>\r\nSubject: \x01\xff\r\n\r\nHi",
        b"From: ann@example.com\r\nMessage-ID: <" + b"x" * 2000 + b">\r\n\r\nHi",
        b'From: "A\x07" <ann@example.com>\r\nSubject: ' + b"y" * 5000 + b"\r\n\r\nHi",
        b"From: ann@example.com\n\nHi",
    ],
    ids=["control", "long id", "long subject", "bare"],
)
def test_odd_mail_is_answered_with_sound_mail(
    timed: Sandbox, away: Callable[..., None], raw: bytes
) -> None:
    away(responseSubject="Half \ud800", responseBodyPlainText="of \udfff it")
    timed.deliver(ME, raw)
    [reply] = replies(timed)
    assert reply["Subject"].startswith("Half ? Re:")
    assert reply.defects == []


def test_mail_from_nobody_is_not_answered(timed: Sandbox, away: Callable[..., None]) -> None:
    away()
    for sender in ("", "undisclosed", "@example.com"):
        timed.deliver(ME, letter(sender=sender, to=ME), sender="x@example.org")
    assert len(timed.mail.ids(ME)) == 3
    assert replies(timed) == []
