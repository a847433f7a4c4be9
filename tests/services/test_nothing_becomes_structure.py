"""S6 at the door: whatever is handed over, it is refused, or the message has the headers intended.

`tests/mime/test_header_injection.py` shows the same of the builder alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fakes import FakeClock, FakeCredential
from gmailkit.config import Settings
from gmailkit.errors import UsageError
from gmailkit.gmail import Gmail
from gmailkit.mime.parse import parse
from gmailkit.model.mail import Address, Attachment
from gmailkit.paths import Home
from gmailkit.services.connect import Connection
from gmailkit.services.sending.writing.write import write

pytest.importorskip("jinja2")
ANN = "ann@example.com"
BREAKS = [*"\r\n\0\x0b\x0c\x1c\x1d\x1e\x7f\x85\u2028\u2029", "\r\n", "\r\n ", "\n\t", "\r\n\r\n"]
PIECES = [*BREAKS, "Bcc: eve@example.org", "=?utf-8?q?=0D=0ABcc:_x?=", "a", " ", "@", "<", ">", ","]
PIECES += ["é", ";", ":", '"', "{{ 7*7 }}", "%0d%0a", "x@example.com", "(", ")", "\\"]
TEXTS = st.lists(st.sampled_from(PIECES), min_size=1, max_size=7).map("".join)

Place = Callable[[str], dict[str, Any]]
HEAD = """---
subject: s
to: {{ name }} <ann@example.com>
X-Job: {{ job }}
format: text
---
Hi {{ job }}
"""
PLACES: dict[str, Place] = {
    "to": lambda t: {"to": t},
    "a name in to": lambda t: {"to": Address(ANN, t)},
    "cc": lambda t: {"cc": [t]},
    "bcc": lambda t: {"bcc": [t]},
    "reply-to": lambda t: {"reply_to": t},
    "sender's name": lambda t: {"sender": Address("me@example.com", t)},
    "subject": lambda t: {"subject": t},
    "header name": lambda t: {"headers": {t: "1"}},
    "header value": lambda t: {"headers": {"X-Job": t}},
    "unsubscribe": lambda t: {"unsubscribe": f"https://example.com/{t}"},
    "importance": lambda t: {"importance": t},
    "in-reply-to": lambda t: {"in_reply_to": t},
    "references": lambda t: {"references": [t]},
    "file name": lambda t: {"attach": (t, b"x")},
    "attachment": lambda t: {"attach": Attachment(t, b"x")},
    "template value in a name": lambda t: {"template": HEAD, "values": {"name": t, "job": "1"}},
    "template value in a header": lambda t: {"template": HEAD, "values": {"name": "A", "job": t}},
}
PLAIN = {"Date", "To", "Subject", "MIME-Version", "Content-Type", "Content-Transfer-Encoding"}
ALSO = {"Cc", "Bcc", "Reply-To", "From", "In-Reply-To", "References", "Importance", "X-Priority"}
ALSO |= {"X-Job", "List-Unsubscribe", "List-Unsubscribe-Post"}


@pytest.fixture(scope="module")
def connection(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Connection]:
    """Of a mailbox whose address is known; nothing is asked of Gmail."""
    home = Home.at(tmp_path_factory.mktemp("home"))
    credential: Any = FakeCredential()
    opened = Connection(Settings(home=home), credential, session=None, clock=FakeClock())
    yield opened
    opened.close()


def check(connection: Connection, place: str, text: str) -> None:
    words: dict[str, Any] = {"to": ANN, "subject": "s", **PLACES[place](text)}
    if "template" in words:
        del words["to"], words["subject"]
    else:
        words["text"] = "hello"
    try:
        message = write(connection, **words)
    except UsageError as error:
        assert error.message
        return
    mail = parse(message.raw)
    names = [name for name, _ in mail.headers]
    given = {text} if place == "header name" else set()
    assert set(names) <= PLAIN | ALSO | given
    assert len(names) == len(set(names))
    assert "eve@example.org" not in [each.email for each in (*mail.cc, *mail.bcc)] or place in (
        *("cc", "bcc"),
    )
    people = [each.email for each in (*mail.to, *mail.cc, *mail.bcc)]
    assert people == [
        each.email for each in (*message.mail.to, *message.mail.cc, *message.mail.bcc)
    ]
    assert len(people) <= 2
    controls = [letter for letter in text.strip() if letter < " " and letter != "\t"]
    assert not controls or place.startswith("template"), "a control character went through"
    assert not any(letter in "\r\n\0" for _, value in mail.headers for letter in value)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(place=st.sampled_from(sorted(PLACES)), text=TEXTS)
def test_it_is_refused_or_harmless(connection: Connection, place: str, text: str) -> None:
    check(connection, place, text)


@pytest.mark.soak
@settings(max_examples=2_000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(place=st.sampled_from(sorted(PLACES)), text=TEXTS)
def test_two_thousand_times(connection: Connection, place: str, text: str) -> None:
    check(connection, place, text)


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("character", BREAKS, ids=repr)
def test_a_line_break_in_every_place(connection: Connection, place: str, character: str) -> None:
    """Refused, never mended in silence, but for the text of a template, which is no header."""
    words: dict[str, Any] = {"to": ANN, "text": "x", **PLACES[place](f"a{character}Bcc: e@x.org")}
    if "template" in words:
        del words["to"], words["text"]
    with pytest.raises(UsageError):
        write(connection, **words)


def test_the_places_work_without_an_attack(settings_for: Callable[..., Settings]) -> None:
    with Gmail(settings=settings_for()) as gmail:
        for place in ("header value", "file name", "template value in a header", "subject"):
            words: dict[str, Any] = {"to": ANN, **PLACES[place]("fine")}
            assert gmail.compose(**words).raw
