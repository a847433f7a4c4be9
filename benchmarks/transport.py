"""CPU time and memory of 1,000 raw reads: gmailkit, Google's own client, and bare sockets.

    python benchmarks/transport.py [READS]

One run, one server at 60 ms latency, a child process for each client, in turns; compare the ratios,
for the machine may be busy. The floor is `http.client` in threads with gmailkit's own
decoder: what is above it is what a session, retries, quota and typed answers cost. Exits with 1
when a target is missed.
"""

from __future__ import annotations

import base64
import json
import random
import resource
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

Measured = tuple[float, float, float]
ROUNDS = 3  # of all clients in turn; the best counts, since whatever disturbs only adds
LATENCY = 0.06
IN_FLIGHT = 16
BATCH = 50
SIZES = [
    2_000,
    8_000,
    8_000,
    20_000,
    60_000,
    448_000,
]  # mean 91 KB, most of it in a few, as in mail
LARGE = 10_000_000
LARGE_EVERY = 40  # where there are large ones at all
PATH = "/gmail/v1/users/me/messages/"


def main() -> int:
    reads = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    counts = {
        "floor": reads,
        "gmailkit": reads,
        "google sequential": max(50, reads // 10),
        "google, resource kept": max(50, reads // 10),
        "google batches": reads // 2,
    }
    found: dict[str, list[Measured]] = {name: [] for name in counts}
    with serving() as url:
        for _ in range(ROUNDS):
            for name, count in counts.items():
                found[name].append(measured(name, url, count))
        found["gmailkit with 10 MB"] = [measured("gmailkit with 10 MB", url, reads)]
    best = {name: tuple(map(min, zip(*rounds, strict=True))) for name, rounds in found.items()}
    print(f"{'':22}{'CPU s':>8}{'wall s':>8}{'peak MB':>9}   per 1,000 reads, best of {ROUNDS}")
    for name, (cpu, wall, peak) in best.items():
        print(f"{name:22}{cpu:8.2f}{wall:8.1f}{peak:9.0f}")
    return judge(best)


def judge(found: dict[str, Any]) -> int:
    official = min(found["google sequential"][0], found["google batches"][0])
    kept = found["google, resource kept"][0] / found["gmailkit"][0]
    print(f"CPU of the official client with its resource kept: {kept:.2f} (no target)")
    targets = [
        ("CPU of the official client's better way", official / found["gmailkit"][0], ">=", 2.5),
        ("CPU of the floor", found["gmailkit"][0] / found["floor"][0], "<=", 2.0),
        ("peak MB with 10 MB messages", found["gmailkit with 10 MB"][2], "<", 150.0),
    ]
    missed = 0
    for name, value, sign, target in targets:
        good = value >= target if sign == ">=" else value <= target
        missed += not good
        print(f"{name}: {value:.2f}, target {sign} {target}: {'ok' if good else 'MISSED'}")
    return 1 if missed else 0


def measured(name: str, url: str, reads: int) -> Measured:
    """CPU and wall seconds, scaled to 1,000 reads, and peak memory in MB."""
    command = [sys.executable, __file__, "client", name, url, str(reads)]
    said = json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True).stdout)
    return said["cpu"] * 1000 / reads, said["wall"] * 1000 / reads, said["peak"] / 1024


def client(name: str, url: str, reads: int) -> None:
    """In the child: imports and the first reads are not counted, their memory is."""
    read = CLIENTS[name](url)
    large = name.endswith("10 MB")
    ids = [
        f"{number + (large and number % LARGE_EVERY == 7) * 2**40:016x}" for number in range(reads)
    ]
    assert sum(read(ids[:2])) > 0
    cpu, begun = time.process_time(), time.perf_counter()
    sizes = list(read(ids))
    wall = time.perf_counter() - begun
    assert len(sizes) == reads
    assert all(size >= min(SIZES) for size in sizes)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(json.dumps({"cpu": time.process_time() - cpu, "wall": wall, "peak": peak}))


Read = Callable[[list[str]], Iterator[int]]


def gmailkit(url: str) -> Read:
    from gmailkit import Gmail
    from gmailkit.client.fetch import fetch_raw
    from gmailkit.config import Settings
    from gmailkit.paths import Home
    from gmailkit.secret import Secret

    home = Home.at(Path(tempfile.mkdtemp()))
    token = Secret("a-token-for-a-benchmark")
    settings = Settings(home=home, access_token=token, endpoint=url, units_per_minute=None)
    messages = Gmail(settings=settings).messages

    def read(ids: list[str]) -> Iterator[int]:
        for _, result in fetch_raw(messages, ids, in_flight=IN_FLIGHT):
            _, content = result.result()
            with content:
                yield len(content.bytes) if content.size < LARGE else content.size

    return read


def floor(url: str) -> Read:
    import http.client

    import msgspec

    from gmailkit.model.message import Message
    from gmailkit.model.shape import read
    from gmailkit.wire.extract import extract
    from gmailkit.wire.http import PIECE
    from gmailkit.wire.request import Large

    host = url.removeprefix("http://")
    local = threading.local()
    decoder = msgspec.json.Decoder(Message, strict=False, dec_hook=read)

    def one(id: str) -> int:
        if not hasattr(local, "connection"):
            local.connection = http.client.HTTPConnection(host)
        local.connection.request("GET", f"{PATH}{id}?format=raw&alt=json")
        answer = local.connection.getresponse()
        rest, content = extract(Large("raw", 8 << 20), iter(lambda: answer.read(PIECE), b""))
        decoder.decode(rest)
        return len(content.bytes)

    pool = ThreadPoolExecutor(IN_FLIGHT)
    return lambda ids: pool.map(one, ids)


