"""What a message says of its list, however it is written, and whoever wrote it."""

from __future__ import annotations

import pytest

from gmailkit.errors import UsageError
from gmailkit.mime.authentication import vouching
from gmailkit.mime.mailing_list import MailTo, is_one_click, list_id, read_mailto, ways_out

POST = ("List-Unsubscribe", "List-Unsubscribe-Post")


@pytest.mark.parametrize(
    ("value", "ways"),
    [
        ("<https://a.example/x>", ["https://a.example/x"]),
        ("<mailto:a@a.example>,\r\n <HTTPS://a.example>", ["mailto:a@a.example", "https://a.example"]),
        ("(use <https://no.example/> not) <https://a.example/(b)>", ["https://a.example/(b)"]),
        ("<https://a.example/\r\n long\r\n er>", ["https://a.example/longer"]),
        ("=?utf-8?q?=3Chttps=3A//a.example/x=3E?=", ["https://a.example/x"]),
        ("https://a.example/bare", []),
        ("<javascript:alert(1)>, <data:x>, <file:///etc/passwd>, <ftp://a.example>", []),
        ("<https://a.example/x", []),
        ("<https://a.example/<https://b.example/>", ["https://b.example/"]),
        ("<https://a.example/\x00x>", ["https://a.example/x"]),
        ("<>, <mailto:>, <:>, ((((", []),
        (", ".join(["<https://a.example/x>"] * 9), ["https://a.example/x"]),
    ],
)  # fmt: skip
def test_ways_out_are_what_stands_in_brackets(value: str, ways: list[str]) -> None:
    assert list(ways_out(value)) == ways


def test_of_endless_ways_a_few_are_taken() -> None:
    assert len(ways_out(" ".join(f"<https://a.example/{n}>" for n in range(9_999)))) == 8
    assert ways_out("(" * 100_000 + "<" * 100_000) == ()


@pytest.mark.parametrize(
    ("value", "id", "name"),
    [
        ("The News <news.list.example>", "news.list.example", "The News"),
        ('"The News" <News.List.Example>', "news.list.example", "The News"),
        ("<7_123.xt.local>", "7_123.xt.local", ""),
        ("news.list.example", "news.list.example", ""),
        ("=?utf-8?q?Gr=C3=BC=C3=9Fe?= <a.example>", "a.example", "Grüße"),
        ("<a.example OR in:anywhere>", "", ""),
        ('<a.example")(from:boss>', "", ""),
        ("<-a.example>", "", ""),
        ("<>", "", ""),
        ("", "", ""),
    ],
)
def test_an_id_is_taken_where_a_search_can_hold_it(value: str, id: str, name: str) -> None:
    found = list_id(value)
    assert (found.id, found.name) == (id, name)


@pytest.mark.parametrize(
    ("values", "one"),
    [
        (["List-Unsubscribe=One-Click"], True),
        ([" list-unsubscribe=one-click\r\n"], True),
        (["List-Unsubscribe=One-Click, x=y"], False),
        (["List-Unsubscribe=One-Click", "List-Unsubscribe=One-Click"], False),
        ([], False),
    ],
)
def test_one_click_is_said_in_just_these_words(values: list[str], one: bool) -> None:
    assert is_one_click(values) is one


@pytest.mark.parametrize(
    ("uri", "mail"),
    [
        ("mailto:off@a.example", MailTo("off@a.example")),
        ("mailto:a@a.example?subject=a%20b&amp;body=a+b", MailTo("a@a.example", "a b", "a+b")),
        ("mailto:?to=off@a.example&body=1%0D%0A2", MailTo("off@a.example", "", "1\n2")),
        ("mailto:off+tag%2B1@a.example", MailTo("off+tag+1@a.example")),
        ("mailto:a@a.example?cc=x@b.example&bcc=y@b.example&Subject=s", MailTo("a@a.example", "s")),
        ("mailto:off@a.example?subject=1&subject=2", MailTo("off@a.example", "1")),
    ],
)  # fmt: skip
def test_a_mail_is_one_address_a_subject_and_a_text(uri: str, mail: MailTo) -> None:
    assert read_mailto(uri) == mail


