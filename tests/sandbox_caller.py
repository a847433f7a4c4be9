"""A plain HTTP client for tests of the sandbox, on `requests` alone."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import quote

import requests

ME = "me@example.com"
ANN = "ann@example.com"
BOB = "bob@example.com"
CARLA = "carla@example.com"


def base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode()


def unbase64url(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def letter(
    *,
    to: str = ANN,
    subject: str = "Hello",
    sender: str = "",
    body: str = "A few words.",
    more: Iterable[tuple[str, str]] = (),
) -> bytes:
    """A small message with CRLF; `more` are further header fields."""
    fields = [("To", to), ("Subject", subject), *more]
    if sender:
        fields.insert(0, ("From", sender))
    head = "".join(f"{name}: {value}\r\n" for name, value in fields if value)
    return f"{head}\r\n{body}\r\n".encode()


class Caller:
    """Calls of one user; paths below /gmail/v1/users/me."""

    def __init__(self, url: str, token: str) -> None:
        self.url = url
        self.token = token
        self.session = requests.Session()
        self.session.headers["Authorization"] = f"Bearer {token}"

    def call(
        self, verb: str, path: str, *, user: str = "me", prefix: str = "", **more: Any
    ) -> requests.Response:
        encoded = path.replace("@", "%40")  # in names of settings
        address = f"{self.url}{prefix}/gmail/v1/users/{quote(user, safe='')}/{encoded}"
        return self.session.request(verb, address, timeout=60, **more)

    def get(self, path: str, **params: object) -> requests.Response:
        return self.call("GET", path, params=params)

    def post(self, path: str, body: object = None) -> requests.Response:
        return self.call("POST", path, json=body)

    def said(self, path: str, **params: object) -> Any:
        """The JSON of a GET that must succeed."""
        response = self.get(path, **params)
        assert response.status_code == 200, response.text
        return response.json()

    def listed(self, **params: object) -> list[str]:
        """All ids of messages.list, page after page."""
        found: list[str] = []
        while True:
            page = self.said("messages", **params)
            found += [message["id"] for message in page.get("messages", [])]
            if "nextPageToken" not in page:
                return found
            params["pageToken"] = page["nextPageToken"]

    def sent(self, raw: bytes, **more: str) -> Mapping[str, Any]:
        """The answer of a messages.send that must succeed."""
        response = self.post("messages/send", {"raw": base64url(raw), **more})
        assert response.status_code == 200, response.text
        answer: Mapping[str, Any] = response.json()
        return answer

    def raw(self, id: str) -> bytes:
        return unbase64url(self.said(f"messages/{id}", format="raw")["raw"])

    def labels(self, id: str) -> Sequence[str]:
        labels: Sequence[str] = self.said(f"messages/{id}", format="minimal").get("labelIds", [])
        return labels

    def close(self) -> None:
        self.session.close()


def refusal(response: requests.Response) -> tuple[int, str, str, str]:
    """Status, `errors[0].reason`, `status` and message of a Google error body."""
    error = response.json()["error"]
    assert error["code"] == response.status_code
    assert error["errors"][0]["domain"]
    return error["code"], error["errors"][0]["reason"], error["status"], error["message"]
