"""Replies and forwards through the sandbox: who gets them, that they thread, what they carry."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest

from fakes import ImpatientClock
from gmailkit.config import Settings
from gmailkit.errors import GmailKitError, NotFound, Refused, UsageError
from gmailkit.gmail import Gmail
from gmailkit.mime.parse import parse
from gmailkit.model.ids import ThreadId
from gmailkit.model.mail import Attachment
from gmailkit.sandbox import Sandbox
from gmailkit.services.sending.parent import Parent
from jwz import threads
from mailroom import ME, letter

ANN, BOB, SALES = "ann@example.com", "bob@example.com", "sales@example.com"
PICTURE = b"\x89PNG a chart"


@pytest.fixture
def mailbox_of(settings_for: Callable[..., Settings]) -> Iterator[Callable[[str], Gmail]]:
    """The mailboxes of several people, each signed in with gmail.modify."""
    with ExitStack() as opened:
        yield lambda address: opened.enter_context(
            Gmail(settings=settings_for(address), clock=ImpatientClock())
        )


def newest(sandbox: Sandbox, address: str) -> EmailMessage:
    """The last message of a mailbox as Python's own parser reads it."""
    raw = sandbox.mail.raw(address, sandbox.mail.ids(address)[0])
    return message_from_bytes(raw, policy=policy.default)  # type: ignore[return-value]


def threads_of(gmail: Gmail) -> Counter[str]:
    return Counter(each.thread_id for each in gmail.search("in:anywhere"))


def test_a_conversation_of_ten_replies_is_one_in_both_mailboxes_and_in_other_programs(
    sandbox: Sandbox, mailbox_of: Callable[[str], Gmail]
) -> None:
    """Each reads the copy that lies in the own mailbox, with the Message-ID that Gmail gave it."""
    me, ann = mailbox_of(ME), mailbox_of(ANN)
    subject = "Grüße aus 東京, and a subject that is much longer than one line of a header may be"
    me.send(to=ANN, subject=subject, text="Hello Ann")
    for turn in range(10):
        gmail, address = (ann, ANN) if turn % 2 == 0 else (me, ME)
        verb = gmail.reply_all if turn % 3 else gmail.reply
        verb(sandbox.mail.ids(address)[0], f"Answer {turn}", html="<b>!</b>" if turn == 4 else "")
    assert [sum(threads_of(g).values()) for g in (me, ann)] == [11, 11]
    assert [len(threads_of(g)) for g in (me, ann)] == [1, 1]
    for address in (ME, ANN):
        raws = [sandbox.mail.raw(address, id) for id in sandbox.mail.ids(address)]
        (root,) = threads(raws)
        assert (root.messages, root.depth) == (11, 11)
        subjects = {message_from_bytes(raw, policy=policy.default)["subject"] for raw in raws}
        assert subjects == {subject, f"Re: {subject}"}


def test_the_threader_of_this_test_takes_apart_what_is_not_tied_together() -> None:
    first = b"Message-ID: <1@x>\n\n"
    assert len(threads([first, b"Message-ID: <2@x>\nSubject: Re: Hi\n\n"])) == 2
    assert len(threads([first, b"Message-ID: <2@x>\nIn-Reply-To: <1@x>\n\n"])) == 1


def test_the_parent_is_read_once(sandbox: Sandbox, gmail: Gmail) -> None:
    id = sandbox.mail.put(ME, letter("Hi"))
    parent = gmail.open_message(id)
    gmail.compose_reply(parent, "Thanks")
    gmail.compose_reply(parent, "Thanks, all", all=True)
    paths = [path.partition("?")[0] for _, path in sandbox.requests]
    assert sum(path.endswith(id) for path in paths) == 1
    assert sum(path.endswith("/sendAs") for path in paths) == 1


def test_a_reply_quotes_and_a_promise_in_the_quote_is_none(sandbox: Sandbox, gmail: Gmail) -> None:
    id = sandbox.mail.put(ME, letter("Hi", body="See the attachment."))
    made = gmail.compose_reply(id, "Thanks")
    assert made.mail.text == (
        "Thanks\n\nOn Tue, 24 Nov 2026 at 10:00 +0000, Ann Lee <ann@example.com> wrote:\n"
        "> See the attachment.\n"
    )
    assert made.warnings == ()
    assert gmail.compose_reply(id, "Thanks", quote=False).mail.text == "Thanks"
    assert gmail.compose_reply(id, "It is attached.").warnings != ()


