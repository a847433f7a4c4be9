"""Ways out of Jinja's sandbox, and around it, that people have found: none leads anywhere."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from gmailkit.compose.template import read_template
from gmailkit.errors import UsageError

MARK = Path("owned")


@dataclass
class Person:
    name: str = "Ann"
    _secret: str = "hidden"

    def save(self) -> str:
        MARK.touch()
        return "saved"


def function() -> str:
    MARK.touch()
    return "called"


def numbers() -> Iterator[int]:
    yield 1


def values() -> dict[str, Any]:
    return {
        "name": "Ann",
        "items": [1, 2],
        "d": {"a": 1},
        "person": Person(),
        "f": function,
        "klass": Person,
        "generator": numbers(),
        "module": os,
        "error": ValueError("no"),
    }


_RUN = ".popen('touch owned').read()"
ESCAPES = [
    # The class, and from it every class there is.
    "{{ ''.__class__ }}",
    "{{ ''['__class__'] }}",
    "{{ ''['__cla' ~ 'ss__'] }}",
    r"{{ ''['\x5f\x5fclass\x5f\x5f'] }}",
    "{{ ''|attr('__class__') }}",
    "{{ ''|attr('__cla' + 'ss__')|attr('__mro__') }}",
    "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "{{ [].__class__.__base__.__subclasses__() }}",
    "{{ ().__class__.__bases__[0].__subclasses__() }}",
    "{{ {}.__class__.__init__.__globals__ }}",
    "{{ (1).__class__.__mro__ }}",
    "{% for c in ''.__class__.__mro__ %}{{ c }}{% endfor %}",
    "{{ [name]|map(attribute='__class__')|join }}",
    "{{ [name]|map('attr', '__class__')|join }}",
    "{{ ([name]|groupby('__class__')|first).grouper }}",
    "{{ [name, name]|sort(attribute='__class__')|length }}",
    "{{ [name]|selectattr('__class__')|list|length }}",
    "{{ [name]|unique(attribute='__class__')|list|length }}",
    "{{ [name]|sum(attribute='__class__') }}",
    "{{ [name]|join(attribute='__class__') }}",
    "{{ [name, name]|max(attribute='__class__') }}",
    # What Jinja puts into each template.
    "{{ self.__init__.__globals__.__builtins__ }}",
    "{{ self._TemplateReference__context.environment }}",
    "{{ self.__dict__ }}",
    "{{ self }}",
    "{% for i in items %}{{ loop }}{% endfor %}",
    "{{ cycler.__init__.__globals__.os" + _RUN + " }}",
    "{{ joiner.__init__.__globals__.os" + _RUN + " }}",
    "{{ namespace.__init__.__globals__.os" + _RUN + " }}",
    "{{ lipsum.__globals__['os']" + _RUN + " }}",
    "{{ range.__class__ }}",
    "{{ dict.mro() }}",
    "{{ dict.__base__.__subclasses__() }}",
    "{{ dict.fromkeys([1]) }}",
    "{% set ns = namespace() %}{{ ns.__class__ }}",
    "{% set ns = namespace() %}{{ ns.__init__.__globals__ }}",
    "{% set ns = namespace() %}{{ ns }}",
    "{% for i in items %}{{ loop.__class__ }}{% endfor %}",
    "{% for i in items %}{{ loop._iterable }}{% endfor %}",
    "{% for i in items %}{{ loop.__init__.__globals__ }}{% endfor %}",
    "{{ nothing.__class__ }}",
    "{{ nothing._undefined_hint }}",
    "{{ context.environment }}",
    "{{ environment.globals }}",
    # Python's own names.
    "{{ __import__('os')" + _RUN + " }}",
    "{{ open('/etc/passwd').read() }}",
    "{{ eval('1') }}",
    "{{ config.items() }}",
    "{{ request.application.__globals__.__builtins__ }}",
    "{{ url_for.__globals__ }}",
    # Formatting that reaches into what it formats (CVE-2016-10745, CVE-2019-10906,
    # CVE-2024-56326, CVE-2025-27516).
    "{{ '{0.__class__}'.format(name) }}",
    "{{ '{0.__class__.__mro__}'.format(42) }}",
    "{{ '{0[__class__]}'.format(person) }}",
    "{{ '{a.__class__}'.format_map({'a': 1}) }}",
    "{{ '{a.__class__}'.format(a=person) }}",
    "{% set f = '{0.__class__}'.format %}{{ f(1) }}",
    "{{ (['{0.__class__}']|map(attribute='format')|first)(1) }}",
    "{{ ('{0.__class__}'|attr('format'))(1) }}",
    "{{ ('{0._secret}'|safe).format(person) }}",
    "{{ '{0.__init__.__globals__}'.format(person) }}",
    "{{ name.format.__self__ }}",
    "{{ name.upper.__self__.__class__ }}",
    # What was handed in.
    "{{ person.__dict__ }}",
    "{{ person._secret }}",
    "{{ person['_secret'] }}",
    "{{ person.save() }}",
    "{{ person.save.__func__.__globals__ }}",
    "{{ person.__init__.__globals__ }}",
    "{{ f() }}",
    "{{ f.__globals__ }}",
    "{{ f.__code__.co_consts }}",
    "{{ klass() }}",
    "{{ klass.mro() }}",
    "{{ klass.__init__.__globals__ }}",
    "{{ [1]|map(f)|list }}",
    "{{ generator.gi_frame.f_globals }}",
    "{{ generator.gi_code }}",
    "{{ generator.send(none) }}",
    "{{ module.system('touch owned') }}",
    "{{ module" + _RUN + " }}",
    "{{ error.__traceback__.tb_frame }}",
    "{{ error.with_traceback(none) }}",
    "{{ items.append(3) }}",
    "{{ items.clear() }}",
    "{{ d.update(b=2) }}",
    "{{ d.pop('a') }}",
    "{{ d.setdefault('b', 2) }}",
    # Other templates, other statements.
    "{% include '/etc/passwd' %}",
    "{% include 'owned' ignore missing %}",
    "{% import 'os' as os %}{{ os" + _RUN + " }}",
    "{% from 'os' import system %}{{ system('touch owned') }}",
    "{% extends 'base.html' %}",
    "{% block b %}{{ super.__class__ }}{% endblock %}",
    "{% macro m() %}{{ caller.__globals__ }}{% endmacro %}{{ m() }}",
    "{% macro m() %}{% endmacro %}{{ m.__init__.__globals__ }}",
    "{% call f() %}{% endcall %}",
    "{% autoescape false %}{{ name }}{% endautoescape %}",
    "{% debug %}",
    "{% do items.append(3) %}",
    "{{ name|pprint }}",
    "{{ d|xmlattr }}",
    "{{ d|tojson }}",
    "{{ name|random }}",
    "{{ name|urlize }}",
]


def test_there_are_forty_and_more() -> None:
    assert len(set(ESCAPES)) == len(ESCAPES) >= 40


PLACES = (
    "---\nformat: text\n---\n{}",
    "---\nformat: html\n---\n{}",
    "{}",
    "---\nsubject: {}\n---\n",
    "---\nto: {}\n---\n",
)


@pytest.mark.parametrize("escape", ESCAPES)
def test_no_way_out(escape: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    given = values()
    for place in PLACES:
        with pytest.raises(UsageError, match=r"^Line [1-4] of the template: "):
            read_template(place.replace("{}", escape, 1)).render(given)
    assert list(tmp_path.iterdir()) == []
    assert (given["items"], given["d"]) == ([1, 2], {"a": 1})


def test_what_is_refused_there_is_not_refused_because_all_is() -> None:
    text = "---\nformat: text\n---\n{{ person.name.upper() }} {{ d.a }} {{ items|join('-') }}"
    assert read_template(text).render(values()).text == "ANN 1 1-2"
