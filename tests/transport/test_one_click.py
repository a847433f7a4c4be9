"""One click: what is asked of a list's server, and where nobody is led to."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from threading import Event, Thread

import pytest

from gmailkit.errors import Refused, Unreachable
from gmailkit.model.outside import Outside
from gmailkit.sandbox.authority import Authority
from gmailkit.transport.internet import is_public
from gmailkit.transport.one_click import one_click, read_url
from list_room import Act, ListHost, answering, hanging_up, list_host

URL = "https://list.example/off?u=1%2F2&x=ä#top"


@pytest.fixture
def host() -> Iterator[ListHost]:
    with list_host() as running:
        yield running


def test_the_request_is_that_of_the_rfc_and_says_nothing_else(host: ListHost) -> None:
    assert one_click(URL, host.outside()) == 200
    head, _, body = host.requests[0].partition(b"\r\n\r\n")
    first, *fields = head.decode().split("\r\n")
    assert first == "POST /off?u=1%2F2&x=%C3%A4 HTTP/1.1"
    assert sorted(fields) == [
        "Accept-Encoding: identity",
        "Connection: close",
        "Content-Length: 26",
        "Content-Type: application/x-www-form-urlencoded",
        "Host: list.example",
        "User-Agent: gmailkit",
    ]
    assert body == b"List-Unsubscribe=One-Click"


@pytest.mark.parametrize(
    "url",
    [
        *("http://list.example/x", "ftp://list.example/x", "//list.example/x", "https:///x"),
        *("https://user@list.example/x", "https://good.example:pw@evil.example/x"),
        *("https://list.example\\@evil.example/", "https://list.example:8443/x"),
        *("https://list.example:22/", "https://list.example:99999/", "https://list.example:x/"),
        *("https://[::1]/", "https://[::ffff:127.0.0.1]/", "https://[fe80::1%25eth0]/"),
        *("https://127.0.0.1/", "https://2130706433/", "https://0177.0.0.1/", "https://0x7f.1/"),
        *("https://0x7f000001/", "https://127.1/", "https://1.2.3.0x4/", "https://93.184.216.34/"),
        *("https://localhost/", "https://list/", "https://li%73t.example/", "https://-a.example/"),
        *(
            "https://a..example/",
            "https://.example/",
            "https://" + "a" * 50 + ".b" * 102 + "/",
            "https://" + "a" * 64 + ".example/",
        ),
        *("https://１２７.0.0.1/", "https://①②⑦.⓪.⓪.①/", "https://\u202ea.example/"),
        "https://list.example/" + "x" * 9_000,
        "https://[list.example/",
    ],
)
def test_an_address_that_is_none_of_a_named_host_on_the_web_is_refused(
    url: str, host: ListHost
) -> None:
    with pytest.raises(Refused, match="nothing was sent"):
        one_click(url, host.outside())
    assert (host.names, host.knocks) == ([], 0)


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://LIST.example.:443/x", "list.example"),
        ("https://bücher.example/", "xn--bcher-kva.example"),
        # Python's own codec makes that strasse.example, which is somebody else's.
        ("https://straße.example/", "xn--strae-oqa.example"),
        ("https://list。example/", "list.example"),
    ],
)
def test_a_name_goes_out_as_dns_has_it(url: str, name: str) -> None:
    assert read_url(url).host == name


@pytest.mark.parametrize(
    "address",
    [
        *("10.1.2.3", "172.16.0.1", "192.168.1.1", "127.0.0.1", "127.9.9.9", "0.0.0.0"),
        *("169.254.169.254", "100.64.0.1", "100.127.255.254", "192.0.0.8", "192.0.2.1"),
        *("198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1", "240.0.0.1", "192.88.99.1"),
        *("255.255.255.255", "::", "::1", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:8.8.8.8"),
        *("64:ff9b::7f00:1", "64:ff9b::808:808", "64:ff9b:1::1", "2002:7f00:1::", "2001::1"),
        *("fe80::1", "fe80::1%eth0", "fc00::1", "fd12::1", "fec0::1", "ff02::1", "2001:db8::1"),
        *("100::1", "3fff::1", "5f00::1", "not an address", "127.1", ""),
    ],
)
def test_an_address_that_is_not_on_the_internet_is_not_gone_to(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "93.184.216.34", "2606:4700::1111", "2a00::1"])
def test_an_address_on_the_internet_is(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("address", ["10.0.0.7", "::1", "169.254.169.254", "64:ff9b::a00:1"])
def test_one_private_address_of_a_name_is_enough_to_stay_away(host: ListHost, address: str) -> None:
    with pytest.raises(Refused, match=f"leads to {address}"):
        one_click(URL, host.outside(address))
    assert (host.names, host.knocks) == (["list.example"], 0)


def test_a_name_is_looked_up_once_and_what_was_found_is_where_it_goes(host: ListHost) -> None:
    """A second look could find another address, behind the one that was looked at."""
    real = host.outside()
    answers = iter([[host.place], [("10.0.0.7", 443)]])
    turning = Outside(
        resolve=lambda name, port: next(answers), is_open=real.is_open, trust=real.trust
    )
    assert one_click(URL, turning) == 200
    assert next(answers) == [("10.0.0.7", 443)], "nobody asked twice"


@pytest.mark.parametrize("found", [[], OSError("no such name"), UnicodeError("label too long")])
def test_a_name_that_is_nowhere_is_told(host: ListHost, found: object) -> None:
    def resolve(name: str, port: int) -> list[tuple[str, int]]:
        if isinstance(found, Exception):
            raise found
        return []

    real = host.outside()
    with pytest.raises(Unreachable, match="cannot be reached") as nowhere:
        one_click(URL, Outside(resolve=resolve, is_open=real.is_open, trust=real.trust))
    assert nowhere.value.sent == "no"


@pytest.mark.parametrize("status", ["302 Found", "307 Temporary", "404 No", "429 Slow", "500 Oh"])
def test_whatever_it_answers_it_is_asked_once_and_nothing_is_followed(status: str) -> None:
    with list_host(answering(status, "Location: https://10.0.0.7/\r\n")) as host:
        assert one_click(URL, host.outside()) == int(status[:3])
        assert (len(host.requests), host.names) == (1, ["list.example"])


def test_the_environments_proxy_is_not_told(
    host: ListHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would resolve the name once more."""
    with list_host() as proxy:
        for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.place[1]}")
        assert one_click(URL, host.outside()) == 200
        assert proxy.knocks == 0


