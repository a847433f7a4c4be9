"""A store that speaks S3 on loopback, and what goes wrong with one."""

from __future__ import annotations

import os
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

KEYS = {"AWS_ACCESS_KEY_ID": "AKIAKEYOFATEST", "AWS_SECRET_ACCESS_KEY": "secretofatest"}


@contextmanager
def s3_server() -> Iterator[str]:
    """The address of moto's, an S3 in memory."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        yield "http://{}:{}".format(*server.get_host_and_port())
    finally:
        server.stop()


def make_bucket(server: str, name: str) -> None:
    urllib.request.urlopen(urllib.request.Request(f"{server}/{name}", method="PUT")).close()


def reached_by(server: str) -> dict[str, str]:
    """The environment in which it is the S3."""
    return {**KEYS, "AWS_ENDPOINT_URL": server, "AWS_ALLOW_HTTP": "true", "AWS_REGION": "us-east-1"}


@contextmanager
def answering(status: int) -> Iterator[str]:
    """The address of a store that answers everything so, and repeats what must not be seen."""

    class Answer(BaseHTTPRequestHandler):
        def answer(self) -> None:
            body = f"<Error><Code>Trouble</Code>{self.headers.get('Authorization')}</Error>"
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body.encode())

        do_GET = do_PUT = do_DELETE = do_HEAD = answer

        def log_message(self, format: str, *args: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def environment_of(server: str, home: str) -> dict[str, str]:
    """That of a process on a machine whose home is there."""
    return {**os.environ, **reached_by(server), "GMAILKIT_HOME": home}
