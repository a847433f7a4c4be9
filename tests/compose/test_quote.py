"""What is quoted reads as what was written, is marked as somebody else's, and does nothing."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta, timezone
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gmailkit.compose.quote import MOST_TEXT, as_html, forwarded, quote_of, sendable
from gmailkit.compose.quoted_html import MOST_HTML, quoted_html
from gmailkit.mime.html import html_to_text
from gmailkit.model.mail import Address, Attachment, Mail

WHEN = datetime(2026, 11, 4, 9, 5, tzinfo=timezone(timedelta(hours=2)))
ANN = Address("ann@example.com", "Ann, of Sales")
PNG = Attachment("chart.png", b"\x89PNG", "image/png", "chart@x", inline=True)


def letter(text: str = "", html: str = "", **more: object) -> Mail:
    fields = {"sender": ANN, "date": WHEN, "subject": "Hi", **more}
    return Mail(text=text, html=html, **fields)  # type: ignore[arg-type]


def test_a_text_is_quoted_line_by_line_and_older_quotes_nest() -> None:
    quoted = quote_of(letter("Hello\r\n> I said\n>> and before\n\nBye  \n\n"))
    assert quoted.text == (
        "On Wed, 04 Nov 2026 at 09:05 +0200, Ann, of Sales <ann@example.com> wrote:\n"
        "> Hello\n>> I said\n>>> and before\n>\n> Bye\n"
    )
    again = quote_of(letter(quoted.text, sender=Address("bob@x.org")))
    assert ">> Hello\n>>> I said\n" in again.text
    assert again.text.startswith("On Wed, 04 Nov 2026 at 09:05 +0200, bob@x.org wrote:\n> On Wed")


@pytest.mark.parametrize(
    ("mail", "head"),
    [
        (Mail(sender=ANN, text="x"), "Ann, of Sales <ann@example.com> wrote:\n> x\n"),
        (Mail(text="x"), "Somebody wrote:\n> x\n"),
        (Mail(), "Somebody wrote:\n>\n"),
        (
            Mail(date=datetime(987, 1, 2, tzinfo=UTC), text="x"),
            "On Tue, 02 Jan 0987 at 00:00 +0000, Somebody wrote:\n> x\n",
        ),
    ],
)
def test_what_is_missing_is_left_out(mail: Mail, head: str) -> None:
    assert quote_of(mail).text == head


def test_html_alone_is_quoted_as_its_text_too() -> None:
    quoted = quote_of(letter(html="<p>One<p><b>Two</b>"))
    assert quoted.text.endswith("wrote:\n> One\n>\n> Two\n")
    assert '<blockquote class="gmail_quote"' in quoted.html
    assert "<p>One</p><p><b>Two</b></p></blockquote>" in quoted.html


def test_a_text_alone_is_quoted_as_html_that_looks_like_it() -> None:
    quoted = quote_of(letter("a < b\n  indented  so\n\nend"))
    assert "a &lt; b<br>\n&nbsp;&nbsp;indented&nbsp;&nbsp;so<br>\n<br>\nend</div>" in quoted.html
    assert as_html(" \n") == ""


SEEN = st.characters(
    codec="utf-8", exclude_categories=["Cc", "Zl", "Zp", "Cf"], exclude_characters="\u034f"
)


@given(st.text(SEEN))
def test_a_text_as_html_says_the_same(text: str) -> None:
    assert html_to_text(as_html(text)).split() == text.split()


def test_a_forward_names_who_when_what_to_whom_and_not_bcc() -> None:
    people = {"to": (Address("b@x.org", "Bob"),), "cc": (Address("c@x.org"),)}
    made = forwarded(letter("The text\n", bcc=(Address("secret@x.org"),), **people))
    assert made.text == (
        "---------- Forwarded message ---------\n"
        "From: Ann, of Sales <ann@example.com>\n"
        "Date: Wed, 04 Nov 2026 09:05:00 +0200\n"
        "Subject: Hi\n"
        "To: Bob <b@x.org>\n"
        "Cc: c@x.org\n"
        "\n"
        "The text\n"
    )
    assert "secret" not in made.text + made.html
    assert "From: Ann, of Sales &lt;ann@example.com&gt;<br>" in made.html


def test_a_forward_takes_everything_along_and_a_reply_what_the_html_shows() -> None:
    report = Attachment("report.pdf", b"%PDF", "application/pdf")
    mail = letter(html='<img src="cid:chart@x">', attachments=(PNG, report))
    assert (forwarded(mail).pictures, forwarded(mail).files) == ((PNG,), (report,))
    assert (quote_of(mail).pictures, quote_of(mail).files) == ((PNG,), ())
    bare = letter(html="<img src=cid:>", attachments=(report,))
    assert quote_of(bare).pictures == ()


def test_two_charts_of_one_name_stay_apart() -> None:
    quoted = quote_of(letter(html='<img src="cid:chart@x">', attachments=(PNG,)))
    new = Attachment("chart.png", b"\x89PNG, newer", "image/png", "chart@x", inline=True)
    beside = quoted.beside([new])
    assert [each.content_id for each in beside.pictures] == ["quoted.chart@x"]
    assert 'src="cid:quoted.chart@x"' in beside.html
    assert quoted.beside([PNG]).pictures == ()
    assert 'src="cid:chart@x"' in quoted.beside([PNG]).html


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        (Attachment("a.txt", b"x", "text/plain"), Attachment("a.txt", b"x", "text/plain")),
        (Attachment("a\n", b"x", "text/plain"), Attachment("a", b"x", "text/plain")),
        (Attachment("a", b"x", "text"), Attachment("a", b"x", "application/octet-stream")),
        (
            Attachment("a", b"x", "image/png", "ä b", inline=True),
            Attachment("a", b"x", "image/png"),
        ),
    ],
)
def test_what_came_in_odd_goes_out_sound(given: Attachment, sent: Attachment) -> None:
    assert sendable(given) == sent


# What may not come through. The vectors are those of browsers and mail programs of the last years.


class Seen(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.depth: list[str] = []
        self.stray: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in ("br", "hr", "img", "wbr", "col"):
            self.depth.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if self.depth[-1:] != [tag]:
            self.stray.append(tag)
        else:
            self.depth.pop()


SAFE = """a abbr address article aside b big blockquote br caption center cite code col colgroup dd
    del dfn div dl dt em figcaption figure font footer h1 h2 h3 h4 h5 h6 header hr i img ins kbd li
    main mark ol p pre q s samp section small span strike strong sub sup table tbody td tfoot th
    thead time tr tt u ul var wbr""".split()


def check_harmless(html: str, *, remote: bool = False) -> str:
    """The quoted HTML, balanced, of safe elements; no address but of links, cid: and pictures."""
    made, _ = quoted_html(html, remote=remote)
    seen = Seen(made)
    assert not seen.depth
    assert not seen.stray
    for tag, attributes in seen.tags:
        assert tag in SAFE
        for name, value in attributes.items():
            assert not name.startswith("on")
            assert name not in ("id", "srcset", "background", "action", "formaction", "xlink:href")
            if name == "href":
                assert re.match(r"(?i)(https?|mailto|tel|ftp):", value or "")
            if name == "src":
                assert re.match(r"(?i)(cid:|https?:)" if remote else r"(?i)cid:", value or "")
            if name == "style":
                assert not re.search(r"(?i)url|expression|@|\\|position|/\*|:\s*-\d", value or "")
    return made


@pytest.mark.parametrize(
    "html",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "<svg><style><img src=x onerror=alert(1)></style></svg>",
        "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
        "<a href='java\tscript:alert(1)'>x</a>",
        "<a href=' javascript:alert(1)'>x</a>",
        "<a href='data:text/html,x'>x</a>",
        "<div style='background:url(http://beacon.invalid)'>x</div>",
        "<div style='width:expression(alert(1))'>x</div>",
        "<div style='color:red;position:fixed;top:0'>x</div>",
        "<div style='color:ur\\6c(x)'>x</div>",
        "<div style='color:red\nurl(x)'>x</div>",
        "<div style='margin: 0 0 0 -500px'>x</div>",
        "<div style='background-color:image-set(\"http://beacon.invalid\")'>x</div>",
        "</blockquote></div></td></table>out",
        "<table><td><div></table></div>",
        "<style>@import 'http://beacon.invalid'</style><link rel=stylesheet href=x>",
        "<iframe src=http://beacon.invalid></iframe><object data=x></object><embed src=x>",
        "<form action=http://beacon.invalid><input type=image src=http://beacon.invalid></form>",
        "<base href=http://beacon.invalid><meta http-equiv=refresh content='0;url=x'>",
        "<img srcset='http://beacon.invalid 1x' src=cid:a>",
        "<video poster=http://beacon.invalid><source src=http://beacon.invalid></video>",
        "<noscript><p title='</noscript><img src=x onerror=alert(1)>'></noscript>",
        "<!--><img src=x onerror=alert(1)>-->",
        "<b title='&lt;&quot;\" onclick=x'>",
        "<p><p><li></ul></b></i>",
    ],
)
def test_nothing_active_comes_through(html: str) -> None:
    made = check_harmless(html)
    assert "beacon.invalid" not in made
    check_harmless(html, remote=True)


def test_the_vectors_of_the_corpus_come_to_nothing(corpus: Path) -> None:
    vectors = [each["payload"] for each in json.loads(
        (corpus / "html" / "dompurify__expect.json").read_text()
    )]  # fmt: skip
    pages = [
        path.read_text(errors="replace") for path in (corpus / "html").glob("synthetic__*.html")
    ]
    assert len(vectors) > 100
    for html in (*vectors, *pages):
        assert "beacon.invalid" not in "".join(
            str(attributes) for tag, attributes in Seen(check_harmless(html)).tags if tag != "a"
        )


@given(st.text(alphabet="<>/ab=\"'!-pdivtable img style:;() \n\0"))
def test_whatever_comes_in_what_goes_out_is_balanced_and_stays_as_it_is(html: str) -> None:
    made = check_harmless(html)
    assert quoted_html(made, remote=False)[0] == made


def test_what_people_see_stays() -> None:
    html = (
        '<h1>Title</h1><p style="color: #333; font-family: &#x27;A B&#x27;, serif">A <b>bold</b> '
        '<a href="https://example.com/?a=1&amp;b=2">link</a></p><ul><li>one</li></ul>'
        '<table border="1"><tr><td colspan="2" align="right">cell</td></tr></table>'
    )
    assert check_harmless(html) == html


def test_pictures_of_the_net_stay_in_a_forward_but_for_those_that_count_readers() -> None:
    html = (
        "<img src='https://x.org/logo.png' alt=Logo width=200>"
        "<img src='https://x.org/t' width=1 height=1 alt=''><img src='https://x.org/u' hidden>"
    )
    assert quoted_html(html, remote=False)[0] == "Logo"
    kept = quoted_html(html, remote=True)[0]
    assert kept == '<img src="https://x.org/logo.png" alt="Logo" width="200">'


@pytest.mark.parametrize(
    "html",
    [
        "seen<p style='display:none'>hidden<p>seen",
        "seen<table><td><span hidden>hidden</td><td>seen</table>",
        "seen<div style='display: NONE'><div>hidden</div>hidden</div>seen",
        "seen<object>hidden<object>hidden</object></object>seen",
    ],
)
def test_what_nobody_sees_is_not_quoted(html: str) -> None:
    made, _ = quoted_html(html, remote=False)
    assert "hidden" not in made
    assert made.count("seen") == 2


@pytest.mark.parametrize(
    "html", ["<div>" * 200_000, "<b></i>" * 140_000, "<td><p hidden>" * 70_000, "<img " * 200_000]
)
def test_monsters_cost_no_more_than_their_length(html: str) -> None:
    """Were it the square of it, the test would not come to an end."""
    assert not Seen(quoted_html(html, remote=True)[0]).depth


def test_what_is_too_long_is_cut_and_it_is_said() -> None:
    assert "[The rest is too long to be quoted.]" in quote_of(letter("x" * (MOST_TEXT + 1))).text
    long = quote_of(letter("the text", html="<p>" + "x" * MOST_HTML))
    assert "<div>the text</div>" in long.html