def test_of_ten_megabytes_the_beginning_is_read() -> None:
    sent = 0

    def act(connection: ssl.SSLSocket) -> None:
        nonlocal sent
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 10000000\r\n\r\n")
        for _ in range(100):
            connection.sendall(b"x" * 100_000)
            sent += 1

    with list_host(act) as host:
        assert one_click(URL, host.outside()) == 200
    assert sent < 100


def dripping(content: bytes) -> Act:
    """A byte now and then, and never the end."""

    def act(connection: ssl.SSLSocket) -> None:
        for byte in content:
            connection.sendall(bytes([byte]))
            time.sleep(0.02)
        while True:
            connection.sendall(b"x")
            time.sleep(0.02)

    return act


@pytest.mark.parametrize(
    "act",
    [
        hanging_up,
        dripping(b"HTTP/1.1 20"),
        lambda connection: connection.sendall(b"what is HTTP?\r\n\r\n"),
        lambda connection: connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n" * 9),
        lambda connection: connection.sendall(b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 9_999),
    ],
    ids=["drops", "drips", "talks nonsense", "goes on and on", "says too much"],
)
def test_of_a_server_that_does_not_answer_nobody_can_tell(act: Act) -> None:
    with list_host(act) as host:
        with pytest.raises(Unreachable, match="may have taken the request") as lost:
            one_click(URL, host.outside(), patience=1)
        assert (lost.value.sent, len(host.requests)) == ("maybe", 1)


def test_an_answer_counts_however_slowly_its_text_comes() -> None:
    with list_host(dripping(b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n")) as host:
        assert one_click(URL, host.outside(), patience=2) == 200


@pytest.mark.parametrize("say", [b"", b"220 mail.example ESMTP\r\n"], ids=["silent", "plain"])
def test_before_tls_stands_nothing_was_sent(say: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, list_host() as host:

        def serve() -> None:
            connection, _ = server.accept()
            with connection, suppress(OSError):
                connection.sendall(say)
                while connection.recv(4096):
                    pass

        Thread(target=serve, daemon=True).start()
        real = host.outside()
        place = ("127.0.0.1", server.getsockname()[1])
        elsewhere = Outside(resolve=lambda *_: [place], is_open=real.is_open, trust=real.trust)
        with pytest.raises(Unreachable, match="nothing was sent") as no_tls:
            one_click(URL, elsewhere, patience=1)
        assert no_tls.value.sent == "no"


@pytest.mark.parametrize("wrong", ["authority", "name"])
def test_a_server_that_cannot_prove_who_it_is_gets_nothing(wrong: str) -> None:
    authority = Authority()
    if wrong == "name":
        authority.context = lambda name: Authority.context(authority, "evil.example")  # type: ignore[method-assign]
    host = ListHost(authority=authority)
    try:
        trusted = Authority() if wrong == "authority" else authority
        with pytest.raises(Unreachable, match="cannot be trusted; nothing was sent"):
            one_click(URL, host.outside(trusted=trusted))
        assert host.requests in ([], [b""])
    finally:
        host.close()


def test_to_look_up_and_to_connect_are_part_of_the_time_that_it_gets(host: ListHost) -> None:
    """Both before anything is sent; each would answer in the end."""
    real, hold = host.outside(), Event()

    def slow(name: str, port: int) -> list[tuple[str, int]]:
        hold.wait(5)
        return [host.place]

    with full_server() as silent:
        for resolve in (slow, lambda *_: [silent, silent, silent, host.place]):
            late = Outside(resolve=resolve, is_open=real.is_open, trust=real.trust)
            with pytest.raises(Unreachable, match="nothing was sent") as over:
                one_click(URL, late, patience=0.5)
            assert over.value.sent == "no"
    hold.set()
    assert host.knocks == 0


@contextmanager
def full_server() -> Iterator[tuple[str, int]]:
    """A place where whoever comes waits: its queue is full, and nobody opens."""
    with ExitStack() as stack:
        server = stack.enter_context(socket.socket())
        server.bind(("127.0.0.1", 0))
        server.listen(0)
        for _ in range(4):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(server.getsockname())
        yield server.getsockname()


def test_a_second_address_is_tried_where_the_first_does_not_answer(
    host: ListHost, make_free_port: Callable[[], int]
) -> None:
    real = host.outside()
    places = [("127.0.0.1", make_free_port()), host.place]
    assert (
        one_click(URL, Outside(resolve=lambda *_: places, is_open=real.is_open, trust=real.trust))
        == 200
    )


@pytest.fixture
def make_free_port() -> Callable[[], int]:
    def make() -> int:
        with socket.create_server(("127.0.0.1", 0)) as server:
            return int(server.getsockname()[1])

    return make
