"""Templates: what stands in the head, how values get in, and which words an error uses."""

from __future__ import annotations

import re
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markupsafe import Markup

from gmailkit.compose.recipients import read_recipients
from gmailkit.compose.template import Filled, read_template
from gmailkit.compose.value import mask, unmask
from gmailkit.errors import UsageError
from gmailkit.mime.parse import parse

FULL = """\
---
subject: Your order {{ number }}
to: {{ name }} <{{ email }}>
cc: sales@example.com, Lee Bob <bob@example.com>
bcc: me
reply-to: {{ desk }}@example.com
from: shop@example.com
# a remark

attach: invoices/{{ number }}.pdf
attach: {{ extra }}
X-Campaign: spring-{{ number }}
format: text
---
Dear {{ name }},

{% for item in items %}
- {{ item }}
{% endfor %}
Bye
"""
VALUES = {
    "number": 7,
    "name": "Ann Lee",
    "email": "ann@example.com",
    "desk": "help",
    "extra": "",
    "items": ["tea", "milk"],
}


def filled(template: str, **values: object) -> Filled:
    return read_template(template).render(values)


def test_head_and_body_are_filled() -> None:
    assert read_template(FULL).render(VALUES) == Filled(
        subject="Your order 7",
        to=("Ann Lee <ann@example.com>",),
        cc=("sales@example.com", "Lee Bob <bob@example.com>"),
        bcc=("me",),
        reply_to=("help@example.com",),
        sender="shop@example.com",
        attach=("invoices/7.pdf",),
        chosen=frozenset({"invoices/7.pdf"}),
        headers=(("X-Campaign", "spring-7"),),
        text="Dear Ann Lee,\n\n- tea\n- milk\nBye\n",
    )


def test_a_template_without_a_head_is_a_body_in_markdown() -> None:
    assert filled("Hi **{{ name }}**", name="Ann") == Filled(markdown="Hi **Ann**")


def test_line_ends_and_a_byte_order_mark_do_not_matter() -> None:
    assert filled("\ufeff---\r\nsubject: Hi\r\nformat: text\r\n--- \r\na\r\nb") == Filled(
        subject="Hi", text="a\nb"
    )


@pytest.mark.parametrize(
    ("template", "fields"),
    [
        (FULL, {"number", "name", "email", "desk", "extra", "items"}),
        ("{{ a.b }} {{ c['d'] }}", {"a", "c"}),
        ("{% for x in rows %}{{ x }}{{ loop.index }}{% endfor %}{{ range(2)|join }}", {"rows"}),
        ("{% set y = z %}{{ y }}", {"z"}),
        ("{% if vip is defined %}{{ vip }}{% endif %}{{ nick|default(name) }}", {"name"}),
        ("---\nsubject: {{ s }}\n---\n", {"s"}),
        ("no names", set()),
    ],
)
def test_fields_are_the_names_it_cannot_do_without(template: str, fields: set[str]) -> None:
    assert read_template(template).fields() == fields


@pytest.mark.parametrize(
    ("template", "line", "says"),
    [
        ("---\nsubject: Hi {{ nmae }}\n---\n", 2, "'nmae' is undefined"),
        ("---\nsubject: Hi\n---\n\nDear {{ nmae }}", 5, "'nmae' is undefined"),
        ("a\nb\n{{ name.first }}", 3, "has no attribute 'first'"),
        ("a\n{% if name %}\nb", 3, "Unexpected end of template"),
        ("a\n{{ name", 2, "unexpected end of template"),
        ("a\n\n{{ name|shout }}", 3, "No filter named 'shout'"),
        ("{{ name is shouted }}", 1, "No test named 'shouted'"),
        ("a\n{{ 1 / 0 }}", 2, "division by zero"),
        ("a\n{{ {[]: 1} }}", 2, "unhashable"),
        ("a\n{{ 1 if 'ab'[9] else 2 }}", 2, "has no element 9"),
        ("a\n{{ rows }}", 2, "a list cannot stand in a text"),
        ("a\n{{ name.upper }}", 2, "a method cannot stand in a text"),
        ("a\n{{ {}.get('x') }}", 2, "there is nothing (None)"),
        ("---\nsubject: a\nno colon\n---\n", 3, "'no colon' is no `key: value`"),
        ("---\nsubjct: a\n---\n", 2, "'subjct' is no key of a template"),
        ("---\nsubject: a\nSubject: b\n---\n", 3, "subject was said already in line 2"),
        ("---\nformat: pdf\n---\n", 2, "'pdf' is no format"),
        ("---\nto: ann\n---\n", 2, "to: "),
        ("---\nsubject: a\nfrom: a@x.org, b@x.org\n---\n", 3, "one sender"),
    ],
)
def test_an_error_names_the_line(template: str, line: int, says: str) -> None:
    with pytest.raises(UsageError) as caught:
        filled(template, name="Ann", rows=[1])
    assert caught.value.message.startswith(f"Line {line} of the template: ")
    assert says in caught.value.message
    assert caught.value.message.endswith(".")
    assert "\n" not in caught.value.message


