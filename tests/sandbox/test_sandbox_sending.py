"""messages.send: what is refused, what Gmail rewrites, who receives, which thread it joins."""

from __future__ import annotations

import re
from collections.abc import Callable
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import parsedate_to_datetime

import pytest

from fakes import FakeClock
from gmailkit.sandbox import Sandbox
from sandbox_caller import ANN, BOB, CARLA, ME, Caller, base64url, letter, refusal


def read(raw: bytes) -> EmailMessage:
    message = message_from_bytes(raw, policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message


def only(caller: Caller, **params: object) -> str:
    [id] = caller.listed(**params)
    return id


def test_the_answer_is_id_thread_and_sent(me: Caller) -> None:
    said = me.sent(letter())
    assert said == {"id": said["id"], "threadId": said["id"], "labelIds": ["SENT"]}
    assert me.labels(said["id"]) == ["SENT"]
    assert me.listed(q="in:sent") == [said["id"]]


def test_label_ids_in_the_request_are_ignored(me: Caller) -> None:
    body = {"raw": base64url(letter()), "labelIds": ["STARRED"]}
    assert me.post("messages/send", body).json()["labelIds"] == ["SENT"]


def test_another_user_receives_it_unread_in_the_inbox(me: Caller, ann: Caller) -> None:
    sent = me.sent(letter(to=f"Ann <{ANN}>", subject="Lunch", body="At noon?"))
    got = only(ann)
    assert got != sent["id"]
    assert ann.labels(got) == ["INBOX", "CATEGORY_PERSONAL", "UNREAD"]
    message = read(ann.raw(got))
    assert message["Delivered-To"] == ANN
    assert message["Return-Path"] == f"<{ME}>"
    assert len(message.get_all("Received", [])) == 2
    assert message["Subject"] == "Lunch"
    assert message.get_content() == "At noon?\r\n"


def test_mail_to_oneself_is_one_message_with_three_labels(me: Caller) -> None:
    said = me.sent(letter(to=ME))
    assert said["labelIds"] == ["SENT", "INBOX", "UNREAD"]
    assert me.listed() == [said["id"]]


def test_every_recipient_once_whatever_the_field_or_spelling(
    me: Caller, calls: Callable[..., Caller]
) -> None:
    more = [("Cc", f"{BOB}, ANN@Example.com"), ("Bcc", f"{CARLA}, ann+tag@example.com")]
    me.sent(letter(to=ANN, more=more))
    for address in (ANN, BOB, CARLA):
        assert len(calls(address).listed()) == 1


def test_bcc_stays_in_ones_own_copy_and_nowhere_else(
    me: Caller, calls: Callable[..., Caller]
) -> None:
    sent = me.sent(letter(to=ANN, more=[("Bcc", BOB)]))
    assert read(me.raw(sent["id"]))["Bcc"] == BOB
    for address in (ANN, BOB):
        caller = calls(address)
        assert read(caller.raw(only(caller)))["Bcc"] is None
    assert me.listed(q=f"bcc:{BOB}") == [sent["id"]]


def test_bcc_alone_is_enough(me: Caller, ann: Caller) -> None:
    me.sent(letter(to="", more=[("Bcc", ANN)]))
    assert len(ann.listed()) == 1


def test_the_message_id_is_replaced_and_kept_nowhere(me: Caller, ann: Caller) -> None:
    sent = me.sent(letter(more=[("Message-ID", "<my-own-id@example.com>")]))
    mine, hers = read(me.raw(sent["id"])), read(ann.raw(only(ann)))
    assert re.fullmatch(r"<CA[\w-]+@mail\.gmail\.com>", str(mine["Message-ID"]))
    assert mine["Message-ID"] == hers["Message-ID"]
    assert b"my-own-id" not in me.raw(sent["id"])
    assert me.listed(q=f"rfc822msgid:{mine['Message-ID']}") == [sent["id"]]


def test_two_sends_have_two_message_ids(me: Caller) -> None:
    raws = [read(me.raw(me.sent(letter())["id"])) for _ in range(2)]
    assert raws[0]["Message-ID"] != raws[1]["Message-ID"]


@pytest.mark.parametrize("date", ["", "no date at all"])
def test_a_missing_or_broken_date_is_filled_in(timed: Sandbox, clock: FakeClock, date: str) -> None:
    caller = Caller(timed.url, timed.issue_token(ME, ["gmail.modify"]))
    sent = caller.sent(letter(more=[("Date", date)]))
    [date_header] = read(caller.raw(sent["id"])).get_all("Date", [])
    assert parsedate_to_datetime(date_header).timestamp() == clock.time
    caller.close()


def test_a_good_date_is_kept_but_the_internal_date_is_now(timed: Sandbox, clock: FakeClock) -> None:
    caller = Caller(timed.url, timed.issue_token(ME, ["gmail.modify"]))
    date = "Mon, 02 Jan 2006 15:04:05 -0700"
    sent = caller.sent(letter(more=[("Date", date)]))
    assert read(caller.raw(sent["id"]))["Date"] == date
    said = caller.said(f"messages/{sent['id']}", format="minimal")
    assert said["internalDate"] == str(int(clock.time * 1000))
    caller.close()


@pytest.mark.parametrize(
    ("sender", "stored", "original"),
    [
        ("", f"Mira Vale <{ME}>", None),
        (ME, f"Mira Vale <{ME}>", None),
        (f"Someone <{ME}>", f"Someone <{ME}>", None),
        (f"ME <{ME.upper()}>", f"ME <{ME.upper()}>", None),
        ("Boss <boss@example.org>", f"Boss <{ME}>", "Boss <boss@example.org>"),
        ("boss@example.org", f"Mira Vale <{ME}>", "boss@example.org"),
        (ANN, f"Mira Vale <{ME}>", ANN),
    ],
    ids=["none", "bare", "named", "upper case", "foreign", "foreign bare", "another user"],
)
def test_from_becomes_ones_own_address(
    me: Caller, sender: str, stored: str, original: str | None
) -> None:
    message = read(me.raw(me.sent(letter(sender=sender))["id"]))
    assert str(message["From"]) == stored
    assert message["X-Google-Original-From"] == original


def test_an_accepted_alias_may_send_and_receives(sandbox: Sandbox, me: Caller, ann: Caller) -> None:
    sandbox.mail.add_alias(ME, "shop@example.net")
    sent = me.sent(letter(sender="Shop <shop@example.net>"))
    assert str(read(me.raw(sent["id"]))["From"]) == "Shop <shop@example.net>"
    ann.sent(letter(to="shop@example.net", subject="Order"))
    assert len(me.listed(q="subject:order")) == 1


def test_bare_line_feeds_become_crlf(me: Caller, ann: Caller) -> None:
    sent = me.sent(letter(body="one\r\ntwo").replace(b"\r\n", b"\n"))
    for raw in (me.raw(sent["id"]), ann.raw(only(ann))):
        assert b"one\r\ntwo\r\n" in raw
        assert not re.search(rb"(?<!\r)\n", raw)


def test_the_body_is_untouched(me: Caller, ann: Caller) -> None:
    body = b"".join(bytes([n]) for n in range(1, 256) if n not in (10, 13)) + b"\r\n.\r\nFrom x\r\n"
    me.sent(letter(body="")[:-2] + body)
    assert ann.raw(only(ann)).endswith(b"\r\n\r\n" + body)


def test_raw_utf8_in_a_header_comes_out_as_mojibake(me: Caller) -> None:
    raw = letter(subject="Grüße")
    assert read(me.raw(me.sent(raw)["id"]))["Subject"] == "GrÃ¼Ã\x9fe"
    encoded = letter(subject="=?utf-8?q?Gr=C3=BC=C3=9Fe?=")
    assert read(me.raw(me.sent(encoded)["id"]))["Subject"] == "Grüße"


def test_an_internationalised_address_makes_the_header_utf8(me: Caller) -> None:
    sent = me.sent(letter(to="jörg@exämple.com", subject="Grüße"))
    assert "Subject: Grüße\r\n".encode() in me.raw(sent["id"])


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (letter(to=""), "Recipient address required"),
        (letter(to="undisclosed-recipients:;"), "Recipient address required"),
        (letter(to="not an address"), "Invalid To header"),
        (letter(to="ann@"), "Invalid To header"),
        (letter(to="@example.com"), "Invalid To header"),
        (letter(to="ann@localhost"), "Invalid To header"),
        (letter(to=f"{ANN}, garbage"), "Invalid To header"),
        (letter(to="Ann <ann@example.com"), "Invalid To header"),
        (letter(more=[("Cc", "garbage")]), "Invalid Cc header"),
        (letter(more=[("Bcc", "garbage")]), "Invalid Bcc header"),
        (letter(to=", ".join(f"u{n}@example.org" for n in range(101))), "Too many recipients"),
        (letter(to=", ".join(f"u{n}@example.org" for n in range(9999))), "Invalid To header"),
        (letter(body="a\0b"), "NUL"),
        (b"no header", "Recipient address required"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_cannot_be_sent_is_refused_and_nothing_happens(
    me: Caller, ann: Caller, raw: bytes, message: str
) -> None:
    code, reason, _, said = refusal(me.post("messages/send", {"raw": base64url(raw)}))
    assert (code, reason) == (400, "invalidArgument")
    assert message in said
    assert me.listed(includeSpamTrash="true") == ann.listed() == []


def test_a_hundred_recipients_are_fine(me: Caller) -> None:
    me.sent(letter(to=", ".join(f"User {n} <u{n}@example.org>" for n in range(100))))


@pytest.mark.parametrize(
    ("raw", "word"),
    [
        (None, "'raw' RFC822 payload"),
        ("", "'raw' RFC822 payload"),
        ("a+b/", "ByteString"),
        ("????", "Base64 decoding failed"),
        ("YQ=a", "Base64 decoding failed"),
        ("é", "Base64 decoding failed"),
        (5, "raw"),
    ],
)
def test_raw_is_base64url(me: Caller, raw: object, word: str) -> None:
    code, _, _, message = refusal(me.post("messages/send", {"raw": raw}))
    assert code == 400
    assert word in message


def test_padding_may_be_left_out(me: Caller) -> None:
    for length in range(3):
        raw = base64url(letter(body="x" * length)).rstrip("=")
        assert me.post("messages/send", {"raw": raw}).status_code == 200


@pytest.mark.parametrize("name", ["setup.exe", "run.JS", "a.bat", "x.pdf.vbs"])
def test_executables_are_blocked(me: Caller, name: str) -> None:
    message = EmailMessage(policy=policy.SMTP)
    message["To"] = ANN
    message.add_attachment(b"MZ", maintype="application", subtype="octet-stream", filename=name)
    response = me.post("messages/send", {"raw": base64url(message.as_bytes())})
    assert "not allowed" in refusal(response)[3]


def test_an_address_nobody_has_bounces(me: Caller) -> None:
    sent = me.sent(letter(to=f"{ANN}, nobody@example.com, nemo@example.com", subject="Hi"))
    bounce = only(me, labelIds="INBOX")
    message = read(me.raw(bounce))
    assert "mailer-daemon@googlemail.com" in message["From"]
    assert message["To"] == ME
    assert message["X-Failed-Recipients"] == "nobody@example.com, nemo@example.com"
    assert message.get_content_type() == "multipart/report"
    assert message["In-Reply-To"] == read(me.raw(sent["id"]))["Message-ID"]
    assert "UNREAD" in me.labels(bounce)
    assert [part.get_content_type() for part in message.iter_parts()] == [
        *("text/plain", "message/delivery-status", "text/rfc822-headers")
    ]


def test_the_outside_world_takes_mail_silently(me: Caller) -> None:
    me.sent(letter(to="someone@example.org"))
    assert me.listed(labelIds="INBOX") == []


def reply_to(caller: Caller, id: str, *, subject: str, drop: str = "", **more: str) -> bytes:
    """A reply to message `id` of `caller`, maybe without one of the reply headers."""
    parent = str(read(caller.raw(id))["Message-ID"])
    headers = {"References": parent, "In-Reply-To": parent, **more}
    headers.pop(drop, None)
    return letter(to=ME, subject=subject, more=headers.items())


def test_a_conversation_stays_together_on_both_sides(me: Caller, ann: Caller) -> None:
    first = me.sent(letter(subject="Plan"))
    received = only(ann)
    answer = ann.sent(reply_to(ann, received, subject="Re: Plan"), threadId=received)
    assert answer["threadId"] == received
    back = only(me, labelIds="INBOX")
    assert me.said(f"messages/{back}")["threadId"] == first["threadId"]
    again = reply_to(me, back, subject="RE: Re: plan").replace(b"To: me@", b"To: ann@")
    third = me.sent(again, threadId=first["threadId"])
    assert third["threadId"] == first["threadId"]
    assert {ann.said(f"messages/{id}")["threadId"] for id in ann.listed()} == {received}


@pytest.mark.parametrize(
    ("change", "with_thread"),
    [
        ({"subject": "Re: Other"}, True),
        ({"drop": "References"}, True),
        ({"drop": "In-Reply-To"}, True),
        ({"References": "<other@example.com>"}, True),
        ({}, False),
    ],
    ids=["subject", "no references", "no in-reply-to", "other references", "no thread id"],
)
def test_a_condition_that_is_missing_opens_a_new_thread(
    me: Caller, ann: Caller, change: dict[str, str], with_thread: bool
) -> None:
    me.sent(letter(subject="Plan"))
    received = only(ann)
    raw = reply_to(ann, received, **{"subject": "Re: Plan", **change})
    sent = ann.sent(raw, **({"threadId": received} if with_thread else {}))
    assert sent["threadId"] == sent["id"]


def test_receivers_need_references_and_subject(me: Caller, ann: Caller) -> None:
    me.sent(letter(subject="Plan"))
    received = only(ann)
    ann.sent(reply_to(ann, received, subject="Re: Other"))
    ann.sent(letter(to=ME, subject="Re: Plan"))
    inbox = me.listed(labelIds="INBOX")
    assert {me.said(f"messages/{id}")["threadId"] for id in inbox} == set(inbox)


def test_a_thread_ends_at_a_hundred_messages(sandbox: Sandbox, me: Caller, ann: Caller) -> None:
    first = me.sent(letter(subject="Long"))
    for _ in range(99):
        sandbox.mail.put(ME, letter(subject="Long"), thread=first["threadId"])
    received = only(ann)
    ann.sent(reply_to(ann, received, subject="Re: Long"))
    newest = me.listed(q="from:ann")[0]
    assert me.said(f"messages/{newest}")["threadId"] == newest


@pytest.mark.parametrize(
    ("thread", "code"), [("1a2b3c4d5e6f7081", 404), ("xyz", 400)], ids=["unknown", "no id"]
)
def test_a_thread_that_is_not_there_refuses_the_send(
    me: Caller, ann: Caller, thread: str, code: int
) -> None:
    body = {"raw": base64url(letter()), "threadId": thread}
    assert refusal(me.post("messages/send", body))[0] == code
    assert ann.listed() == []


def test_a_message_beyond_35_mebibytes_is_too_large(me: Caller) -> None:
    raw = letter() + b"x" * 36_700_160
    response = me.call(
        "POST",
        "messages/send",
        prefix="/upload",
        data=raw,
        headers={"Content-Type": "message/rfc822"},
    )
    code, reason, _, message = refusal(response)
    assert (code, reason) == (413, "uploadTooLarge")
    assert "Too Large" in message
    assert me.listed() == []


def test_more_than_five_hundred_attachments_are_too_many(me: Caller) -> None:
    def mail(files: int) -> bytes:
        part = "--b\r\nContent-Disposition: attachment; filename=a.txt\r\n\r\nx\r\n"
        mime = [("Content-Type", "multipart/mixed; boundary=b")]
        return letter(body=part * files + "--b--", more=mime)

    refused = me.post("messages/send", {"raw": base64url(mail(501))})
    assert refusal(refused)[3] == "Too many attachments: 501, at most 500"
    assert me.sent(mail(500))["labelIds"] == ["SENT"]


def test_a_header_of_half_a_megabyte_is_too_large(me: Caller) -> None:
    def mail(size: int) -> bytes:
        return letter(more=[("X-Long", "y" * size)])

    assert refusal(me.post("messages/send", {"raw": base64url(mail(500_000))}))[0] == 400
    assert me.sent(mail(400_000))["labelIds"] == ["SENT"]


@pytest.mark.parametrize("path", ["messages/send", "messages", "messages/import", "drafts"])
def test_what_is_large_is_uploaded(me: Caller, path: str) -> None:
    def said(size: int) -> dict[str, object]:
        raw = {"raw": base64url(letter(sender=ME, body="x" * size))}
        return {"message": raw} if path == "drafts" else raw

    assert refusal(me.post(path, said(5_000_000)))[:2] == (413, "uploadTooLarge")
    assert me.post(path, said(4_900_000)).status_code == 200


@pytest.mark.parametrize("path", ["messages/send", "messages", "messages/import"])
def test_there_are_no_classification_labels(me: Caller, path: str) -> None:
    values = [{"labelId": "abc"}]
    body = {"raw": base64url(letter(sender=ME)), "classificationLabelValues": values}
    assert "classification label" in refusal(me.post(path, body))[3]
    assert me.listed() == []