def test_a_reply_comes_from_the_alias_that_was_written_to(sandbox: Sandbox, gmail: Gmail) -> None:
    sandbox.mail.add_alias(ME, SALES)
    raw = letter("Order").replace(f"To: {ME}".encode(), b"To: Sales <Sales@example.com>")
    gmail.reply(sandbox.mail.put(ME, raw), "Coming")
    mail = newest(sandbox, ANN)
    assert mail["from"].addresses[0].addr_spec == SALES
    assert [each.addr_spec for each in mail["to"].addresses] == [ANN]
    own = gmail.search("in:sent", limit=1)
    again = gmail.compose_reply(next(iter(own)), "One more thing", all=True)  # of my own
    assert (again.mail.sender and again.mail.sender.email) == SALES
    assert [each.email for each in again.recipients] == [ANN]


def test_a_reply_to_the_own_address_leaves_from_to_gmail(sandbox: Sandbox, gmail: Gmail) -> None:
    sandbox.mail.add_alias(ME, SALES)
    assert gmail.compose_reply(sandbox.mail.put(ME, letter("Hi")), "x").mail.sender is None


@pytest.mark.parametrize("purpose", ["read", "send"])
def test_a_sign_in_that_may_not_send_or_read_is_told_before_anything_leaves(
    sandbox: Sandbox, settings_for: Callable[..., Settings], purpose: str
) -> None:
    id = sandbox.mail.put(ME, letter("Hi"))
    with Gmail(settings=settings_for(purpose=purpose)) as gmail:
        if purpose == "read":
            assert gmail.compose_reply(id, "x").recipients
        with pytest.raises(Refused):
            gmail.reply(id, "x")
    assert not [path for method, path in sandbox.requests if method != "GET"]


def test_recipients_come_on_top_and_go(sandbox: Sandbox, gmail: Gmail) -> None:
    id = sandbox.mail.put(ME, letter("Hi"))
    made = gmail.compose_reply(id, "x", add="Bob <bob@example.com>", remove=ANN, cc="me")
    assert [each.email for each in made.mail.to] == [BOB]
    assert [each.email for each in made.mail.cc] == [ME]
    with pytest.raises(UsageError, match="names nobody to reply to"):
        gmail.compose_reply(id, "x", remove=ANN)
    assert gmail.compose_reply(id, "x", remove=ANN, bcc=BOB).recipients[0].email == BOB


def test_a_name_with_a_comma_stays_one_recipient(sandbox: Sandbox, gmail: Gmail) -> None:
    id = sandbox.mail.put(ME, letter("Hi", sender='"Lee, Ann" <ann@example.com>'))
    gmail.reply(id, "x")
    (to,) = newest(sandbox, ANN)["to"].addresses
    assert (to.display_name, to.addr_spec) == ("Lee, Ann", ANN)


def test_parents_that_cannot_be_answered_as_others(sandbox: Sandbox, gmail: Gmail) -> None:
    draft = gmail.save_draft(to=ANN, subject="Not yet", text="x")
    assert draft.message is not None
    with pytest.raises(UsageError, match="is a draft") as caught:
        gmail.reply(draft.message.id, "x")
    assert "gmailkit drafts" in caught.value.hint
    with pytest.raises(NotFound):
        gmail.reply("18c2f0a1b2c3d4e5", "x")
    trashed = sandbox.mail.put(ME, letter("Old"), labels=("TRASH",))
    assert any("Trash" in each for each in gmail.compose_reply(trashed, "x").warnings)
    nameless = re.sub(rb"Message-ID: .*\r\n", b"", letter("Nameless"))
    made = gmail.compose_reply(sandbox.mail.put(ME, nameless), "x")
    assert (made.thread_id, made.mail.in_reply_to) == (None, "")
    assert any("new conversation" in each for each in made.warnings)
    gmail.send(made)
    assert newest(sandbox, ANN)["subject"] == "Re: Nameless"


HTML = f"""From: Ann Lee <ann@example.com>
To: {ME}
Subject: Chart
Message-ID: <chart@example.com>
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=a

--a
Content-Type: multipart/related; boundary=b

--b
Content-Type: text/html; charset=utf-8

<p>Look: <img src="cid:c1@x"><script>x</script></p>
--b
Content-Type: image/png
Content-ID: <c1@x>
Content-Disposition: inline; filename="c.png"
Content-Transfer-Encoding: 7bit

PICTURE
--b--
--a
Content-Type: application/pdf
Content-Disposition: attachment; filename="Bericht.pdf"

%PDF
--a--
""".encode()


