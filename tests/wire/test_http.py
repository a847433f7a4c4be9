"""The session under the wire: what requests' users expect of it, and what a token forbids."""

from __future__ import annotations

import base64
import gzip
import json
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import requests
import responses
from urllib3.exceptions import ProtocolError

from fakes import ENDPOINT, USER, FakeClock
from gmailkit.errors import ServerFault, Unreachable
from gmailkit.model.label import Label
from gmailkit.model.message import Message
from gmailkit.sandbox import Sandbox
from gmailkit.wire import http as http_module
from gmailkit.wire.builder import Builder
from gmailkit.wire.call import Wire
from gmailkit.wire.http import READ_TIMEOUT, Http, new_session
from gmailkit.wire.request import Large, Request


class Echo(BaseHTTPRequestHandler):
    """Answers what it was asked, as a label; notes it too."""

    protocol_version = "HTTP/1.1"
    server: Any

    def do_GET(self) -> None:
        self.server.asked.append((self.path, dict(self.headers.items()), self.client_address))
        body = json.dumps({"id": self.path}).encode()
        self.send_response(self.server.status)
        self.send_header("Location", "/elsewhere")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Any]:
    listening: Any = ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    listening.daemon_threads = True
    listening.asked, listening.status = [], 200
    threading.Thread(target=listening.serve_forever, args=(0.01,), daemon=True).start()
    yield listening
    listening.shutdown()
    listening.server_close()


def url(server: Any) -> str:
    return f"http://127.0.0.1:{server.server_port}"


@pytest.fixture
def session() -> Iterator[requests.Session]:
    with new_session() as made:
        yield made


def request(root: str = ENDPOINT) -> Request:
    return Builder(root).build("labels.get", {"id": "1"}).with_headers(authorization="Bearer t")


def test_one_connection_carries_many_requests(server: Any, session: requests.Session) -> None:
    http = Http(session)
    for _ in range(5):
        assert http.send(request(url(server))).status == 200
    assert len({client for _, _, client in server.asked}) == 1


def test_a_redirect_is_an_answer_and_not_followed(server: Any, session: requests.Session) -> None:
    server.status = 302
    assert Http(session).send(request(url(server))).status == 302
    assert len(server.asked) == 1


