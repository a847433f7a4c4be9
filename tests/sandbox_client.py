"""A desktop app without any library, which signs in to the sandbox."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests

from gmailkit.sandbox import Sandbox
from sandbox_caller import ME

AUTH = "https://www.googleapis.com/auth/"
MODIFY = f"{AUTH}gmail.modify"
SEND = f"{AUTH}gmail.send"
LABELS = f"{AUTH}gmail.labels"
EMAIL = f"{AUTH}userinfo.email"
REDIRECT = "http://127.0.0.1:54321/some/path"
VERIFIER = "v" * 43
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode()[:-1]


class Client:
    """What it was downloaded with, and one connection."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.file: Mapping[str, Any] = sandbox.client_file()["installed"]  # type: ignore[assignment]
        self.session = requests.Session()

    def question(self, **changes: str | None) -> dict[str, str]:
        asked: dict[str, str | None] = {
            "client_id": self.file["client_id"],
            "redirect_uri": REDIRECT,
            "response_type": "code",
            "scope": MODIFY,
            "state": "a state &=",
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
            "access_type": "offline",
            "prompt": "consent",
            **changes,
        }
        return {name: value for name, value in asked.items() if value is not None}

    def authorize(self, **changes: str | None) -> requests.Response:
        return self.session.get(
            self.file["auth_uri"],
            params=self.question(**changes),
            allow_redirects=False,
            timeout=30,
        )

    def press(self, button: str, user: str, *ticked: str, **changes: str | None) -> dict[str, str]:
        """Fill in the page as a browser does and give the parameters of the redirect."""
        page = self.authorize(**changes)
        assert page.status_code == 200, page.text
        form = dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', page.text))
        form = {unescape(name): unescape(value) for name, value in form.items()}
        form |= {f"s.{scope}": "on" for scope in ticked} | {"user": user, "answer": button}
        address = f"{self.sandbox.url}/o/oauth2/v2/auth"
        return answer(self.session.post(address, data=form, allow_redirects=False, timeout=30))

    def token(self, **form: str | None) -> requests.Response:
        said: dict[str, str | None] = {
            "client_id": self.file["client_id"],
            "client_secret": self.file["client_secret"],
            **form,
        }
        return self.session.post(self.file["token_uri"], data=said, timeout=30)

    def exchange(self, code: str, /, **changes: str | None) -> requests.Response:
        form: dict[str, str | None] = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": REDIRECT,
            "code_verifier": VERIFIER,
        }
        return self.token(**{**form, **changes})

    def refresh(self, token: str, **more: str) -> requests.Response:
        return self.token(grant_type="refresh_token", refresh_token=token, **more)

    def tokens(self, user: str = ME, **changes: str | None) -> dict[str, Any]:
        """A whole sign-in, with everything ticked."""
        scopes = str(changes.get("scope") or MODIFY).split()
        back = self.press("allow", user, *scopes, **changes)
        said: dict[str, Any] = self.exchange(back["code"]).json()
        return said

    def info(self, access_token: str) -> requests.Response:
        return self.session.get(
            self.file["tokeninfo_uri"], params={"access_token": access_token}, timeout=30
        )

    def profile(self, access_token: str) -> int:
        return self.session.get(
            f"{self.sandbox.url}/gmail/v1/users/me/profile",
            headers={"Authorization": f"Bearer {access_token}"},
            timeout=30,
        ).status_code


def answer(response: requests.Response) -> dict[str, str]:
    """The query of a redirect to the client's listener."""
    assert response.status_code == 302, response.text
    location = response.headers["Location"]
    assert location.startswith(REDIRECT + "?")
    return {name: value for name, [value] in parse_qs(urlsplit(location).query).items()}


def failed(response: requests.Response) -> tuple[int, str]:
    assert response.json()["error_description"]
    return response.status_code, response.json()["error"]
