"""A token server that says what a test tells it to: for answers no well-behaved server gives."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

Form = dict[str, str]
Reply = tuple[int, object]  # status, and a JSON object or text or the Location of a redirect

GOOD: Reply = (
    200,
    {
        "access_token": "ya29.stub-access-token-1",
        "refresh_token": "1//stub-refresh-token-1",
        "expires_in": 3599,
        "scope": "https://www.googleapis.com/auth/gmail.modify",
        "token_type": "Bearer",
    },
)


@dataclass
class OAuthStub:
    """`replies` maps a path to an answer or to a function of the form; `seen` is what was asked."""

    replies: dict[str, Reply | Callable[[Form], Reply]] = field(default_factory=dict)
    seen: list[tuple[str, Form, dict[str, str]]] = field(default_factory=list)
    url: str = ""

    def client_file(self) -> dict[str, dict[str, str]]:
        return {
            "installed": {
                "client_id": "stub-client",
                "client_secret": "GOCSPX-stub-secret",
                "auth_uri": f"{self.url}/o/oauth2/v2/auth",
                "token_uri": f"{self.url}/token",
            }
        }

    def answer(self, path: str, form: Form) -> Reply:
        reply = self.replies.get(path, (404, {"error": "not_found"}))
        return reply(form) if callable(reply) else reply


@contextmanager
def oauth_stub(**replies: Reply | Callable[[Form], Reply]) -> Iterator[OAuthStub]:
    """Running; the names of `replies` are paths without their slash."""
    stub = OAuthStub({f"/{name}": reply for name, reply in replies.items()})

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.do(urlsplit(self.path).query)

        def do_POST(self) -> None:
            self.do(self.rfile.read(int(self.headers["Content-Length"])).decode())

        def do(self, text: str) -> None:
            form = {name: values[0] for name, values in parse_qs(text).items()}
            path = urlsplit(self.path).path
            stub.seen.append((path, form, dict(self.headers)))
            status, body = stub.answer(path, form)
            content = body if isinstance(body, str) else json.dumps(body)
            self.send_response(status)
            if 300 <= status < 400:
                self.send_header("Location", content)
            self.send_header("Content-Length", str(len(content)))
            self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(content.encode())

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    stub.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield stub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