def test_netrc_does_not_replace_the_token(
    server: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login ann password secret\n")
    monkeypatch.setenv("NETRC", str(netrc))
    with requests.Session() as own:
        own.auth = ("ann", "secret")
        Http(own).send(request(url(server)))
    assert server.asked[0][1]["authorization"] == "Bearer t"


def test_a_session_of_ones_own_is_respected(
    net: responses.RequestsMock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/etc/everyones.pem")
    monkeypatch.setenv("HTTPS_PROXY", "http://everyones.test:1")
    net.get(f"{USER}/labels/1", json={})
    with requests.Session() as own:
        own.verify, own.cert = "/etc/own.pem", ("/c", "/k")
        own.proxies = {"https": "http://proxy.test:1"}
        own.headers["X-Own"] = "1"
        Http(own).send(request())
    asked = net.calls[0].request
    assert asked.headers["X-Own"] == "1"
    assert asked.headers["Accept-Encoding"] == "gzip"
    options = asked.req_kwargs  # type: ignore[attr-defined]
    assert (options["verify"], options["cert"]) == ("/etc/own.pem", ("/c", "/k"))
    assert options["proxies"]["https"] == "http://proxy.test:1"


@pytest.mark.parametrize("trusted", [True, False], ids=["trust_env", "no trust_env"])
def test_the_environment_says_proxy_and_authorities(
    net: responses.RequestsMock, monkeypatch: pytest.MonkeyPatch, trusted: bool
) -> None:
    for name in ("https_proxy", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://proxy.test:1")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/etc/ours.pem")
    net.get(f"{USER}/labels/1", json={})
    with new_session() as session:
        session.trust_env = trusted
        Http(session).send(request())
    options = net.calls[0].request.req_kwargs  # type: ignore[attr-defined]
    assert options["proxies"].get("https") == ("http://proxy.test:1" if trusted else None)
    assert options["verify"] == ("/etc/ours.pem" if trusted else True)


def test_no_proxy_is_heard(net: responses.RequestsMock, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("https_proxy", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://proxy.test:1")
    monkeypatch.setenv("NO_PROXY", "gmail.test")
    monkeypatch.setenv("no_proxy", "gmail.test")
    net.get(f"{USER}/labels/1", json={})
    with new_session() as session:
        Http(session).send(request())
    assert "https" not in net.calls[0].request.req_kwargs["proxies"]  # type: ignore[attr-defined]


def test_requests_go_through_the_proxy_with_the_whole_address(
    server: Any, session: requests.Session
) -> None:
    with requests.Session() as own:
        own.trust_env = False
        own.proxies = {"http": url(server)}
        Http(own).send(request("http://gmail.test"))
    assert server.asked[0][0].startswith("http://gmail.test/gmail/v1/users/me/labels/1")


@pytest.mark.parametrize(
    ("name", "params", "wanted"),
    [
        ("messages.list", {}, "gzip"),
        ("messages.get", {"id": "1", "format": "metadata"}, "gzip"),
        ("labels.get", {"id": "1"}, "gzip"),
        ("messages.get", {"id": "1", "format": "raw"}, "identity"),
        ("messages.get", {"id": "1"}, "identity"),
        ("threads.get", {"id": "1"}, "identity"),
        ("messages.attachments.get", {"id": "1", "messageId": "2"}, "identity"),
    ],
)
def test_gzip_is_asked_for_where_it_pays(name: str, params: dict[str, str], wanted: str) -> None:
    assert Builder(ENDPOINT).build(name, params).headers["accept-encoding"] == wanted


@pytest.mark.parametrize(
    ("timeout", "left", "expected"),
    [
        (READ_TIMEOUT, None, (10, READ_TIMEOUT)),
        (30, None, (10, 30)),
        (5, None, (5, 5)),
        (90, 3.0, (3, 3)),
        (5, 60.0, (5, 5)),
    ],
)
def test_nothing_waits_longer_than_it_may(
    net: responses.RequestsMock,
    session: requests.Session,
    timeout: float,
    left: float | None,
    expected: tuple[float, float],
) -> None:
    clock = FakeClock()
    net.get(f"{USER}/labels/1", json={})
    give_up = None if left is None else clock.monotonic() + left
    Http(session, clock=clock, read_timeout=timeout).send(replace(request(), give_up=give_up))
    assert net.calls[0].request.req_kwargs["timeout"] == pytest.approx(expected)  # type: ignore[attr-defined]


@pytest.mark.parametrize("id", ["a b/c?d#é~_.-", "..", "%41", "a+b&c=d:;@,!$'()*", "\u2028"])
def test_an_odd_id_stays_within_its_place(id: str) -> None:
    builder = Builder(ENDPOINT)
    built = [builder.build("messages.get", {"id": each, "format": "raw"}).url for each in ("1", id)]
    assert built[1] == builder._built("messages.get", {"id": id, "format": "raw"}).url
    assert built[0] == f"{USER}/messages/1?prettyPrint=false&format=raw&alt=json"


def test_reads_that_differ_in_more_than_their_id_are_not_mixed_up() -> None:
    builder = Builder(ENDPOINT)
    given: list[dict[str, object]] = [
        {"id": "1", "format": "metadata", "metadataHeaders": ["A", "B"]},
        {"id": "1", "format": "metadata", "metadataHeaders": ["A"]},
        {"id": "1", "format": "metadata"},
        {"id": "1"},
    ]
    assert [builder.build("messages.get", each).url for each in (*given, *given)] == [
        builder._built("messages.get", each).url for each in (*given, *given)
    ]


LARGE = b"0123456789abcdef" * 40_000


def answer(raw: bytes, *, raw_first: bool) -> str:
    text = base64.urlsafe_b64encode(raw).decode()
    rest = {"id": "1", "snippet": 'a "raw": "b', "labelIds": ["INBOX"]}
    return json.dumps({"raw": text, **rest} if raw_first else {**rest, "raw": text})


@pytest.mark.parametrize("in_memory", [1000, 1 << 20], ids=["to disk", "in memory"])
@pytest.mark.parametrize("raw_first", [True, False])
def test_a_long_field_comes_decoded_wherever_it_stands(
    wire: Wire, net: responses.RequestsMock, in_memory: int, raw_first: bool
) -> None:
    net.get(f"{USER}/messages/1", body=answer(LARGE, raw_first=raw_first))
    message, content = wire.content(
        "messages.get", Message, key="raw", in_memory=in_memory, id="1", format="raw"
    )
    with content:
        assert (message.id, message.raw, message.snippet) == ("1", "", 'a "raw": "b')
        assert content.size == len(LARGE)
        assert content.bytes == content.bytes == b"".join(content.pieces()) == LARGE
        assert content.part(10, 6) == LARGE[10:16]


@pytest.mark.parametrize(
    "body",
    [
        "",
        "[]",
        '{"raw":"QUJD',
        '{"raw":"QUJD"',
        '{"raw":"QUJ*"}',
        '{"raw":"QQ==QUJD"}',
        '{"raw":"QUJDR"}',
        '{"raw":"QUJD","raw":"QUJD"}',
        '{"raw":"QU\\"JD"}',
        "<html>",
    ],
)
def test_an_answer_that_is_not_whole_is_a_server_fault(
    wire: Wire, net: responses.RequestsMock, body: str
) -> None:
    net.get(f"{USER}/messages/1", body=body)
    with pytest.raises(ServerFault):
        wire.content("messages.get", Message, key="raw", in_memory=9, id="1", format="raw")


def test_an_answer_that_breaks_off_is_asked_for_again(
    wire: Wire, net: responses.RequestsMock, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken, real = [True], http_module.extract

    def extract(*args: Any) -> Any:
        if broken.pop() if broken else False:
            raise ProtocolError("IncompleteRead")
        return real(*args)

    monkeypatch.setattr(http_module, "extract", extract)
    net.get(f"{USER}/messages/1", body=answer(LARGE, raw_first=True))
    _, content = wire.content("messages.get", Message, key="raw", in_memory=9, id="1")
    with content:
        assert content.bytes == LARGE
    assert len(net.calls) == 2


def test_a_break_while_reading_may_have_had_its_effect(
    session: requests.Session, net: responses.RequestsMock
) -> None:
    net.get(f"{USER}/labels/1", body=requests.exceptions.ChunkedEncodingError("cut"))
    with pytest.raises(Unreachable) as caught:
        Http(session).send(request())
    assert caught.value.sent == "maybe"


@pytest.fixture
def dripping() -> Iterator[tuple[Sandbox, FakeClock]]:
    """A Gmail whose time passes with each few bytes that it sends."""
    clock = FakeClock(time.time())
    with Sandbox(sample=False, clock=clock) as running:
        running.faults.next("drip", drip=16)
        yield running, clock


def of_sandbox(sandbox: Sandbox, name: str, **params: object) -> Request:
    token = sandbox.issue_token("me@example.com", ["gmail.modify"])
    built = Builder(sandbox.url).build(name, params)
    return built.with_headers(authorization=f"Bearer {token}")


@pytest.mark.parametrize("large", [False, True], ids=["held", "decoded as it comes"])
def test_an_answer_that_drips_does_not_outlast_the_deadline(
    dripping: tuple[Sandbox, FakeClock], session: requests.Session, large: bool
) -> None:
    sandbox, clock = dripping
    id = sandbox.mail.put("me@example.com", b"Subject: x\r\n\r\n" + b"word " * 2_000)
    asked = of_sandbox(sandbox, "messages.get", id=id, format="raw")
    asked = replace(asked, large=Large("raw", 1 << 20) if large else None)
    asked = replace(asked, give_up=clock.monotonic() + 5)
    with pytest.raises(Unreachable, match=r"messages\.get in full at the deadline") as caught:
        Http(session, clock=clock).send(asked)
    assert caught.value.sent == "maybe"
    assert "GMAILKIT_DEADLINE" in caught.value.hint


@pytest.mark.parametrize("coding", ["identity", "gzip"])
def test_what_comes_before_the_deadline_is_whole_and_the_connection_kept(
    dripping: tuple[Sandbox, FakeClock], session: requests.Session, coding: str
) -> None:
    sandbox, clock = dripping
    http = Http(session, clock=clock)
    asked = of_sandbox(sandbox, "labels.list").with_headers(**{"accept-encoding": coding})
    late = http.send(replace(asked, give_up=clock.monotonic() + 1e6))
    begun = clock.time
    soon = http.send(replace(asked, give_up=clock.monotonic() + 1e6))
    assert clock.time == begun
    assert late.body == soon.body == http.send(asked).body
    assert late.headers.get("content-encoding", "identity") == coding
    pools = session.get_adapter(sandbox.url).poolmanager.pools  # type: ignore[attr-defined]
    (key,) = pools.keys()
    assert pools[key].num_connections == 1


def test_the_wait_for_the_next_bytes_ends_with_the_deadline(
    server: Any, session: requests.Session
) -> None:
    """The server takes its time for the head, sends half of what it promised, then nothing."""
    clock, given_up, waited = FakeClock(), threading.Event(), threading.Event()

    class Half(Echo):
        def do_GET(self) -> None:
            clock.time += 999.9
            self.send_response(200)
            self.send_header("Content-Length", "100")
            self.end_headers()
            self.wfile.write(b"half")
            self.wfile.flush()
            if not given_up.wait(3):
                waited.set()
            self.close_connection = True

    server.RequestHandlerClass = Half
    asked = replace(request(url(server)), give_up=clock.monotonic() + 1000)
    with pytest.raises(Unreachable) as caught:
        Http(session, clock=clock).send(asked)
    given_up.set()
    assert not waited.is_set()
    assert caught.value.sent == "maybe"


def test_a_label_is_asked_for_compressed_and_read(wire: Wire, net: responses.RequestsMock) -> None:
    net.get(
        f"{USER}/labels/1",
        body=gzip.compress(b'{"id":"1"}'),
        headers={"Content-Encoding": "gzip"},
    )
    assert wire.call("labels.get", Label, id="1").id == "1"


def test_a_server_of_this_machine_that_is_down_is_asked_after(session: requests.Session) -> None:
    with pytest.raises(Unreachable, match=r"127\.0\.0\.1:9 cannot be reached") as caught:
        Http(session).send(request("http://127.0.0.1:9"))
    assert (
        caught.value.hint == "Is the server running there? If it is the sandbox: gmailkit sandbox"
    )