@pytest.mark.parametrize(
    "uri",
    [
        *("mailto:a@a.example,b@b.example", "mailto:a@a.example?to=b@b.example", "mailto:"),
        *("mailto:a@a.example%0D%0ABcc:x@b.example", "mailto:nobody", "mailto:a@localhost"),
        *("mailto:a@a.example?subject=x%0D%0ABcc:%20v@b.example", "mailto:%FF@a.example"),
        *("mailto:a@a.example?subject=x%0ABcc:v@b.example", "mailto:a@a.example?subject=%E2%80%A8"),
        *("mailto:a@a.example?body=%1B%5B2J", "mailto:a@a.example?body=" + "x" * 5_000),
        *("mailto:Boss%20%3Ca@a.example%3E", "mailto:a@a.example?subject=" + "x" * 501),
    ],
)
def test_a_mail_that_would_say_more_than_that_is_refused(uri: str) -> None:
    with pytest.raises(UsageError):
        read_mailto(uri)


PASS = "mx.google.com; dkim=pass header.i=@list.example header.s=s1 header.b=AbCdEfGh; spf=pass"
SIGNED = (
    "d=list.example; s=s1; h=From:List-Unsubscribe: List-Unsubscribe-Post; b=AbCd EfGh\r\n IjKl="
)


def fields(
    *more: tuple[str, str], verdict: str = PASS, signature: str = SIGNED
) -> list[tuple[str, str]]:
    return [
        ("Delivered-To", "me@example.com"),
        ("Authentication-Results", verdict),
        ("DKIM-Signature", signature),
        ("List-Unsubscribe", "<https://list.example/>"),
        ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
        *more,
    ]


@pytest.mark.parametrize(
    "verdict",
    [
        PASS,
        PASS.replace("mx.google.com", "MX.Google.com 1"),
        PASS.replace("dkim=pass", "dkim = pass (2048-bit; key)"),
        PASS.replace("header.i=@list.example", "header.d=list.example"),
        PASS.replace("@list.example", "@mail.list.example"),
        PASS.replace("; spf", "; dkim=fail header.i=@esp.example header.s=x header.b=ZzZz; spf"),
    ],
)
def test_a_signature_that_gmail_found_valid_vouches(verdict: str) -> None:
    assert vouching(fields(verdict=verdict), POST) == "list.example"


@pytest.mark.parametrize(
    "found",
    {
        "nobody looked": [each for each in fields() if each[0] != "Authentication-Results"],
        "it failed": fields(verdict=PASS.replace("pass h", "fail h")),
        "another server looked": fields(verdict=PASS.replace("mx.google.com", "mx.evil.example")),
        "Gmail's is not on top": [("Authentication-Results", "x; none"), *fields()],
        "a comment says so": fields(verdict="mx.google.com; dkim=none (; " + PASS[15:] + ")"),
        "the sender's own words say so": fields(verdict="mx.google.com; spf=pass x; " + PASS[15:]),
        "quoted": fields(verdict='mx.google.com; dkim=none x="; ' + PASS[15:] + '"'),
        "of another domain": fields(verdict=PASS.replace("@list", "@evil")),
        "of a domain that ends alike": fields(verdict=PASS.replace("@list", "@xlist")),
        "of another selector": fields(verdict=PASS.replace("s1", "s2")),
        "of other bytes": fields(verdict=PASS.replace("AbCd", "XxXx")),
        "of no bytes": fields(verdict=PASS.replace("header.b=AbCdEfGh", "")),
        "it covers one of the two": fields(signature=SIGNED.replace("-Post", "")),
        "there is no signature": fields(signature=""),
        "it stands above": [("DKIM-Signature", SIGNED), *fields(signature="")],
        "two look alike": fields(("DKIM-Signature", SIGNED.replace("IjKl", "Evil"))),
        "two results are of one": fields(verdict=PASS.replace("; spf", f"; dkim=fail{PASS[24:]}")),
        "a second way was put on top": fields(("List-Unsubscribe", "<https://evil.example/>")),
        "a second Post was put on top": fields(("LIST-UNSUBSCRIBE-POST", "x")),
        "there is none to cover": fields()[:-1],
    }.items(),
    ids=lambda found: found[0],
)
def test_nobody_vouches(found: tuple[str, list[tuple[str, str]]]) -> None:
    assert vouching(found[1], POST) == ""
