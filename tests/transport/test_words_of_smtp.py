"""Servers by URL, what they offer, replies, what lines mean, and whose certificates count."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gmailkit.errors import UsageError
from gmailkit.secret import Secret
from gmailkit.transport.smtp.envelope import check_notify
from gmailkit.transport.smtp.explain import CODES, COMMANDS, ENHANCED, explain, meaning
from gmailkit.transport.smtp.offer import Offer
from gmailkit.transport.smtp.reply import Reply
from gmailkit.transport.smtp.server import Server, read_server
from gmailkit.transport.smtp.transcript import Answer, Closed, Content, Line, as_facts, as_lines
from gmailkit.transport.trust import advice, trusting
from speech import to


@pytest.mark.parametrize(
    ("text", "host", "port", "security", "user"),
    [
        ("mail.example.org", "mail.example.org", 587, "starttls", ""),
        ("mail.example.org:25", "mail.example.org", 25, "starttls", ""),
        ("mail.example.org:465", "mail.example.org", 465, "tls", ""),
        ("smtps://ann%40x.org@mail.example.org", "mail.example.org", 465, "tls", "ann@x.org"),
        ("smtp+starttls://ann@m.x.org:2587/", "m.x.org", 2587, "starttls", "ann"),
        ("smtp://127.0.0.1:2525", "127.0.0.1", 2525, "none", ""),
        ("smtp://localhost", "localhost", 587, "none", ""),
        ("smtp://[::1]:2525", "::1", 2525, "none", ""),
        ("smtp+starttls://127.0.0.1", "127.0.0.1", 587, "starttls", ""),
        ("smtp://127.0.0.1.evil.example", "127.0.0.1.evil.example", 587, "starttls", ""),
    ],
)
def test_a_server_by_url(text: str, host: str, port: int, security: str, user: str) -> None:
    found = read_server(text)
    assert (found.host, found.port, found.security, found.user) == (host, port, security, user)
    assert read_server(found.url) == found


@pytest.mark.parametrize("host", ["smtp.gmail.com", "SMTP.GMAIL.COM", "smtp.gmail.com.evil.org"])
def test_which_server_is_google(host: str) -> None:
    found = Server(host=host, port=587, security="starttls")
    assert found.is_google == (host.lower() == "smtp.gmail.com")


def test_a_password_in_a_url_is_not_shown_again() -> None:
    with pytest.raises(UsageError) as caught:
        read_server("smtps://ann:open-sesame@mail.example.org")
    assert "open-sesame" not in caught.value.message + caught.value.hint


def test_an_offer_is_read_as_servers_write_it() -> None:
    offer = Offer.read(Reply(250, ("here", "AUTH=LOGIN", "AUTH PLAIN login", "8bitmime")))
    assert offer.mechanisms == ("LOGIN", "PLAIN")
    assert "8BITMIME" in offer
    assert Offer.read(Reply(250, ("here", "SIZE 0"))).size is None
    assert Offer.read(Reply(250, ("here", "SIZE"))).size is None
    assert Offer.read(Reply(250, ("here", "SIZE 35882577"))).size == 35_882_577


@pytest.mark.parametrize(
    ("lines", "code", "enhanced", "words"),
    [
        ([b"550 5.1.1 No such user\r\n"], 550, "5.1.1", "No such user"),
        ([b"550-5.7.26 one\r\n", b"550 5.7.26 two\r\n"], 550, "5.7.26", "one two"),
        ([b"250\r\n"], 250, "", ""),
        ([b"what?\r\n"], 0, "", "what?"),
        ([b"250 \xff\x1b[31m\r\n"], 250, "", "\\xff [31m"),
        ([], 0, "", ""),
    ],
)
def test_a_reply(lines: list[bytes], code: int, enhanced: str, words: str) -> None:
    found = Reply.read(lines)
    assert (found.code, found.enhanced, found.words) == (code, enhanced, words)


def test_a_secret_that_a_server_echoes_is_masked() -> None:
    word = Secret("a-password-of-a-test")
    assert str(word) not in str(Reply.read([f"535 no such {word}\r\n".encode()]))


def test_what_is_said_of_replies() -> None:
    assert meaning(Reply(550, ("5.1.1 x",))) == (
        "550: no such mailbox, or refused by its rules (RFC 5321 section 4.2.3); "
        "5.1.1: no such mailbox (RFC 3463)."
    )
    assert meaning(Reply(299, ())) == "299: Taken (RFC 5321 section 4.2.3)."
    assert "section or other" not in meaning(Reply(0, ("x",)))
    assert "it is about the content" in meaning(Reply(554, ("5.6.99 x",)))
    assert {250, 354, 421, 450, 550, 554} <= {code for code in CODES if 200 <= code <= 599}
    assert [code for code in CODES if not 200 <= code <= 599] == []
    assert {"1.1", "2.2", "7.1"} <= set(ENHANCED)
    assert [code for code in ENHANCED if len(code.split(".")) != 2] == []


@pytest.mark.parametrize("verb", COMMANDS)
def test_every_command_is_explained_with_its_section(verb: str) -> None:
    (said,) = explain(Line(at=0, text=verb))
    assert "RFC" in said


def test_events_for_people_and_for_programs() -> None:
    answer = Answer(at=1.5, reply=Reply(250, ("a", "b")), to="EHLO x", took=0.25)
    assert list(as_lines(answer)) == ["   1.500  S 250-a", "          S 250 b"]
    events = [answer, Content(at=2, size=12345), Closed(at=3, why="it broke")]
    assert [json.loads(json.dumps(as_facts(each)))["event"] for each in events] == [
        *("server", "message", "closed")
    ]
    assert "12,345 bytes" in next(iter(as_lines(events[1])))


@pytest.mark.parametrize(
    "name", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR"]
)
def test_authorities_of_ones_own(name: str, certificate: Path, tmp_path: Path) -> None:
    path = certificate.parent if name.endswith("DIR") else certificate
    context = trusting({name: str(path)})
    assert context.check_hostname
    if not name.endswith("DIR"):
        assert context.cert_store_stats()["x509"] == 1
    with pytest.raises(UsageError, match=name):
        trusting({name: str(tmp_path / "missing.pem")})


def test_whose_authorities_count_is_told_where_a_certificate_is_not_believed() -> None:
    assert "Name your own authority's file in REQUESTS_CA_BUNDLE." in advice({})
    alone = advice({"SSL_CERT_FILE": "/a.pem"})
    assert alone.endswith("in REQUESTS_CA_BUNDLE; now SSL_CERT_FILE counts, /a.pem.")
    both = advice({"SSL_CERT_FILE": "/a.pem", "REQUESTS_CA_BUNDLE": "/b.pem"})
    assert both.endswith("now REQUESTS_CA_BUNDLE counts, /b.pem, before SSL_CERT_FILE.")


def test_usually_many_authorities_count() -> None:
    assert trusting({}).cert_store_stats()["x509"] > 50


CONTROLS = st.sampled_from([*"\r\n\0\v\f\x85\u2028\u2029\x1b\t ", "\r\n"])
PARTS = st.text(st.characters(codec="utf-8", exclude_categories=("Cs",)), max_size=8)


@settings(max_examples=2000, deadline=None)
@given(PARTS, CONTROLS, PARTS, st.sampled_from(["{}@x.org", "ann@{}.org", '"{}"@x.org', "{}"]))
def test_no_address_holds_what_ends_a_command(
    before: str, control: str, after: str, form: str
) -> None:
    """S6; a blank may stand in a quoted local part alone."""
    address = form.format(f"{before}{control}{after}")
    for envelope in (to(address), to("bob@x.org", sender=address)):
        try:
            envelope.check()
        except UsageError:
            continue
        assert address.startswith('"')
        assert address.isprintable()
        assert address.count('"') - address.count('\\"') == 2


def test_reports_are_asked_for_in_known_words() -> None:
    assert check_notify(("delay", "success", "success")) == ("success", "delay")
    for wrong in (("never", "delay"), ("soon",), ("SUCCESS",)):
        with pytest.raises(UsageError, match="--notify"):
            check_notify(wrong)
