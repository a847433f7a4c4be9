"""HTML to the text a person reads."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gmailkit.mime.html import MAX_INPUT, html_to_text
from work import grows_with_its_input

LAYOUT = [
    ("paragraphs", "<p>one</p><p>two</p>", "one\n\ntwo"),
    ("divs", "<div>one</div><div>two</div>", "one\ntwo"),
    ("nested divs", "<div><div><div>one</div></div></div><div>two</div>", "one\ntwo"),
    ("breaks", "one<br>two<br/><br>three", "one\ntwo\n\nthree"),
    ("heading", "<h1>Title</h1>text", "Title\n\ntext"),
    ("rule", "one<hr>two", f"one\n{'-' * 20}\ntwo"),
    ("words in line", "<p>a <b>b</b>c<i> d</i></p>", "a bc d"),
    ("white space", "<p>  a \n\t b&nbsp;&nbsp;c </p>", "a b c"),
    ("white space between blocks", "<div> one </div>\n <div> two </div>", "one\ntwo"),
    ("bullets", "<ul><li>one<li>two</ul>after", "- one\n- two\n\nafter"),
    ("numbers", "<ol><li>one</li><li>two</li></ol>", "1. one\n2. two"),
    ("numbers from three", '<ol start="3"><li>one</ol>', "3. one"),
    ("nested list", "<ul><li>a<ul><li>b</ul><li>c</ul>", "- a\n  - b\n- c"),
    ("paragraph in an item", "<ul><li><p>one</p></li><li>two</li></ul>", "- one\n\n- two"),
    ("lines in an item", "<ul><li>one<br>two</ul>", "- one\n  two"),
    ("item without a list", "<li>one", "- one"),
    ("empty item at the end", "<ul><li></ul>after", "after"),
    ("empty item", "<ul><li></li><li>one</ul>", "- one"),
    ("table", "<table><tr><td>a</td><td>b</td></tr><tr><th>c<th>d</table>", "a  b\nc  d"),
    ("table in a cell", "<table><tr><td>a<table><tr><td>b</table></table>", "a\nb"),
    ("quote", "<blockquote>one<p>two</p></blockquote>three", "> one\n>\n> two\n\nthree"),
    ("quote in a quote", "<blockquote>a<blockquote>b</blockquote></blockquote>", "> a\n>\n> > b"),
    ("verbatim", "<pre>a\n  b\tc</pre>", "a\n  b     c"),
    ("after verbatim", "<pre>a  b</pre> c  d", "a  b\n\nc d"),
    ("many breaks", "a<br><br><br><br>b", "a\n\nb"),
    ("quoted break", "<blockquote>a<br><br>b</blockquote>", "> a\n>\n> b"),
    ("definition", "<dl><dt>t<dd>d</dl>", "t\nd"),
    ("picture", '<img alt="A cat"> here<img alt=""><img>', "A cat here"),
    (
        "entities",
        "&lt;b&gt; &amp;amp; &#8364; &euro; &eacute; &unknown;",
        "<b> &amp; € € é &unknown;",
    ),
    ("nothing", "", ""),
    ("only white space", " \n ", ""),
]


@pytest.mark.parametrize(("html", "text"), [x[1:] for x in LAYOUT], ids=[x[0] for x in LAYOUT])
def test_layout(html: str, text: str) -> None:
    assert html_to_text(html) == text


LINKS = [
    ("listed at the end", '<a href="https://x.org/">here</a>.', "here [1].\n\n[1] https://x.org/"),
    (
        "each address once",
        '<a href="https://x.org">a</a> <a href="https://y.org">b</a> <a href="https://x.org">c</a>',
        "a [1] b [2] c [1]\n\n[1] https://x.org\n[2] https://y.org",
    ),
    ("text is the address", '<a href="https://x.org/a">https://x.org/a</a>', "https://x.org/a"),
    ("nearly the address", '<a href="https://www.x.org/">x.org</a>', "x.org"),
    ("mailto", '<a href="mailto:a@x.org?subject=x">a@x.org</a>', "a@x.org"),
    (
        "lying text",
        '<a href="https://evil.org">bank.org</a>',
        "bank.org [1]\n\n[1] https://evil.org",
    ),
    (
        "around a block",
        '<a href="https://x.org"><div>a</div></a>b',
        "a [1]\nb\n\n[1] https://x.org",
    ),
    ("picture", '<a href="https://x.org"><img alt="Logo"></a>', "Logo [1]\n\n[1] https://x.org"),
    ("empty", '<a href="https://x.org"></a>a', "a"),
    ("inside the page", '<a href="#top">a</a>', "a"),
    ("script", '<a href="javascript:alert(1)">a</a>', "a"),
    ("data", '<a href="data:text/html,x">a</a>', "a"),
    ("no address", "<a name=x>a</a>", "a"),
    ("line break in the address", '<a href="https://x\n.org">a</a>', "a [1]\n\n[1] https://x.org"),
    ("never closed", '<a href="https://x.org">a', "a [1]\n\n[1] https://x.org"),
]


@pytest.mark.parametrize(("html", "text"), [x[1:] for x in LINKS], ids=[x[0] for x in LINKS])
def test_links(html: str, text: str) -> None:
    assert html_to_text(html) == text


@pytest.mark.parametrize(
    "hidden",
    [
        "<script>if (a < b) x = '</p>'</script>",
        "<SCRIPT>x</Script >",
        "<style>p { color: red }</style>",
        "<head><title>x</title><meta name=x></head>",
        "<title>x</title>",
        "<template><p>x</p></template>",
        "<!-- x -->",
        "<!--[if mso]><p>x</p><![endif]-->",
        "<!DOCTYPE html>",
        "<?xml version='1.0'?>",
        "<div hidden>x<p>x</p></div>",
        '<div style="display:none">x</div>',
        '<div style="color:red; DISPLAY : none !important">x</div>',
        '<span style="visibility: hidden">x<span>x</span>x</span>',
        '<div style="mso-hide:all">x</div>',
        "<div hidden><table><tr><td></div>x</td></tr></table></div>",
        "<p hidden>x",
        '<img alt="x" style="display:none">',
        "<iframe>x</iframe>",
        "<select><option>x</select>",
    ],
)
def test_what_is_not_shown_is_left_out(hidden: str) -> None:
    assert html_to_text(f"<p>a</p>{hidden}<p>b</p>") == "a\n\nb"


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("a < b <3", "a < b <3"),
        ("<p>a</b></p></div>b", "a\n\nb"),
        ("<b>a<p>b</b>c", "a\n\nbc"),
        ("a<!-- never closed", "a"),
        ("a<script>never closed", "a"),
        ("a<b", "a"),
        ("a<!-->b<!--->c<!-- d --!>e<!---->f", "abcef"),
        ('<a href="https://x.org" href="https://y.org">a</a>', "a [1]\n\n[1] https://x.org"),
        ("<p\n>a</p\n>b", "a\n\nb"),
        ("<img alt='a>b'/>c", "a>bc"),
        ("a<div hidden>never closed", "a"),
        ("<div><span hidden>x</div>a", "a"),
        ("<![if !mso]>a<![endif]>", "a"),
        ("<p title='a>b'>c", "c"),
        ("&#99999999999;&#x99999999;&#0;a", "\ufffd\ufffd\ufffda"),
        ("&#" + "9" * 10_000 + ";a", "\ufffda"),
        ("a\u200bb\u00ad \u200c \u200c c\ufeff", "ab c"),
    ],
)
def test_broken_html(html: str, text: str) -> None:
    assert html_to_text(html) == text


SOUP = st.lists(
    st.sampled_from(
        """<p> </p> <div> </div> <ul> <li> </ul> <ol> </ol> <table> <tr> <td> </td> </table> <pre>
        </pre> <blockquote> </blockquote> <a href="https://x.org"> </a> <br> <hr> <b> </b> <span
        hidden> </span> text &amp; &#27; &#13; &#133; < > " ' = <!-- --> <script> </script> <img
        alt="x&#10;y"> \x1b \x00 \x0b \x85 \u2028 \ud800""".split(" ")
    ),
    max_size=40,
).map("".join)


@given(SOUP | st.text())
def test_no_control_characters_come_out(html: str) -> None:
    text = html_to_text(html)
    assert not any(unicodedata.category(ch) == "Cc" and ch != "\n" for ch in text)
    assert not set(text) & set("\u2028\u2029")
    text.encode()
    assert "\n\n\n" not in text
    assert text == text.strip("\n")


# Piece, and how many make 3 MB, more than is read.
BOMBS = {
    "nested divs": ("<div>", 600_000),
    "nested lists": ("<ul><li>x", 330_000),
    "nested quotes": ("<blockquote>x", 230_000),
    "comments never closed": ("<!--", 750_000),
    "tags never closed": ("<a ", 1_000_000),
    "attributes never closed": ('<a b="', 500_000),
    "angles": ("<", 3_000_000),
    "stray ends": ("</p>", 750_000),
    "hidden": ("<p hidden>", 300_000),
    "entities": ("&#9;", 750_000),
    "half entities": ("&#999999999", 270_000),
    "breaks": ("<br>", 750_000),
    "blanks": ("<pre> \n", 430_000),
    "cells": ("<table><tr><td>x", 190_000),
    "links": ('<a href="https://x.org/">x', 115_000),
}


@pytest.mark.parametrize(("piece", "count"), BOMBS.values(), ids=BOMBS)
def test_a_bomb_costs_no_more_than_its_length(piece: str, count: int) -> None:
    assert grows_with_its_input(lambda n: html_to_text(piece * n), count // 1_000)
    html = piece * (count // 20)
    assert len(html_to_text(html)) < 12 * len(html)


@pytest.mark.soak
@pytest.mark.parametrize(("piece", "count"), BOMBS.values(), ids=BOMBS)
def test_a_whole_bomb_is_survived(piece: str, count: int) -> None:
    html = piece * count
    assert len(html_to_text(html)) < 12 * len(html)


def test_fifty_thousand_nested_divs_are_read() -> None:
    assert html_to_text("<div>" * 50_000 + "deep" + "</div>" * 50_000) == "deep"


def test_the_rest_of_endless_html_is_named() -> None:
    assert html_to_text("x" * (MAX_INPUT + 1)).endswith("[The rest is too long to show.]")


def test_newsletters_and_attacks_are_read(corpus: Path) -> None:
    for path in sorted((corpus / "html").iterdir()):
        text = html_to_text(path.read_bytes().decode("utf-8", "replace"))
        assert not any(unicodedata.category(ch) == "Cc" and ch != "\n" for ch in text), path.name