def google(url: str) -> Any:
    from google.oauth2.credentials import Credentials
    from googleapiclient.discovery import build_from_document
    from googleapiclient.discovery_cache import get_static_doc

    document = json.loads(get_static_doc("gmail", "v1"))
    document.update(rootUrl=f"{url}/", baseUrl=f"{url}/")
    token: Any = Credentials  # untyped
    return build_from_document(document, credentials=token("a-token-for-a-benchmark"))


def google_sequential(url: str) -> Read:
    """As in Google's guides."""
    service = google(url)

    def read(ids: list[str]) -> Iterator[int]:
        for id in ids:
            request = service.users().messages().get(userId="me", id=id, format="raw")
            yield len(base64.urlsafe_b64decode(request.execute()["raw"]))

    return read


def google_kept(url: str) -> Read:
    """The same by somebody who knows that `users().messages()` is built anew each time."""
    messages = google(url).users().messages()

    def read(ids: list[str]) -> Iterator[int]:
        for id in ids:
            answer = messages.get(userId="me", id=id, format="raw").execute()
            yield len(base64.urlsafe_b64decode(answer["raw"]))

    return read


def google_batches(url: str) -> Read:
    service = google(url)

    def read(ids: list[str]) -> Iterator[int]:
        for start in range(0, len(ids), BATCH):
            sizes: list[int] = []

            def take(
                _: str, answer: dict[str, str], error: object, sizes: list[int] = sizes
            ) -> None:
                sizes.append(len(base64.urlsafe_b64decode(answer["raw"])))

            batch = service.new_batch_http_request(callback=take)
            for id in ids[start : start + BATCH]:
                batch.add(service.users().messages().get(userId="me", id=id, format="raw"))
            batch.execute()
            yield from sizes

    return read


CLIENTS: dict[str, Callable[[str], Read]] = {
    "floor": floor,
    "gmailkit": gmailkit,
    "gmailkit with 10 MB": gmailkit,
    "google sequential": google_sequential,
    "google, resource kept": google_kept,
    "google batches": google_batches,
}


class Service:
    """messages.get?format=raw and /batch over plain sockets: as little of a server as will do."""

    def __init__(self) -> None:
        chance = random.Random(1)
        sizes = [*SIZES, LARGE]
        self._raws = {size: base64.urlsafe_b64encode(chance.randbytes(size)) for size in sizes}

    def serve(self) -> None:
        with socket.create_server(("127.0.0.1", 0), backlog=100) as listener:
            print(listener.getsockname()[1], flush=True)
            while True:
                connection, _ = listener.accept()
                threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _talk(self, connection: socket.socket) -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with connection, connection.makefile("rb") as incoming:
            while line := incoming.readline():
                length = 0
                while header := incoming.readline().strip():
                    name, _, value = header.partition(b":")
                    length = int(value) if name.lower() == b"content-length" else length
                body = incoming.read(length)
                time.sleep(LATENCY)
                connection.sendall(self._batch(body) if b"/batch" in line else self._one(line))

    def _one(self, line: bytes) -> bytes:
        id = line.split()[1].partition(b"?")[0].rpartition(b"/")[2]
        if id == b"tokeninfo":  # whatever the token is worth, it is not told
            return _reply(b"application/json", b"{}")
        number = int(id, 16)
        raw = self._raws[LARGE if number >= 2**40 else SIZES[number % len(SIZES)]]
        return _reply(
            b"application/json; charset=UTF-8",
            b'{"id":"%b","threadId":"%b","labelIds":["INBOX"],"snippet":"Hello",'
            b'"historyId":"7","internalDate":"1790000000000","sizeEstimate":%d,"raw":"%b"}'
            % (id, id, len(raw), raw),
        )

    def _batch(self, body: bytes) -> bytes:
        parts = []
        for part in body.split(b"\n--")[:-1]:
            lines = part.replace(b"\r", b"").split(b"\n")
            name = next(line for line in lines if line.startswith(b"Content-ID: <"))
            line = next(line for line in lines if line.startswith(b"GET "))
            head = b"--b\r\nContent-Type: application/http\r\nContent-ID: <response-%b\r\n\r\n"
            parts.append(head % name.partition(b"<")[2] + self._one(line) + b"\r\n")
        return _reply(b'multipart/mixed; boundary="b"', b"".join(parts) + b"--b--\r\n")


def _reply(kind: bytes, body: bytes) -> bytes:
    return (
        b"HTTP/1.1 200 OK\r\nContent-Type: %b\r\nVary: Origin\r\nVary: X-Origin\r\n"
        b"Server: ESF\r\nX-XSS-Protection: 0\r\nX-Frame-Options: SAMEORIGIN\r\n"
        b"Content-Length: %d\r\n\r\n%b" % (kind, len(body), body)
    )


@contextmanager
def serving() -> Iterator[str]:
    command = [sys.executable, __file__, "serve"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            yield f"http://127.0.0.1:{int(server.stdout.readline())}"
        finally:
            server.terminate()


if __name__ == "__main__":
    if sys.argv[1:2] == ["serve"]:
        Service().serve()
    elif sys.argv[1:2] == ["client"]:
        client(sys.argv[2], sys.argv[3], int(sys.argv[4]))
    else:
        sys.exit(main())