def test_html_is_quoted_with_its_pictures_where_the_reply_has_html(
    sandbox: Sandbox, gmail: Gmail
) -> None:
    id = sandbox.mail.put(ME, HTML)
    plain = gmail.compose_reply(id, "Nice").mail
    assert (plain.html, plain.attachments) == ("", ())
    assert "> Look:" in plain.text
    gmail.reply(id, html="<html><body><p>Nice</p></body></html>")
    mail = parse(sandbox.mail.raw(ANN, sandbox.mail.ids(ANN)[0]))
    assert re.search(r"<p>Nice</p>.*<blockquote.*cid:c1@x.*</blockquote>.*</body>", mail.html, re.S)
    assert "<script" not in mail.html
    assert [(each.content_id, each.content) for each in mail.attachments] == [("c1@x", b"PICTURE")]
    assert "> Look:" in mail.text
    assert mail.text.startswith("Nice")


def test_a_forward_keeps_attachments_and_pictures(sandbox: Sandbox, gmail: Gmail) -> None:
    id = sandbox.mail.put(ME, HTML)
    sent = gmail.forward(id, BOB, "For you,\nBob", cc=ANN)
    mail = parse(sandbox.mail.raw(BOB, sandbox.mail.ids(BOB)[0]))
    assert mail.subject == "Fwd: Chart"
    assert mail.text.startswith(
        "For you,\nBob\n\n---------- Forwarded message ---------\nFrom: Ann"
    )
    assert "<div>For you,<br>\nBob</div>" in mail.html
    kept = {each.filename: each for each in mail.attachments}
    assert kept["c.png"] == Attachment("c.png", b"PICTURE", "image/png", "c1@x", inline=True)
    assert kept["Bericht.pdf"].content == b"%PDF"
    assert {each.email for each in sent.to} == {BOB, ANN}
    assert len(threads_of(gmail)) == 1  # for the sender it stays in the conversation


def test_a_forward_whole_is_the_message_byte_for_byte(sandbox: Sandbox, gmail: Gmail) -> None:
    raw = HTML.replace(b"\n", b"\r\n")
    gmail.forward(sandbox.mail.put(ME, raw), BOB, as_attachment=True)
    (attached,) = parse(sandbox.mail.raw(BOB, sandbox.mail.ids(BOB)[0])).attachments
    assert (attached.filename, attached.content_type) == ("Chart.eml", "message/rfc822")
    assert attached.content.rstrip() == raw.rstrip()


@pytest.mark.parametrize("whole", [True, False])
def test_whom_nobody_was_to_know_of_is_not_told_by_a_forward(
    sandbox: Sandbox, gmail: Gmail, whole: bool
) -> None:
    sent = gmail.send(to=ANN, bcc=[BOB, "dan@example.org"], subject="Secret", text="x")
    assert b"Bcc" in gmail.raw(sent.id)
    gmail.forward(sent.id, "carla@example.com", as_attachment=whole)
    carla = sandbox.mail.raw("carla@example.com", sandbox.mail.ids("carla@example.com")[0])
    assert BOB.encode() not in carla
    assert b"dan@" not in carla
    assert b"Subject: Secret" in carla


@pytest.mark.parametrize(
    "head",
    [
        b"To: ann@example.com\r\nResent-Bcc: hid@example.org\r\nSubject: a\r\n\r\nx\r\n",
        b"Resent-Bcc: a@example.org,\r\n\thid@example.org\r\nSubject: a\r\n\r\nx\r\n",
        b"Subject: a\r\nBcc: hid@example.org",
        b"Subject: a\nBcc: a@example.org,\n hid@example.org",
        b"Subject: a\nbcc : hid\n\nx",
        b"To: ann@example.com\rBcc: hid@example.org\r\nSubject: a\r\n\r\nx\r\n",
        b"Subject: a\rBcc: a@example.org,\r hid@example.org\r\n\r\nx\r\n",
        b"Bcc: hid@example.org\nSubject: a\nResent-Bcc: hid@example.com\nBCC: hid@x.org\n\nx",
    ],
)
def test_however_it_is_written_whom_nobody_was_to_know_of_is_not_attached(
    gmail: Gmail, head: bytes
) -> None:
    raw = b"From: me@example.com\r\n" + head
    parent = Parent(mail=parse(raw), raw=raw, thread_id=ThreadId("1"), own=(ME,))
    (attached,) = gmail.compose_forward(parent, BOB, as_attachment=True).mail.attachments
    assert b"hid" not in attached.content
    assert b"Subject: a" in attached.content


def test_a_line_of_the_text_that_looks_like_bcc_stays(gmail: Gmail) -> None:
    raw = b"From: me@example.com\nSubject: a\n\nBcc: x@example.org\n"
    parent = Parent(mail=parse(raw), raw=raw, thread_id=ThreadId("1"), own=(ME,))
    (attached,) = gmail.compose_forward(parent, BOB, as_attachment=True).mail.attachments
    assert attached.content == raw