@pytest.mark.parametrize(
    ("template", "hint"),
    [
        ("{{ nmae }}", "Did you mean name?"),
        ("{{ zzz }}", "There are: name, rows."),
        ("---\nsubjct: a\n---\n", "Did you mean subject?"),
        ("---\nformat: markdwn\n---\n", "It can be markdown."),
    ],
)
def test_an_error_says_what_may_have_been_meant(template: str, hint: str) -> None:
    with pytest.raises(UsageError) as caught:
        filled(template, name="Ann", rows=[1])
    assert caught.value.hint == hint


def test_a_head_that_is_not_closed_is_said() -> None:
    with pytest.raises(UsageError, match="nothing closes it"):
        read_template("---\nsubject: a\n")


def test_what_a_mail_often_needs() -> None:
    text = (
        "---\nformat: text\n---\n{{ '{:,.2f}'.format(sum) }} {{ '%05.1f'|format(sum) }} "
        "{{ day.strftime('%d.%m.%Y') }} {{ names|sort|join(', ') }} {{ names|length }} "
        "{{ name|title }} {{ name.split()[0] }} {{ people|map(attribute='age')|sum }} "
        "{% set ns = namespace(n=0) %}{% for p in people %}{% set ns.n = ns.n + p.age %}"
        "{{ ', ' if not loop.first }}{{ loop.cycle('a', 'b') }}{% endfor %} {{ ns.n }} "
        "{{ nick|default('friend') }} {{ people|selectattr('age', 'gt', 3)|list|length }}"
    )
    made = filled(
        text,
        sum=1234.5,
        day=date(2026, 3, 1),
        names=["b", "a"],
        name="ann lee",
        people=[{"age": 2}, {"age": 5}],
    )
    assert made.text == "1,234.50 1234.5 01.03.2026 a, b 2 Ann Lee ann 7 a, b 7 friend 1"


# Values stay values.


@settings(max_examples=100, deadline=None)
@given(st.text() | st.sampled_from(["{{ 7 * 7 }}", "{% for a in b %}", "{# x #}", "{{", "}}"]))
def test_a_value_is_never_read_as_a_template(value: str) -> None:
    template = "---\nformat: text\n---\n<{{ v }}>{% set w = v %}{{ w }}{{ [v]|first }}"
    assert filled(template, v=value).text == f"<{value}>{value}{value}"


def test_html_in_a_value_is_text() -> None:
    made = filled(
        "---\nformat: html\n---\n<p>{{ v }}{{ '<b>' ~ v }}{{ v|upper }}{{ ('<i>'|safe) ~ v }}",
        v="<script>'\"&",
    )
    safe = "&lt;script&gt;&#39;&#34;&amp;"
    assert made.html == f"<p>{safe}&lt;b&gt;{safe}{safe.replace('script', 'SCRIPT')}<i>{safe}"


def test_the_author_may_let_markup_in() -> None:
    made = filled("---\nformat: html\n---\n{{ v|safe }}{{ w }}", v="<b>x</b>", w=Markup("<i>y</i>"))
    assert made.html == "<b>x</b><i>y</i>"


