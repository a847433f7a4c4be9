"""What the tables cannot show: the parts of a document, the context, and odd messages."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone, tzinfo

import pytest

from gmailkit.model.mail import Address, Attachment, Mail
from gmailkit.query import document as document_module
from gmailkit.query.document import Document
from gmailkit.query.match import Context, matches
from gmailkit.query.parse import parse
from gmailkit.query.tree import Field, Thing
from query.mailbox import MAILBOX

NOW = datetime(2026, 6, 15, 12, tzinfo=UTC)
CONTEXT = Context(now=NOW.timestamp())


def found(query: str, document: Document, context: Context = CONTEXT) -> bool:
    return matches(parse(query), document, context=context)


def document(
    mail: Mail | None = None,
    *,
    labels: tuple[str, ...] = (),
    date: datetime = NOW,
    size: int = 100,
) -> Document:
    return Document.of(mail or Mail(), labels=labels, date=date.timestamp(), size=size)


def test_an_empty_message_is_found_only_by_what_it_lacks() -> None:
    nothing = document()
    for query in ("", "-has:attachment", "-subject:a", "has:nouserlabels", "-in:inbox", "is:read"):
        assert found(query, nothing), query
    for query in ("a", "from:me", "from:a", "filename:a", "has:drive", "rfc822msgid:a", "list:a"):
        assert not found(query, nothing), query


def test_me_is_any_address_of_the_account() -> None:
    context = Context(now=0, me=frozenset({"Ann@Example.com", "a.miller@example.com"}))
    for email in ("ann@example.com", "ANN@example.com", "a.miller@example.com"):
        for query in ("from:me", "from:ME", 'from:"me"', "from:(me OR bob)"):
            assert found(query, document(Mail(sender=Address(email))), context)
    for email in ("joann@example.com", "me@example.com", "ann@example.org"):
        assert not found("from:me", document(Mail(sender=Address(email))), context)


def test_me_in_a_text_is_a_word() -> None:
    assert found("subject:me", document(Mail(subject="Call me")))
    assert found("me", document(Mail(text="Call me")))
    assert not found("me", document(Mail(sender=Address("ann@example.com"))))


@pytest.mark.parametrize(
    ("zone", "on_the_day"),
    [(None, False), (timezone(timedelta(hours=-7)), True), (UTC, True)],
    ids=["PST", "PDT", "UTC"],
)
def test_a_day_begins_at_midnight_of_the_context(zone: tzinfo | None, on_the_day: bool) -> None:
    """2026-07-01 07:30 UTC is 00:30 in summer time, but 23:30 of the day before in "PST"."""
    context = Context(now=0, zone=zone) if zone else CONTEXT
    message = document(date=datetime(2026, 7, 1, 7, 30, tzinfo=UTC))
    assert found("after:2026/07/01", message, context) is on_the_day
    assert found("before:2026/07/01", message, context) is not on_the_day


def test_fractions_of_a_second_stay_on_their_side() -> None:
    message = document(date=datetime.fromtimestamp(1388552399.999, UTC))
    assert found("before:1388552400", message)
    assert not found("after:1388552400", message)


@pytest.mark.parametrize(
    "query", ["after:0001/01/01", "before:9999/12/31", "newer_than:999999999y"]
)
def test_far_days_are_only_far(query: str) -> None:
    assert found(query, document())


@pytest.mark.parametrize(("unit", "days"), [("d", 1), ("m", 30), ("y", 365)])
def test_an_age_counts_back_from_now(unit: str, days: int) -> None:
    edge = NOW - timedelta(days=2 * days)
    assert found(f"newer_than:2{unit}", document(date=edge))
    assert found(f"older_than:2{unit}", document(date=edge - timedelta(seconds=1)))
    assert not found(f"older_than:2{unit}", document(date=edge))


def test_both_forms_of_a_body_are_searched_but_no_phrase_joins_them() -> None:
    message = document(Mail(text="plain words", html="<p>rich words</p>"))
    assert found('"plain words" "rich words"', message)
    assert not found('"words rich"', message)


def test_a_name_is_not_glued_to_its_address() -> None:
    message = document(Mail(sender=Address("adams@example.com", "Amy")))
    assert found("from:amy from:adams", message)
    assert not found('from:"amy adams"', message)


def test_a_received_bcc_is_not_searched() -> None:
    mail = Mail(bcc=(Address("amy@example.com"),))
    assert found("bcc:amy", document(mail, labels=("SENT",)))
    assert not found("bcc:amy", document(mail, labels=("INBOX",)))
    assert not found("amy", document(mail, labels=("INBOX",)))


def test_every_delivered_to_header_counts() -> None:
    headers = (("Delivered-To", "one@example.com"), ("DELIVERED-TO", "two@example.com"))
    message = document(Mail(headers=headers))
    assert found("deliveredto:one@example.com deliveredto:two@example.com", message)


@pytest.mark.parametrize(
    ("link", "thing"),
    [
        ("https://docs.google.com/document/d/1", Thing.DOCUMENT),
        ("http://DOCS.google.com/document/d/1", Thing.DOCUMENT),
        ("https://docs.google.com/a/example.com/document/d/1", Thing.DOCUMENT),
        ("https://docs.google.com/spreadsheets/d/1", Thing.SPREADSHEET),
        ("https://docs.google.com/presentation/d/1", Thing.PRESENTATION),
        ("https://drive.google.com/file/d/1", Thing.DRIVE),
        ("https://docs.google.com/document/d/1", Thing.DRIVE),
        ("https://youtube.com/watch?v=1", Thing.YOUTUBE),
        ("https://youtu.be/1", Thing.YOUTUBE),
    ],
)
def test_links_tell_what_a_message_has(link: str, thing: Thing) -> None:
    query = f"has:{thing}"
    assert found(query, document(Mail(text=f"See <{link}>.")))
    assert found(query, document(Mail(html=f"<a href='{link}'>here</a>")))
    assert found(query, document(Mail(html=f"<p>{link}</p>")))
    assert not found(query, document(Mail(html=f"<!-- {link} -->")))
    assert not found(query, document(Mail(subject=link)))


@pytest.mark.parametrize(
    "link",
    [
        "https://docs.google.com.evil.example/document/d/1",
        "https://evil.example/https://docs.google.com/document/d/1",
        "https://docs.google.com/documents/d/1",
        "https://notyoutube.com/watch",
        "https://youtube.com.evil.example/watch",
        "ftp://drive.google.com/file",
    ],
)
def test_look_alike_links_are_no_google_links(link: str) -> None:
    message = document(Mail(html=f'<a href="{link}">x</a>'))
    assert not any(found(f"has:{thing}", message) for thing in ("drive", "document", "youtube"))


@pytest.mark.parametrize(
    ("name", "query", "expected"),
    [
        ("Work & Play", 'label:"work & play"', True),
        ("Work & Play", "label:work---play", True),
        ("Work & Play", "label:work-play", False),
        ("A/B (old) [x]", 'label:"a/b (old) [x]"', True),
        ("A/B (old) [x]", "label:a-b--old---x-", True),
        ("A/B", "label:a", False),
        ("A", "label:a-b", False),
        ("A-B", "label:a/b", False),
        ("A1", "label:a-", False),
        ("MÜNCHEN", "label:münchen", True),
        ("Mu\u0308nchen", "label:M\u00fcnchen", True),
        ("東京/旅行", "label:東京-旅行", True),
        ("CATEGORY_SOCIAL", "label:category_social", True),
    ],
)
def test_a_dash_stands_for_one_character_that_is_no_letter_or_digit(
    name: str, query: str, expected: bool
) -> None:
    assert found(query, document(labels=(name,))) is expected


@pytest.mark.parametrize(
    ("content_type", "expected"),
    [
        ('application/pkcs7-mime; smime-type=enveloped-data; name="smime.p7m"', True),
        ('application/pkcs7-mime; name="smime.p7m"; smime-type="enveloped-data"', True),
        ("Application/PKCS7-MIME;SMIME-Type=Enveloped-Data", True),
        ("application/x-pkcs7-mime; smime-type=enveloped-data", True),
        ("application/pkcs7-mime; smime-type = authEnveloped-data", True),
        ("application/pkcs7-mime", True),
        ("application/pkcs7-mime; smime-type=signed-data; name=smime.p7m", False),
        ("application/pkcs7-mime; smime-type=compressed-data", False),
        ("application/pkcs7-mime; smime-type=certs-only", False),
        ("application/pkcs7-signature; name=smime.p7s", False),
        ('multipart/signed; protocol="application/pkcs7-signature"', False),
        ('multipart/encrypted; protocol="application/pgp-encrypted"', False),
        ("text/plain", False),
        ("", False),
    ],
)
def test_encryptedmail_is_a_label_of_messages_that_are_ciphertext(
    content_type: str, expected: bool
) -> None:
    message = document(Mail(headers=(("content-type", content_type),)), labels=("INBOX",))
    for query in ("label:encryptedmail", "label:EncryptedMail in:inbox"):
        assert found(query, message) is expected
    assert found("-label:encryptedmail", message) is not expected


def test_unknown_categories_and_stars_are_no_user_labels() -> None:
    system = ("INBOX", "CATEGORY_TRAVEL", "BLUE_INFO", "STARRED")
    assert not found("has:userlabels", document(labels=system))
    assert found("has:userlabels", document(labels=(*system, "Inbox zero")))


def test_an_attachment_without_a_name_is_one() -> None:
    message = document(Mail(attachments=(Attachment("", b""),)))
    assert found("has:attachment", message)
    assert not found("filename:a", message)


def test_around_takes_the_nearest_of_many() -> None:
    message = document(Mail(text="a x x x x x b x x a b x"))
    assert found("a AROUND 1 b", message)
    assert found('"a AROUND 1 b"', message)
    assert found('"b AROUND 3 a"', message)
    assert not found('"b AROUND 2 a"', message)
    assert not found("a AROUND 1 a", message)


def test_words_around_do_not_overlap() -> None:
    message = document(Mail(text="one two three"))
    assert found('"one two" AROUND 1 three', message)
    assert not found('"one two" AROUND 5 "two three"', message)
    assert not found("two AROUND 5 two", message)


def test_a_message_is_cut_into_words_once_and_only_where_looked_at(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    texts: list[str] = []
    index_of = document_module.index_of

    def counting(parts: object) -> str:
        found = list(parts)  # type: ignore[call-overload]
        texts.extend(found)
        return index_of(found)

    monkeypatch.setattr(document_module, "index_of", counting)
    message = document(Mail(subject="A subject", text="A body"), labels=("INBOX",))
    assert found("in:inbox larger:1 newer_than:1d", message)
    assert texts == []
    for _ in range(3):
        assert found("subject:subject", message)
    assert texts == ["A subject"]


def test_a_document_does_not_show_its_mail() -> None:
    assert "Lunch" not in repr(MAILBOX["m01"])
    assert MAILBOX["m01"].index(Field.SUBJECT) == " lunch on friday "
