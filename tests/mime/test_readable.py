"""A message as clean text: links as references, tracking pixels by name, quotes folded."""

from __future__ import annotations

import pytest

from gmailkit.mime.html import html_to_text, render
from gmailkit.mime.readable import readable
from gmailkit.model.mail import Mail

QUOTED = (
    '<p>See <a href="https://a.example/x">this</a>.</p>'
    '<div class="gmail_quote"><div class="gmail_attr">On Mon, 3 Nov 2025 at 10:02, Bob '
    '&lt;bob@example.com&gt; wrote:<br></div><blockquote class="gmail_quote">'
    '<p>Old <a href="https://b.example/y">that</a></p><p>words</p></blockquote></div>'
)


def fold(lines: int) -> str:
    return f"[{lines}]"


def test_a_quote_of_html_is_folded_and_its_links_with_it() -> None:
    found = readable(Mail(html=QUOTED), fold=fold)
    assert found.text == "See this [1].\n\n[5]"
    assert found.links == ((1, "https://a.example/x"),)
    assert found.whole.endswith("\n\n[1] https://a.example/x")


def test_without_folding_it_is_the_text_of_the_html() -> None:
    assert readable(Mail(html=QUOTED)).whole == html_to_text(QUOTED)


def test_the_plain_part_is_preferred_and_has_no_links_of_the_other() -> None:
    mail = Mail(text="Plain [1]\n", html=QUOTED)
    assert readable(mail).whole == "Plain [1]"
    assert readable(Mail(text=" \n", html="<p>x")).text == "x"
    assert readable(Mail()).whole == ""


def test_a_forward_is_told_by_its_subject() -> None:
    below = "From: Bob\nSent: Monday\nSubject: x\n\nwords"
    assert readable(Mail(subject="FW: x", text=f"FYI\n\n{below}"), fold=fold).text.endswith("words")
    assert readable(Mail(subject="RE: x", text=f"FYI\n\n{below}"), fold=fold).text == "FYI\n\n[5]"


PIXELS = [
    '<img src="https://t.example.com/o.gif" width="1" height="1">',
    '<img src="https://t.example.com/o.gif" width=1>',
    '<img src="//t.example.com/o.gif" height="0" width="0">',
    '<img src="http://t.example.com/o" style="width:1px;height:1px;display:none">',
    '<img width="1px" height="1px" src="https://www.t.example.com:8443/o" alt="">',
    '<div style="display:none"><img src="https://t.example.com/o" width=1 height=1></div>',
]


@pytest.mark.parametrize("html", PIXELS)
def test_a_tracking_pixel_is_named_by_its_host(html: str) -> None:
    assert render(f"<p>Hi{html}").pixels == ("t.example.com",)
    assert readable(Mail(text="Hi", html=html)).pixels == ("t.example.com",)


PICTURES = [
    '<img src="https://t.example.com/o.gif">',
    '<img src="https://t.example.com/o.gif" width="1" height="20">',
    '<img src="https://t.example.com/o.gif" width="100%" height="1">',
    '<img src="https://t.example.com/o.gif" width="1" style="height: 40px">',
    '<img src="https://t.example.com/o" style="width:.;height:.">',
    '<img src="https://t.example.com/o" style="width:1..1px">',
    '<img src="cid:logo" width="1" height="1">',
    '<img src="data:image/gif;base64,AAAA" width="1" height="1">',
    '<img width="1" height="1">',
    '<img src="http://[broken" width="1" height="1">',
]


@pytest.mark.parametrize("html", PICTURES)
def test_other_pictures_are_none(html: str) -> None:
    assert render(html).pixels == ()


def test_each_pixel_counts() -> None:
    assert render(PIXELS[0] * 3).pixels == ("t.example.com",) * 3