_LINE_ENDS = ["\r", "\n", "\r\n", "\n ", "\x00", "\x0b", "\x0c", "\x1f", "\x7f", "\x85", "\u2028"]
_LINE_ENDS += ["\u2029", "\ud800"]


@pytest.mark.parametrize("sign", _LINE_ENDS, ids=ascii)
@pytest.mark.parametrize(
    "line",
    [
        "subject: Hi {{ v }}!",
        "X-Id: {{ v }}!",
        "attach: {{ v }}!",
        "to: {{ v }} <a@example.com>",
        "to: {{ v }}@example.com",
        "cc: {{ v }}",
        "bcc: Ann <{{ v }}>",
        "reply-to: Ann {{ v }} <a@example.com>",
        "from: {{ v }}",
    ],
)
def test_no_value_makes_a_second_line_of_a_header(line: str, sign: str) -> None:
    template = read_template(f"---\n{line}\n---\nHi")
    with pytest.raises(UsageError, match="Line 2 of the template: "):
        template.render({"v": f"a{sign}Bcc: eve@example.com"})


@settings(max_examples=200, deadline=None)
@given(st.text(st.characters(exclude_categories=("Cs",)), max_size=40))
def test_a_name_adds_no_recipient(name: str) -> None:
    """Whatever is in it, there is one recipient, and a reader finds that name."""
    template = read_template("---\nto: {{ name }} <ann@example.com>\n---\n")
    try:
        made = template.render({"name": name})
    except UsageError as error:
        assert re.search(r"line break|U\+", error.message)
        return
    (to,) = parse(f"To: {made.to[0]}\r\n".encode()).to
    assert to.email == "ann@example.com"
    assert to.name == " ".join(name.split()).strip(" <>")  # which our parser leaves out


@pytest.mark.parametrize(
    ("line", "value", "people"),
    [
        ("{{ v }}", "ann@example.com", ["ann@example.com"]),
        ("{{ v }}", "Ann Lee <ann@example.com>", ["Ann Lee <ann@example.com>"]),
        ("{{ v }}", '"Lee, Ann" <ann@example.com>', ['"Lee, Ann" <ann@example.com>']),
        ("{{ v }}", "a@example.com, b@example.com", ["a@example.com", "b@example.com"]),
        ("{{ v }}", "a@example.com; b@example.com", ["a@example.com", "b@example.com"]),
        ("{{ v }}, me", "", ["me"]),
        ("{{ v }}", "ME", ["me"]),
        ("Ann <{{ v }}>", " ann@example.com ", ["Ann <ann@example.com>"]),
        ('"Lee, {{ v }}" <a@example.com>', 'A"n', ['"Lee, A\\"n" <a@example.com>']),
        ("{{ v }} <a@x.org>, b@x.org", "x, y", ['"x, y" <a@x.org>', "b@x.org"]),
        ("{{ v }}@example.com", "ann", ["ann@example.com"]),
    ],
)  # fmt: skip
def test_recipients(line: str, value: str, people: list[str]) -> None:
    made = filled(f"---\nto: {line}\n---\n", v=value)
    assert list(made.to) == people


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("Ann <{{ v }}>", "a@example.com, eve@example.com"),
        ("Ann <{{ v }}>", "a@example.com>, <eve@example.com"),
        ("{{ v }}@example.com", "eve@example.org, a"),
        ("{{ v }}", "Ann Lee"),
        ("{{ v }}", "ann@localhost"),
        ("{{ v }}", "@example.com"),
        ("{{ v }} <>", "a@example.com"),
    ],
)
def test_what_is_no_address_is_refused(line: str, value: str) -> None:
    with pytest.raises(UsageError, match="Line 2 of the template: to: "):
        filled(f"---\nto: {line}\n---\n", v=value)


@given(st.text())
def test_a_masked_value_comes_back(value: str) -> None:
    assert unmask(mask(value)) == unmask(value.replace("\r\n", "\n"))
    assert not re.search(r"[!-/:-@\[-`{-~\s]", mask(value), re.ASCII)


def test_a_list_of_nothing_has_no_recipients() -> None:
    assert list(read_recipients(" , ; ")) == []
