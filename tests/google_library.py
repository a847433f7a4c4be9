"""Google's own unmodified client library, rooted at a sandbox: the referee of the wire form."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from answers import wrong_answer
from discovery import google
from gmailkit.sandbox import Sandbox
from sandbox_caller import ME


def status_of(call: Any) -> tuple[int, str]:
    from googleapiclient.errors import HttpError

    with pytest.raises(HttpError) as caught:
        call.execute()
    return caught.value.resp.status, caught.value.reason


def service(url: str, token: str) -> Any:
    """To be closed by who asked for it."""
    from google.oauth2.credentials import Credentials
    from googleapiclient.discovery import build_from_document

    document = google() | {"rootUrl": f"{url}/", "baseUrl": f"{url}/"}
    return build_from_document(document, credentials=Credentials(token=token))


class Driver:
    """Calls of methods by their names in the discovery document; each answer is held against it."""

    def __init__(
        self, sandbox: Sandbox, *scopes: str, address: str = ME, delegated: bool = False
    ) -> None:
        self.driven: set[str] = set()
        self._open = lambda: service(
            sandbox.url, sandbox.issue_token(address, scopes, delegated=delegated)
        )
        self._service = self._open()

    def request(self, name: str, **arguments: Any) -> Any:
        *resources, method = name.split(".")
        at = self._service.users()
        for resource in resources:
            at = getattr(at, resource)()
        # The library's name of the one method that is a word of Python.
        return getattr(at, "import_" if method == "import" else method)(userId="me", **arguments)

    def __call__(self, name: str, **arguments: Any) -> Any:
        return self.take(name, self.request(name, **arguments).execute())

    def take(self, name: str, said: Any) -> Any:
        """An answer that came another way, as out of a batch."""
        assert wrong_answer(name, None if said == "" else said) == []
        self.driven.add(name)
        return said

    def refusal(self, name: str, **arguments: Any) -> tuple[int, str]:
        """Status and message; a refused call does not count as driven."""
        return status_of(self.request(name, **arguments))

    def pages(self, name: str, key: str, **arguments: Any) -> Sequence[Any]:
        """All items of a list, page after page, as the library walks them."""
        found: list[Any] = []
        while True:
            page = self(name, **arguments)
            found += page.get(key, [])
            if "nextPageToken" not in page:
                return found
            arguments["pageToken"] = page["nextPageToken"]

    def renew(self) -> None:
        """A new token, when time has passed."""
        self.close()
        self._service = self._open()

    def close(self) -> None:
        self._service.close()
