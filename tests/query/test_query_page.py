"""What an HTML body shows to a search."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gmailkit.query.page import read_page
from work import grows_with_its_input


@pytest.mark.parametrize(
    ("html", "words"),
    [
        ("", ""),
        ("plain text", "plain text"),
        ("<p>one</p><p>two</p>", "one two"),
        ("un<b>break</b>able <i>x</i>", "unbreakable x"),
        ("one<br>two<td>three", "one two three"),
        ("a<style>p {x: hidden}</style>b", "a b"),
        ("a<SCRIPT>if (1<2) hidden()</Script >b", "a b"),
        ("<title>hidden</title>a", "a"),
        ("a<!-- hidden > <b> -->b", "ab"),
        ("<!DOCTYPE html><?xml?>a", "a"),
        ("fish &amp; chips &#8364;5 &#x41;", "fish & chips €5 A"),
        ("1 < 2 and 3 > 2", "1 < 2 and 3 > 2"),
        ("a <", "a <"),
        ("a <b", "a"),
        ("a <!-- hidden", "a"),
        ("a <script>hidden", "a"),
        (f"a &#{'9' * 5000}; b", "a b"),
    ],
)
def test_only_what_is_shown_can_be_found(html: str, words: str) -> None:
    assert read_page(html).text.split() == words.split()


@pytest.mark.parametrize(
    ("html", "link"),
    [
        ('<a href="https://x.example/?a=1&amp;b=2">t</a>', "https://x.example/?a=1&b=2"),
        ("<A class=c HREF = 'https://x.example/'>t</A>", "https://x.example/"),
        ("<a href=https://x.example/ id=1>t</a>", "https://x.example/"),
        ('<a\nhref="https://x.example/">t</a>', "https://x.example/"),
    ],
)
def test_links_are_kept_apart_from_words(html: str, link: str) -> None:
    page = read_page(html)
    assert page.links == (link,)
    assert page.text.split() == ["t"]


@pytest.mark.parametrize(
    "html", ['<img src="https://x.example/">', "<a name=x>", "<!-- <a href=x> -->"]
)
def test_what_is_no_link_is_not_one(html: str) -> None:
    assert read_page(html).links == ()


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.sampled_from('< > / ! -- " = & ; &# 9 a href script <a <script </ <!-- -->'.split())
    )
)
def test_no_page_breaks_the_reader(pieces: list[str]) -> None:
    read_page("".join(pieces))


HOSTILE = (
    "<|</|<a|<a |<a href|<a href=' |<!--|<script>|<title|&|&#|&#9|<a>|<p></p>|</script|<!|href = "
    "|<script></script>"
).split("|")


class Scanned(str):
    """A page that counts how many characters the search for a mark goes over."""

    count = 0

    def find(self, mark: str, start: int = 0, /, *end: int) -> int:  # type: ignore[override]
        found = super().find(mark, start, *end)
        self.count += (len(self) if found < 0 else found) - start + 1
        return found


@pytest.mark.parametrize("piece", HOSTILE)
def test_work_grows_with_the_length_of_a_hostile_page(piece: str) -> None:
    assert grows_with_its_input(lambda n: read_page(piece * n), 500)
    page = Scanned(piece * 16_000)
    read_page(page)
    assert page.count <= 3 * len(page) + 100  # a tag is looked for, then its end
