"""Words to a message: who it is from, what it says, and what is said of it first."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gmailkit.config import Settings
from gmailkit.errors import Refused, UsageError
from gmailkit.gmail import Gmail
from gmailkit.mime.parse import parse
from gmailkit.model.mail import Address, Mail
from gmailkit.sandbox import Sandbox
from gmailkit.secret import Secret
from gmailkit.transport.smtp.letter import letter_of

ME, ANN, SHOP = "me@example.com", "ann@example.com", "shop@example.net"
SIGNATURE = "<div>Mira Vale<br><b>The shop</b></div>"


def said(gmail: Gmail, **words: Any) -> Mail:
    return parse(gmail.compose(**{"to": ANN, "subject": "s", **words}).raw)


@pytest.fixture
def administrator(sandbox: Sandbox, settings_for: Callable[..., Settings]) -> Gmail:
    """The same mailbox with all rights over its settings."""
    scopes = ["gmail.settings.sharing", "gmail.settings.basic", "gmail.modify"]
    token = Secret(sandbox.issue_token(ME, scopes, delegated=True))
    return Gmail(settings=replace(settings_for(), access_token=token))


@pytest.fixture
def shop(sandbox: Sandbox, administrator: Gmail) -> Gmail:
    """An alias that may send, with a name, a signature and a place for answers."""
    sandbox.mail.add_alias(ME, SHOP)
    administrator.settings.send_as.patch(
        SHOP, display_name="The Shop", reply_to_address="answers@example.net", signature=SIGNATURE
    )
    return administrator


# From


def test_an_accepted_alias_may_stand_in_from(sandbox: Sandbox, shop: Gmail, gmail: Gmail) -> None:
    gmail.send(to=ANN, subject="s", text="x", sender=SHOP.upper())
    mail = parse(sandbox.mail.raw(ANN, sandbox.mail.ids(ANN)[0]))
    assert mail.sender == Address(SHOP.upper(), "The Shop")
    assert mail.reply_to == (Address("answers@example.net"),)


def test_the_name_and_the_place_for_answers_may_be_others(shop: Gmail, gmail: Gmail) -> None:
    mail = said(gmail, sender=f"Mira <{SHOP}>", reply_to=ANN)
    assert (mail.sender, mail.reply_to) == (Address(SHOP, "Mira"), (Address(ANN),))


def test_an_address_that_is_no_alias_is_refused_and_the_right_ones_named(
    shop: Gmail, gmail: Gmail
) -> None:
    with pytest.raises(UsageError, match=r"eve@example\.org is not an address of this acc") as e:
        gmail.compose(to=ANN, sender="eve@example.org")
    assert ME in e.value.hint
    assert SHOP in e.value.hint


def test_an_alias_that_was_not_confirmed_is_refused(administrator: Gmail, gmail: Gmail) -> None:
    administrator.preferences.send_as.add("bob@example.com")
    with pytest.raises(UsageError, match="not confirmed") as caught:
        gmail.compose(to=ANN, sender="bob@example.com")
    assert "verify" in caught.value.hint


def test_a_sign_in_that_cannot_look_says_so(
    sandbox: Sandbox, settings_for: Callable[..., Settings]
) -> None:
    with (
        Gmail(settings=settings_for(purpose="send")) as gmail,
        pytest.raises(Refused, match=r"Whether shop@example\.net belongs to this account"),
    ):
        gmail.compose(to=ANN, sender=SHOP)
    assert not [path for method, path in sandbox.requests if method == "POST"]


def test_the_own_address_is_not_looked_up(sandbox: Sandbox, gmail: Gmail) -> None:
    gmail.compose(to=ANN, sender=f"Me <{ME.upper()}>")
    assert not [path for _, path in sandbox.requests if "sendAs" in path]


# Signature


def test_the_signature_goes_below_as_html_and_as_text(shop: Gmail, gmail: Gmail) -> None:
    mail = said(gmail, sender=SHOP, text="Dear Ann,\n  <indented>\n", signature=True)
    assert mail.text == "Dear Ann,\n  <indented>\n\n-- \nMira Vale\nThe shop\n"
    assert "Dear Ann,<br>\n&nbsp;&nbsp;&lt;indented&gt;</div>" in mail.html
    assert mail.html.index("-- <br>") < mail.html.index("The shop")


def test_the_signature_stands_within_the_html_document(shop: Gmail, gmail: Gmail) -> None:
    mail = said(gmail, sender=SHOP, html="<html><body>Hi</body></html>\n", signature=True)
    assert mail.html.strip().endswith("</body></html>")
    assert mail.html.index("Hi") < mail.html.index("The shop")
    assert mail.text == ""


def test_no_signature_without_a_wish_and_a_warning_where_there_is_none(gmail: Gmail) -> None:
    message = gmail.compose(to=ANN, subject="s", text="x", signature=True)
    assert message.warnings == ("Gmail has no signature for this address.",)
    assert "-- " not in said(gmail, text="x").text


# Headers


def test_headers_importance_and_a_way_off_the_list(gmail: Gmail) -> None:
    mail = said(
        gmail,
        headers={"X-Job": "7", "Auto-Submitted": "auto-generated"},
        importance="high",
        unsubscribe=["https://example.com/off?id=1", "mailto:off@example.com?subject=off"],
    )
    expected = {
        "X-Job": "7",
        "Auto-Submitted": "auto-generated",
        "Importance": "high",
        "X-Priority": "1",
        "List-Unsubscribe": "<https://example.com/off?id=1>, <mailto:off@example.com?subject=off>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }
    assert {name: mail.header(name) for name in expected} == expected


def test_one_click_needs_https(gmail: Gmail) -> None:
    mail = said(gmail, unsubscribe="mailto:off@example.com", importance="low")
    assert mail.header("List-Unsubscribe-Post") == ""
    assert (mail.header("Importance"), mail.header("X-Priority")) == ("low", "5")


@pytest.mark.parametrize(
    "words",
    [
        {"unsubscribe": "http://example.com/off"},
        {"unsubscribe": "https://example.com/a>, <https://evil.example"},
        {"unsubscribe": "https://example.com/a b"},
        {"unsubscribe": "https://example.com/\r\nBcc: eve@example.org"},
        {"unsubscribe": "https://"},
        {"unsubscribe": f"https://example.com/{'x' * 1000}"},
        {"importance": "urgent"},
        {"headers": {"X-A": "1\r\nBcc: eve@example.org"}},
        {"headers": {"X-A\r\nBcc": "1"}},
        {"headers": [("Subject", "twice")]},
        {"headers": {"": "x"}},
        {"in_reply_to": "<a@b>\r\nBcc: eve@example.org"},
        {"references": ["<a@b>\nBcc: eve@example.org"]},
        {"text": "x", "markdown": "x"},
    ],
    ids=lambda words: str(words)[:50],
)
def test_what_no_header_may_say_is_refused(gmail: Gmail, words: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        gmail.compose(to=ANN, **words)


# Conversation


def test_a_message_may_belong_to_a_conversation(sandbox: Sandbox, gmail: Gmail) -> None:
    first = gmail.send(to=ANN, subject="Lunch", text="x")
    id = parse(gmail.raw(first.id)).message_id
    words: Any = {"thread_id": first.thread_id, "in_reply_to": id, "references": [id]}
    message = gmail.compose(to=ANN, subject="Re: Lunch", text="y", **words)
    assert message.thread_id == first.thread_id
    assert gmail.send(message).thread_id == first.thread_id


# Markdown


def test_markdown_becomes_html_and_text_with_its_pictures(gmail: Gmail, tmp_path: Path) -> None:
    pytest.importorskip("markdown_it")
    png = b"\x89PNG\r\n\x1a\n" + bytes(9)
    (tmp_path / "chart.png").write_bytes(png)
    mail = said(gmail, markdown="# Report\n\n**Up** ![chart](chart.png)\n", folder=tmp_path)
    (picture,) = mail.attachments
    assert (picture.content, picture.inline, picture.filename) == (png, True, "chart.png")
    assert f"cid:{picture.content_id}" in mail.html
    assert "<strong" in mail.html
    assert "Up" in mail.text
    assert "<" not in mail.text


def test_a_picture_that_markdown_names_and_is_not_there(gmail: Gmail, tmp_path: Path) -> None:
    pytest.importorskip("markdown_it")
    with pytest.raises(UsageError, match=r"gone\.png"):
        gmail.compose(to=ANN, markdown="![x](gone.png)", folder=tmp_path)


# A finished message


RAW = b"To: ann@example.com\nSubject: Done\nX-Own: kept\n\nline\nFrom here\n"


@pytest.mark.parametrize("form", ["bytes", "path", "file"])
def test_a_finished_message_goes_as_it_is(
    sandbox: Sandbox, gmail: Gmail, tmp_path: Path, form: str
) -> None:
    path = tmp_path / "done.eml"
    path.write_bytes(RAW)
    given: Any = {"bytes": RAW, "path": path, "file": io.BytesIO(RAW)}[form]
    message = gmail.compose(raw=given)
    assert message.raw == RAW.replace(b"\n", b"\r\n")
    assert [each.email for each in message.recipients] == [ANN]
    gmail.send(message)
    (id,) = sandbox.mail.ids(ANN)
    arrived = sandbox.mail.raw(ANN, id)
    assert b"\r\nX-Own: kept\r\n" in arrived
    assert arrived.endswith(b"\r\n\r\nline\r\nFrom here\r\n")


def test_who_gmail_will_put_into_from_is_said(shop: Gmail, gmail: Gmail) -> None:
    foreign = gmail.compose(raw=b"From: bob@example.org\n" + RAW)
    assert foreign.warnings == (f"Gmail will put {ME} in the place of From: bob@example.org.",)
    for own in (ME, SHOP):
        assert gmail.compose(raw=f"From: X <{own}>\n".encode() + RAW).warnings == ()


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        (b"", "no header"),
        (b"\n\nbody alone", "no header"),
        (b"Subject: x\n\nbody", "no recipient"),
        (b"To: undisclosed-recipients:;\n\nbody", "no recipient"),
        (b"To: ann@\n\nbody", "no e-mail address"),
        (b"To: ann@localhost\n\nbody", "no e-mail address"),
        ("Subject: text", "Cannot read the message"),
        (io.StringIO("To: ann@example.com\n\n"), "open for bytes"),
    ],
    ids=lambda each: each if isinstance(each, str) else type(each).__name__,  # no address of memory
)
def test_a_finished_message_that_cannot_be_sent(gmail: Gmail, raw: Any, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        gmail.compose(raw=raw)


def test_a_finished_message_takes_no_words_beside_it(gmail: Gmail) -> None:
    with pytest.raises(UsageError, match="takes no subject"):
        gmail.compose(raw=RAW, subject="Another")


def test_a_finished_message_too_large_is_refused_before_it_is_read(
    gmail: Gmail, tmp_path: Path
) -> None:
    with (tmp_path / "huge.eml").open("wb") as file:
        file.truncate(10 * 1024**3)
    with pytest.raises(UsageError, match="too large"):
        gmail.compose(raw=tmp_path / "huge.eml")


# Templates

WELCOME = """---
subject: Welcome, {{ name }}
to: {{ name }} <{{ email }}>
attach: terms.txt
X-Job: welcome
---
Dear **{{ name }}**, see the attached terms. ![chart](chart.png)
"""


@pytest.fixture
def welcome(tmp_path: Path) -> Path:
    pytest.importorskip("jinja2")
    (tmp_path / "terms.txt").write_text("terms")
    (tmp_path / "chart.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(9))
    (tmp_path / "welcome.md").write_text(WELCOME)
    return tmp_path / "welcome.md"


VALUES = {"name": "Zoë *", "email": ANN}


def test_a_template_fills_head_and_body_with_files_beside_it(gmail: Gmail, welcome: Path) -> None:
    message = gmail.compose(template=welcome, values=VALUES)
    mail = parse(message.raw)
    assert mail.to == (Address(ANN, "Zoë *"),)
    assert mail.subject == "Welcome, Zoë *"
    assert mail.header("X-Job") == "welcome"
    assert [each.filename for each in mail.attachments] == ["chart.png", "terms.txt"]
    assert "Dear *Zoë **, see" in mail.text
    assert message.warnings == ()


def test_what_is_said_beside_a_template_wins(gmail: Gmail, welcome: Path, tmp_path: Path) -> None:
    mail = parse(
        gmail.compose(
            template=str(welcome),
            values=VALUES,
            to="bob@example.com",
            subject="Other",
            headers={"x-job": "test", "X-More": "1"},
            attach=("b.csv", b"1"),
        ).raw
    )
    assert (mail.to, mail.subject) == ((Address("bob@example.com"),), "Other")
    assert (mail.header("X-Job"), mail.header("X-More")) == ("test", "1")
    assert [each.filename for each in mail.attachments] == ["chart.png", "terms.txt", "b.csv"]


def test_the_text_of_a_template_or_a_read_one_will_do(gmail: Gmail) -> None:
    pytest.importorskip("jinja2")
    from gmailkit.compose.template import read_template

    text = "---\nsubject: s\nformat: text\n---\nHi {{ name }}\n"
    for template in (text, read_template(text)):
        mail = parse(gmail.compose(to=ANN, template=template, values={"name": "Ann"}).raw)
        assert mail.text == "Hi Ann\n"


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ({"template": "gone.md"}, "Cannot read the template gone.md"),
        ({"template": "/"}, "is a folder"),
        ({"values": {"a": "b"}, "text": "x"}, "no template"),
        ({"template": "Hi {{ nam }}\n", "values": {"name": "Ann"}}, "nam"),
        ({"template": "Hi\n", "text": "Hi"}, "given twice"),
        ({"template": "Hi\n", "html": "<p>"}, "given twice"),
        (
            {"template": "---\nsubject: {{ a }}\n---\nx\n", "values": {"a": "b\r\nBcc: e@x.org"}},
            "subject",
        ),
        ({"template": "---\nX-A: {{ a }}\n---\nx\n", "values": {"a": "b\nBcc: e@x.org"}}, "X-A"),
    ],
    ids=str,
)
def test_a_template_that_cannot_be_filled(gmail: Gmail, words: dict[str, Any], says: str) -> None:
    pytest.importorskip("jinja2")
    with pytest.raises(UsageError, match=says):
        gmail.compose(to=ANN, **words)


def test_a_template_that_is_no_text(gmail: Gmail, tmp_path: Path) -> None:
    (tmp_path / "t.md").write_bytes(b"\xff\xfe")
    with pytest.raises(UsageError, match="not text in UTF-8"):
        gmail.compose(to=ANN, template=tmp_path / "t.md")


@pytest.mark.parametrize(
    "raw",
    [
        b"To: ann@example.com\rBcc: eve@example.com\r\nSubject: x\r\n\r\nhi\r\n",
        b"To: ann@example.com\nSubject: x\rBcc: eve@example.com\n\nhi\n",
        b"To: ann@example.com\r\n\rBcc: eve@example.com\r\n\r\nhi\r\n",
        b"Bcc: eve@example.com,\r bob@example.com\r\nTo: ann@example.com\r\n\r\nhi\r\n",
        b"To: ann@example.com\r\nBcc: eve@example.com\rX: y",
    ],
)
def test_a_header_with_a_cr_that_ends_no_line_is_refused(gmail: Gmail, raw: bytes) -> None:
    """By SMTP the line after it would leave as a part of the one before, a Bcc for all to see."""
    with pytest.raises(UsageError, match="holds a CR that ends no line") as caught:
        gmail.compose(raw=raw)
    assert "LF or CRLF" in caught.value.hint


@pytest.mark.parametrize(
    "raw",
    [
        b"To: ann@example.com\rBcc: eve@example.com\rSubject: x\r\rhi\r",
        b"To: ann@example.com\r\r\nBcc: eve@example.com\r\r\n\r\r\nhi\r\r\n",
        b"To: ann@example.com\r\nBcc: eve@example.com\r\n\r\none\rtwo\r\n",
    ],
    ids=["old Macintosh", "doubled CR", "in the text"],
)
def test_where_every_reader_sees_the_line_ends_the_bcc_is_one_and_does_not_leave_by_smtp(
    gmail: Gmail, raw: bytes
) -> None:
    made = gmail.compose(raw=raw)
    assert [each.email for each in made.mail.bcc] == ["eve@example.com"]
    letter = letter_of(made.raw, sender="me@example.com", date="x", message_id="<1@x.org>")
    assert b"eve@" not in letter.content
    assert b"To: ann@example.com\r\n" in letter.content
