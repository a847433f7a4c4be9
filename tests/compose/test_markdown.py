"""Markdown to HTML and plain text, and the values in it that must stay what they are."""

from __future__ import annotations

import builtins
import re
import sys
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it.parser_inline import ParserInline
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline

from gmailkit.compose.markdown import render
from gmailkit.compose.parts import MOST_PARTS
from gmailkit.compose.picture import cid_of
from gmailkit.compose.template import read_template
from gmailkit.errors import UsageError
from gmailkit.mime.html import html_to_text


class Shape(HTMLParser):
    """The tags in their order, what links and pictures point to, and the text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.targets: list[str] = []
        self.text = ""
        self.feed(html.partition("<body>")[2])
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.targets += [value or "" for name, value in attrs if name in ("href", "src")]

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.parametrize(
    ("markdown", "text"),
    [
        ("Hello *there*,\nyou **all**.", "Hello _there_, you *all*.\n"),
        ("one  \ntwo\\\nthree", "one\ntwo\nthree\n"),
        ("a\n\nb", "a\n\nb\n"),
        ("# Title\n\ntext\n\n## Part\n### Less", "Title\n=====\n\ntext\n\nPart\n----\n\nLess\n"),
        ("# 日本", "日本\n====\n"),
        ("- a\n- b\n  - c\n\ntext", "- a\n- b\n  - c\n\ntext\n"),
        ("9. a\n10. b\n\n    more", "9. a\n\n10. b\n\n    more\n"),
        ("* a\n\n* b", "- a\n\n- b\n"),
        ("> a\n> > b\n>\n> c", "> a\n>\n> > b\n>\n> c\n"),
        ("- > a\n  > b", "- > a b\n"),
        ("```py\nx = 1\n\ny\n```", "    x = 1\n\n    y\n"),
        ("    x\n", "    x\n"),
        ("use `a_b`", "use `a_b`\n"),
        ("~~old~~ new", "~old~ new\n"),
        ("[site](https://x.org/a?b=1&c=2)", "site <https://x.org/a?b=1&c=2>\n"),
        ("[https://x.org](https://x.org)", "https://x.org\n"),
        ("[x.org](https://x.org/)", "x.org\n"),
        ("<https://x.org> <ann@x.org>", "https://x.org ann@x.org\n"),
        ("[Ann](mailto:ann@x.org)", "Ann <ann@x.org>\n"),
        ("[a][1]\n\n[1]: https://x.org", "a <https://x.org>\n"),
        ("![A chart](chart.png)", "[A chart]\n"),
        ("![](img/chart.png)", "[chart.png]\n"),
        ("![logo](https://x.org/l.png)", "[logo] <https://x.org/l.png>\n"),
        ("a\n\n---\n\nb", "a\n\n--------------------\n\nb\n"),
        ("&copy; &lt;b&gt; <b>x</b>", "© <b> <b>x</b>\n"),
        ("", ""),
        ("-", "-\n"),
        ("#", "\n"),
    ],
)
def test_the_text_beside_it_reads_well(markdown: str, text: str) -> None:
    assert render(markdown).text == text


def test_a_table_stands_in_columns() -> None:
    made = render("| name | sum | note |\n|---|--:|:-:|\n| Ann | 3 | a |\n| 日本語 | 1,000 | bcd |")
    assert made.text.splitlines() == [
        "name      sum  note",
        "------  -----  ----",
        "Ann         3   a",
        "日本語  1,000  bcd",
    ]


def test_a_table_too_wide_for_a_window_becomes_lines() -> None:
    made = render(f"| a | b |\n|---|---|\n| {'x' * 50} | {'y' * 50} |\n| c | |")
    assert made.text == f"a: {'x' * 50}\nb: {'y' * 50}\n\na: c\n"


def test_a_paragraph_stays_one_line_however_long() -> None:
    words = "word " * 500
    assert render(words).text == words.strip() + "\n"
    assert render("word\n" * 500).text == words.strip() + "\n"


def test_the_style_stands_in_the_tags() -> None:
    html = render("# Hi\n\ntext `code`\n\n| a |\n|---|\n| b |").html
    assert "<style" not in html
    for tag in ("h1", "p", "code", "table", "td"):
        assert re.search(rf"<{tag} [^>]*style=", html), tag
    assert '<div class="table" style="overflow-x: auto' in html


def test_another_style_takes_its_place() -> None:
    assert '<p style="color: red;">' in render("Hi", css="p { color: red }").html
    assert "style=" not in render("Hi", css="").html


@pytest.mark.parametrize(
    "css",
    [
        "@import url(http://127.0.0.1:9/x.css); p { color: red }",
        "</style><link rel=stylesheet href=http://127.0.0.1:9/x.css>",
    ],
)
def test_a_style_loads_nothing(css: str) -> None:
    """The guard of the whole suite would see a connection; here the page asks for none either."""
    html = render("Hi", css=css).html
    assert "<link" not in html
    assert "@import" not in html


def test_pictures_of_this_machine_are_named_and_listed() -> None:
    made = render("![a](chart.png) ![b](<my pic.png>) ![c](chart.png) ![d](file:///tmp/x.png)")
    assert made.pictures == ("chart.png", "my pic.png", "/tmp/x.png")
    assert Shape(made.html).targets == [
        f"cid:{cid_of(path)}" for path in ("chart.png", "my pic.png", "chart.png", "/tmp/x.png")
    ]
    assert len({cid_of(path) for path in made.pictures}) == 3


def test_pictures_elsewhere_stay_there() -> None:
    made = render("![a](https://x.org/a.png) ![b](//x.org/b.png) ![c](cid:c@x)")
    assert made.pictures == ()
    assert Shape(made.html).targets == ["https://x.org/a.png", "https://x.org/b.png", "cid:c@x"]


@pytest.mark.parametrize(
    ("link", "target"),
    [
        ("https://x.org/ä", "https://x.org/%C3%A4"),
        ("mailto:ann@x.org", "mailto:ann@x.org"),
        ("tel:+49123", "tel:+49123"),
        ("www.x.org/a", "https://www.x.org/a"),
        ("//x.org", "https://x.org"),
        ("HTTPS://x.org", "HTTPS://x.org"),
    ],
)
def test_links(link: str, target: str) -> None:
    assert Shape(render(f"[a]({link})").html).targets == [target]


@pytest.mark.parametrize(
    ("text", "targets"),
    [
        ("see https://x.org/a_b_c, or", ["https://x.org/a_b_c"]),
        ("(https://x.org/a_(b))!", ["https://x.org/a_(b)"]),
        ("**https://x.org/ä** http://y.org", ["https://x.org/%C3%A4", "http://y.org"]),
        ("`https://x.org` [https://x.org](https://y.org)", ["https://y.org"]),
        ("ahttps://x.org ftp://x.org", []),
        ("    https://x.org", []),
    ],
)
def test_an_address_that_stands_bare_is_a_link(text: str, targets: list[str]) -> None:
    made = render(text)
    assert Shape(made.html).targets == targets
    assert "<" not in made.text or "[" in text


def test_a_value_can_stand_in_a_bare_address_and_is_none_itself() -> None:
    template = read_template("https://x.org/?q={{ v }} {{ w }}")
    made = render(template.render({"v": "a b&c", "w": "https://eve.example"}).markdown)
    assert Shape(made.html).targets == ["https://x.org/?q=a%20b&c"]
    assert made.text == "https://x.org/?q=a b&c https://eve.example\n"


@pytest.mark.parametrize("link", ["docs/a.md", "#part", "", "../x", "/x"])
def test_a_link_that_leads_nowhere_from_a_mail_keeps_its_words(link: str) -> None:
    made = render(f"see [the *part*]({link}).")
    assert made.text == "see the _part_.\n"
    assert Shape(made.html).tags == ["div", "p", "em"]


@pytest.mark.parametrize(
    "markdown",
    [
        "[a](javascript:alert(1))",
        "[a](JaVaScRiPt:alert(1))",
        "[a](java&#115;cript:alert(1))",
        "<javascript:alert(1)>",
        "[a][x]\n\n[x]: vbscript:x",
        "[a](data:text/html,x)",
        "[a](file:///etc/passwd)",
        "![a](data:image/png;base64,AAAA)",
        "![a](javascript:x)",
        "![a](ftp://x.org/a.png)",
    ],
)
def test_other_kinds_of_addresses_are_refused(markdown: str) -> None:
    with pytest.raises(UsageError, match="cannot stand in a mail"):
        render(markdown)


def test_html_is_text() -> None:
    made = render('<script>alert(1)</script>\n\n<img src="x" onerror="y"> &lt;b&gt;')
    assert set(Shape(made.html).tags) == {"div", "p"}
    assert "<script>alert(1)</script>" in made.text


# Values of templates.

PLACES = """\
Hi {{ v }}, *{{ v }}* **{{ v }}** `{{ v }}` ~~{{ v }}~~ {{ v }}: {{ v }}.