def test_the_attachments_of_a_forward_keep_what_the_text_promises(
    sandbox: Sandbox, gmail: Gmail
) -> None:
    made = gmail.compose_forward(sandbox.mail.put(ME, HTML), BOB, "It is attached.")
    assert made.warnings == ()
    signed = letter("S").replace(b"text/plain", b"multipart/signed")
    made = gmail.compose_forward(sandbox.mail.put(ME, signed), BOB)
    assert any("signed" in each for each in made.warnings)


def test_a_lost_answer_makes_no_second_reply(sandbox: Sandbox, gmail: Gmail) -> None:
    id = sandbox.mail.put(ME, letter("Hi"))
    sandbox.faults.next("drop-after", method="drafts.send")
    sandbox.faults.next("drop-after", method="drafts.create")
    sent = gmail.reply(id, "Once", key="reply-1")
    assert gmail.reply(id, "Once", key="reply-1").again
    assert len(sandbox.mail.ids(ANN)) == 1
    assert sent.thread_id == next(iter(threads_of(gmail)))


def answers(gmail: Gmail, parent: Parent) -> Iterator[bytes]:
    """The bytes of each kind of answer; one that cannot be says so in one sentence."""
    kinds: tuple[Callable[[], object], ...] = (
        lambda: gmail.compose_reply(parent, "Hi"),
        lambda: gmail.compose_reply(parent, html="<p>Hi</p>", all=True),
        lambda: gmail.compose_forward(parent, BOB, "Hi"),
        lambda: gmail.compose_forward(parent, BOB, as_attachment=True),
    )
    for kind in kinds:
        try:
            yield kind().raw  # type: ignore[attr-defined]
        except UsageError as error:
            assert "names nobody to reply to" in error.message
            assert "\n" not in error.message
            yield b""


def test_every_message_of_the_corpus_can_be_answered(gmail: Gmail, corpus: Path) -> None:
    nobody = 0
    paths = sorted(corpus.rglob("*.eml"))
    for path in paths:
        raw = path.read_bytes()
        mail = parse(raw)
        parent = Parent(mail=mail, raw=raw, thread_id=ThreadId("1"), own=(ME,))
        reply, everybody, forward, whole = (parse(each) for each in answers(gmail, parent))
        nobody += not reply.to
        for one in (reply, everybody, forward, whole):
            assert not one.to or one.defects == (), path
        check_kept(mail.attachments, forward.attachments)
        hidden = mail.bcc or mail.header("Bcc") or mail.header("Resent-Bcc")
        assert hidden or _lines(whole.attachments[-1].content) == _lines(raw), path
    assert len(paths) > 1000
    assert nobody < len(paths) / 10


def check_kept(before: Sequence[Attachment], after: Sequence[Attachment]) -> None:
    """Exact bytes; a message inside another has CRLF (RFC 2046 section 5.2.1)."""
    assert len(before) == len(after)
    contents, lines = ([f(each.content) for each in after] for f in (bytes, _lines))
    for each in before:
        inside = each.content_type == "message/rfc822"
        assert _lines(each.content) in lines if inside else each.content in contents
        kept = {each.filename for each in after}
        assert not each.filename or each.filename in kept


def _lines(content: bytes) -> bytes:
    return content.replace(b"\r\n", b"\n").rstrip(b"\n")


@pytest.mark.parametrize(
    "name", ["stalwart-legacy__015", "stalwart-legacy__021", "stalwart-thirdparty__019"]
)
def test_a_forward_of_real_mail_arrives_with_its_pictures_and_files(
    sandbox: Sandbox, gmail: Gmail, corpus: Path, name: str
) -> None:
    raw = (corpus / "mime" / f"{name}.eml").read_bytes()
    gmail.forward(sandbox.mail.put(ME, raw), BOB, "See below")
    before = parse(raw)
    after = parse(sandbox.mail.raw(BOB, sandbox.mail.ids(BOB)[0]))
    assert after.defects == ()
    shown = [each for each in before.attachments if each.inline]
    assert len(shown) > 0
    assert len(shown) < len(before.attachments)
    for each in shown:
        assert each in after.attachments
        assert f"cid:{each.content_id}" in after.html
    check_kept(before.attachments, after.attachments)


def test_errors_name_no_body(gmail: Gmail, sandbox: Sandbox) -> None:
    id = sandbox.mail.put(ME, letter("Hi", sender="nobody", body="a private body"))
    with pytest.raises(GmailKitError) as caught:
        gmail.reply(id, "my private answer")
    assert "private" not in str(caught.value) + caught.value.hint
