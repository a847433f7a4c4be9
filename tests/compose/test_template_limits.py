"""Templates that would not come to an end, or make a mountain, are stopped; by count, not time."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from datetime import datetime
from functools import partial
from pathlib import Path

import pytest

from fakes import unmeasured
from gmailkit.compose.markdown import render
from gmailkit.compose.meter import MOST_OUTPUT, MOST_STEPS, weigh
from gmailkit.compose.template import read_template
from gmailkit.errors import UsageError
from work import lines_of

TESTS = Path(__file__).resolve().parents[1]
MOST_LINES = 25_000_000  # of Python; a long sum takes 20 million of them to be read

_EACH = "{% for i in range(10000) %}"
_GROW = "{% set ns = namespace(x=START, y=START) %}{% for i in range(100) %}STEP{% endfor %}"


def _growing(step: str, start: str = "'ab'") -> str:
    return _GROW.replace("START", start).replace("STEP", step)


ENDLESS = {
    "range": "{{ range(10**9)|list }}",
    "loops in loops": f"{_EACH}{_EACH}{_EACH}x{{% endfor %}}{{% endfor %}}{{% endfor %}}",
    "loops that do nothing": f"{_EACH}{_EACH}{{% endfor %}}{{% endfor %}}",
    "a loop in a condition": "{% for a in range(10000) if range(10000)|list == [] %}{% endfor %}",
    "many loops": f"{_EACH}{{% endfor %}}" * 300,
    "text times": "{{ 'a' * 10**10 }}",
    "text times, turned": "{{ 10**10 * 'a' }}",
    "list times": "{{ ([0] * 10**10)|length }}",
    "power": "{{ 10 ** (10 ** 10) }}",
    "negative power": "{{ 2 ** -(10 ** 10) }}",
    "squares": _growing("{% set ns.x = ns.x * ns.x %}", "3"),
    "doubled by ~": _growing("{% set ns.x = ns.x ~ ns.x %}"),
    "doubled by +": _growing("{% set ns.x = ns.x + ns.x %}"),
    "doubled by join": _growing("{% set ns.x = [ns.x, ns.x]|join %}"),
    "doubled by format": _growing("{% set ns.x = '%s%s'|format(ns.x, ns.x) %}"),
    "doubled by .format": _growing("{% set ns.x = '{0}{0}'.format(ns.x) %}"),
    "doubled by replace": _growing("{% set ns.x = ns.x|replace('a', 'aa') %}", "'aaaa'"),
    "doubled by set": _growing("{% set ns.x %}{{ ns.x }}{{ ns.x }}{% endset %}"),
    "laughing lists": _growing("{% set ns.x = [ns.x, ns.x] %}"),
    "laughing tuples": _growing("{% set ns.x = (ns.x, ns.x) %}"),
    "laughing dicts": _growing("{% set ns.x = {'a': ns.x, 'b': ns.x} %}"),
    "laughing dict()": _growing("{% set ns.x = dict(a=ns.x, b=ns.x) %}"),
    "laughing namespaces": _growing("{% set ns = namespace(x=[ns, ns]) %}"),
    "twins compared": _growing("{% set ns.x = [ns.x, ns.x] %}{% set ns.y = [ns.y, ns.y] %}")
    + "{{ ns.x == ns.y }}",
    "wide %": "{{ '%1000000000d' % 1 }}",
    "wide % by argument": "{{ '%*d' % (1000000000, 1) }}",
    "wide % by name": "{{ '%((a)b)1000000000d'|format(**{'(a)b': 1}) }}",
    "wide format": "{{ '%1000000000d'|format(1) }}",
    "exact format": "{{ '%.1000000000f'|format(1) }}",
    "wide .format": "{{ '{:1000000000}'.format(1) }}",
    "wide .format by argument": "{{ '{:{}}'.format(1, 1000000000) }}",
    "many wide formats": "{{ ('{0:999}' * 40000).format(1)|length }}",
    "center": "{{ 'a'|center(10**9) }}",
    ".center": "{{ 'a'.center(10**9) }}",
    ".ljust": "{{ 'a'.ljust(10**9) }}",
    ".zfill": "{{ 'a'.zfill(10**9) }}",
    ".expandtabs": "{{ '\t'.expandtabs(10**9) }}",
    "indent": "{{ 'a'|indent(10**9, true) }}",
    "indent by text": "{{ ('a\n' * 9999)|indent('x' * 9999) }}",
    "batch": "{{ [1]|batch(10**9, 0)|list|length }}",
    "slice": "{{ [1]|slice(10**9)|list|length }}",
    "round": "{{ 1|round(10**9, 'ceil') }}",
    "replace": "{{ ('a' * 9999)|replace('a', 'b' * 9999) }}",
    ".replace": "{{ ('a' * 9999).replace('', 'b' * 9999) }}",
    "join": "{{ range(10000)|join('x' * 9999) }}",
    ".join": "{{ ('x' * 9999).join('a' * 9999) }}",
    "sum of lists": "{{ ([[1]] * 9999)|sum(start=[]) }}",
    "map in map": "{{ ([range(9999)] * 99)|map('map', 'string')|map('list')|list|length }}",
    "search in a list": "{{ range(10000)|select('in', range(10000)|list)|list|length }}",
    "sorting": f"{_EACH}{{% set x = range(10000)|sort %}}{{% endfor %}}",
    "comparing": "{% set a = 'x' * 90000 %}" + _EACH + "{{ a == a ~ '' }}{% endfor %}",
    "cutting": "{% set a = 'x' * 90000 %}" + _EACH + "{% if a[1:] %}{% endif %}{% endfor %}",
    "splitting": _EACH + "{% set x = ('a ' * 9999).split() %}{% endfor %}",
    "a lot": _EACH + "{{ 'x' * 1000 }}{% endfor %}",
    "a lot of its own text": _EACH + "x" * 1000 + "{% endfor %}",
    "a lot aside": _EACH + "{% set x %}" + "x" * 1000 + "{% endset %}{% endfor %}",
    "recursive macro": "{% macro m() %}{{ m() }}{{ m() }}{% endmacro %}{{ m() }}",
    "recursive loop": "{% for x in [1] recursive %}{{ loop([1, 1]) }}{% endfor %}",
    "deep": "{{ " + "(" * 9000 + "1" + ")" * 9000 + " }}",
    "deeper": "{{ " + "not " * 90000 + "1 }}",
    "deep if": "{% if 1 %}" * 9000 + "{% endif %}" * 9000,
    "deep for": "{% for a in [1] %}" * 50 + "{% endfor %}" * 50,
    "long sum": "{{ 1" + "+1" * 90000 + " }}",
    "long path": "{{ a" + ".b" * 90000 + " }}",
    "many parts": "{{ name }}" * 40000,
    "long": "x" * 600_000,
}


@pytest.mark.parametrize("body", ENDLESS.values(), ids=ENDLESS.keys())
def test_it_is_stopped(body: str) -> None:
    with pytest.raises(UsageError, match="template"):
        read_template(f"---\nformat: text\n---\n{body}").render({"name": "Ann"})


@pytest.mark.soak
def test_each_is_stopped_after_little_work_in_little_memory() -> None:
    """Lines of Python, in a process that may take 700 MB of addresses, the interpreter included;
    what would take hours within one call into C is ended by the time limit.
    """
    done = subprocess.run(
        [sys.executable, __file__],
        capture_output=True,
        text=True,
        check=False,
        timeout=170,
        env={**unmeasured(), "PYTHONPATH": os.pathsep.join(map(str, (TESTS, TESTS.parent)))},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("stopped") == len(ENDLESS)


def test_a_long_mail_is_not_stopped() -> None:
    """A table of two thousand rows."""
    row = "<tr><td>{{ loop.index }}<td>{{ p.name|upper }}<td>{{ '%.2f'|format(p.sum) }}</tr>\n"
    text = f"---\nformat: html\n---\n{{% for p in people %}}\n{row}{{% endfor %}}"
    people = [{"name": f"Person {n}", "sum": n / 7} for n in range(2_000)]
    assert read_template(text).render({"people": people}).html.count("<tr>") == 2_000


def test_the_output_may_be_a_megabyte_and_no_more() -> None:
    template = read_template("---\nformat: text\n---\n{{ text }}{{ text }}")
    half = "x" * (MOST_OUTPUT // 2)
    assert len(template.render({"text": half}).text) == MOST_OUTPUT
    with pytest.raises(UsageError, match="more than 1,000,000 bytes"):
        template.render({"text": half + "x"})


def test_what_a_value_of_markdown_takes_is_counted_as_it_will_be_read() -> None:
    assert read_template("{{ text }}").render({"text": "*" * 900_000}).markdown


def test_markdown_has_an_end() -> None:
    with pytest.raises(UsageError, match="too long"):
        render("x" * 1_000_001)


def test_steps_do_not_depend_on_the_clock() -> None:
    """The same template stops at the same step, whatever the machine does meanwhile."""
    body = "{% for i in range(10000) %}{{ i }}{% for j in range(10) %}{% endfor %}{% endfor %}"
    template = read_template(f"---\nformat: text\n---\n{body}")
    said = set()
    for _ in range(3):
        with pytest.raises(UsageError) as caught:
            template.render({})
        said.add(caught.value.message)
    assert said == {f"Line 4 of the template: it does too much (over {MOST_STEPS:,} steps)."}


def test_a_list_that_holds_itself_has_a_weight() -> None:
    endless: list[object] = []
    endless.append(endless)
    assert weigh(endless, 1_000) > 1_000
    with pytest.raises(UsageError):
        read_template("{{ a|length }}").render({"a": endless})


def _main() -> None:
    most = 700 * 1024 * 1024
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    for name, body in ENDLESS.items():
        lines = lines_of(partial(_stopped, name, body))
        print(f"{name}: stopped after {lines:,} lines", flush=True)
        assert lines < MOST_LINES, name


def _stopped(name: str, body: str) -> None:
    try:
        template = read_template(f"---\nformat: text\n---\n{body}")
        template.render({"name": "Ann", "now": datetime.now()})
    except UsageError as error:
        assert not isinstance(error.__cause__, MemoryError) or "deep" in name, name
    else:
        raise AssertionError(f"{name}: not stopped")


if __name__ == "__main__":
    _main()