# {{ v }}

{{ v }}

- {{ v }}
- [{{ v }}](https://x.org/{{ v|urlencode }} "{{ v }}")

> {{ v }}

| {{ v }} | b |
|---|---|
| {{ v }} | {{ v }} |

![{{ v }}](https://x.org/a.png)

    {{ v }}

```
{{ v }}
```

1. {{ v }}
"""
_HOSTILE = st.lists(
    st.sampled_from(
        [
            *"*_`~[]()<>#!|-+=&;:\\\"'. \n\tä",
            *(
                "a",
                "1. ",
                "    ",
                "\r\n",
                "\n\n",
                "```\n",
                "---\n",
                "&lt;",
                "](javascript:x)",
                "| ",
            ),
            *("![](a.png)", "<b>", "{{ 7 }}", "http://x.org", "\ufdd0", "\u2028", "\xa0", "\0"),
        ]
    ),
    max_size=12,
).map("".join)


def _tags(html: str, *ignored: str) -> list[str]:
    return [tag for tag in Shape(html).tags if tag not in ignored]


@settings(max_examples=150, deadline=None)
@given(_HOSTILE | st.text(max_size=30))
def test_a_value_makes_no_markup(value: str) -> None:
    template = read_template(PLACES)
    plain = render(template.render({"v": "word"}).markdown)
    made = render(template.render({"v": value}).markdown)
    # Line ends are kept, and a paragraph of an empty value alone goes.
    ignored = ("br",) if value else ("br", "p")
    assert _tags(made.html, *ignored) == _tags(plain.html, *ignored)
    assert made.pictures == ()


@pytest.mark.parametrize(
    "value",
    [
        "*x* _y_ `z` ~~w~~",
        "# x",
        "- x",
        "1. x",
        "> x",
        "    x",
        "[a](https://eve.example)",
        "![a](/etc/passwd)",
        "<https://eve.example>",
        "<b>x</b>",
        "&lt;b&gt;",
        "a|b",
        "\\*x\\*",
        "```",
        "]: https://eve.example",
    ],
)
def test_a_value_reads_as_it_is(value: str) -> None:
    made = render(read_template("Name: {{ v }} / `{{ v }}`").render({"v": value}).markdown)
    assert Shape(made.html).text.strip() == f"Name: {value} / {value}"
    assert made.text == f"Name: {value} / `{value}`\n"


def test_an_empty_value_leaves_no_trace() -> None:
    text = "Hi **{{ v }}**!\n\n{{ v }}\n\n- {{ v }}\n\n{{ v }}{{ v }}\n\nBye"
    made = render(read_template(text).render({"v": ""}).markdown)
    assert made.text == "Hi !\n\n-\n\nBye\n"
    assert Shape(made.html).tags == ["div", "p", "strong", "ul", "li", "p"]


def test_a_value_of_several_lines_stays_so() -> None:
    made = render(read_template("To\n\n> {{ v }}").render({"v": "Ann\r\nRoad 1\nTown"}).markdown)
    assert made.text == "To\n\n> Ann\n> Road 1\n> Town\n"
    assert Shape(made.html).tags.count("br") == 2


def test_a_value_may_be_the_address_of_a_link_but_no_script() -> None:
    template = read_template("[go]({{ url }})")
    good = render(template.render({"url": "https://x.org/a_(b)?c=*d*"}).markdown)
    assert Shape(good.html).targets == ["https://x.org/a_(b)?c=*d*"]
    with pytest.raises(UsageError, match="cannot stand in a mail"):
        render(template.render({"url": "javascript:alert(1)"}).markdown)


def test_markup_of_the_author_stays_markup() -> None:
    text = "{% set n %}**{{ v }}**{% endset %}{{ n }} {{ '*x*'|safe }} {{ v|safe }}"
    made = render(read_template(text).render({"v": "_a_"}).markdown)
    assert made.text == "*_a_* _x_ _a_\n"
    assert Shape(made.html).tags == ["div", "p", "strong", "em", "em"]


@settings(max_examples=60, deadline=None)
@given(_HOSTILE)
def test_text_and_html_hold_the_same_words(markdown: str) -> None:
    try:
        made = render(markdown)
    except UsageError as error:
        assert "cannot stand" in error.message
        return
    shown = re.sub(r"^\[\d+\] .*", "", html_to_text(made.html), flags=re.MULTILINE)  # no targets
    assert set(re.sub(r"\W|_|\d", "", shown)) <= set(made.text)


def test_without_the_extra_one_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *args: object, **kwargs: object) -> object:
        if name.split(".")[0] in ("markdown_it", "css_inline", "jinja2", "icalendar"):
            raise ImportError(name)
        return real(name, *args, **kwargs)  # type: ignore[arg-type]

    for module in [m for m in sys.modules if m.startswith(("gmailkit.compose.plain", "jinja2"))]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setattr(builtins, "__import__", without)
    for use in (lambda: render("a"), lambda: read_template("a")):
        with pytest.raises(UsageError, match=r"gmailkit\[compose\]") as caught:
            use()
        assert caught.value.hint == "pip install 'gmailkit[compose]'"
        assert caught.value.exit_code == 2


class Counted:
    """How often the parser looks for the next piece of a line or begins a rule of a block."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.steps = 0
        self._count(monkeypatch, ParserInline, "skipToken")
        self._count(monkeypatch, StateBlock, "push")
        self._count(monkeypatch, StateInline, "push")

    def _count(self, monkeypatch: pytest.MonkeyPatch, kind: type, name: str) -> None:
        plain = getattr(kind, name)

        def counted(*args: Any, **more: Any) -> Any:
            self.steps += 1
            return plain(*args, **more)

        monkeypatch.setattr(kind, name, counted)


@pytest.mark.parametrize(
    "piece",
    ["[", "![", "[a", "[a](", "*a **b ", "_a", "- a\n", "- " * 30 + "a\n", "> a\n\n", "|a"],
)
def test_a_text_that_would_take_a_minute_is_refused_before_the_work_is_done(
    monkeypatch: pytest.MonkeyPatch, piece: str
) -> None:
    counted = Counted(monkeypatch)
    head = f"{'|a' * 40_000}\n{'|-' * 40_000}\n" if piece == "|a" else ""
    with pytest.raises(UsageError, match="more than 25,000 parts") as caught:
        render(head or piece * (999_999 // len(piece)))
    assert counted.steps < 10 * MOST_PARTS
    assert "plain text" in caught.value.hint


@pytest.mark.parametrize("piece", ["[", "![", "[a](", "*a **b ", "- a\n", "[a](https://x.org) "])
def test_what_is_not_refused_makes_work_in_proportion_to_its_parts(
    monkeypatch: pytest.MonkeyPatch, piece: str
) -> None:
    counted = Counted(monkeypatch)
    render(piece * 500)
    few = counted.steps
    counted.steps = 0
    render(piece * 2000)
    assert few < counted.steps < 5 * few


def test_a_long_letter_and_a_long_table_are_not_refused() -> None:
    letter = ("word " * 12 + "\n") * 15_000
    table = "| a | b | c |\n|---|---|---|\n" + "| 1 | 2 | 3 |\n" * 5_000
    assert render(letter).text.startswith("word word")
    assert render(table).html.count("<tr") == 5_001


def test_a_log_in_a_fence_may_hold_any_marks() -> None:
    assert render("```\n" + "[x] *y* " * 20_000 + "\n```\n").text.count("[x]") == 20_000
