"""Ways to talk to the sandbox in `sandbox`, none of which is gmailkit's client."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from answers import wrong_answer
from fakes import FakeClock
from gmailkit.sandbox import Sandbox
from gmailkit.sandbox.api import Api, Found
from gmailkit.sandbox.exchange import Reply, Request
from google_library import service
from sandbox_caller import ME, Caller
from sandbox_client import Client


@pytest.fixture(autouse=True)
def every_answer_fits(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What a sandbox of this process answers has the fields and types of Google's document."""
    wrong: list[str] = []
    answer = Api.answer

    def checked(api: Api, found: Found, request: Request) -> Reply:
        reply = answer(api, found, request)
        if reply.status == 204 or (reply.status == 200 and reply.body):
            wrong.extend(wrong_answer(found.route.name, json.loads(reply.body or b"null")))
        return reply

    monkeypatch.setattr(Api, "answer", checked)
    yield
    assert not wrong


@pytest.fixture
def calls(sandbox: Sandbox) -> Iterator[Callable[..., Caller]]:
    """Callers of the API: choose address and scopes."""
    made: list[Caller] = []

    def make(address: str = ME, *scopes: str) -> Caller:
        token = sandbox.issue_token(address, scopes or ("gmail.modify",))
        made.append(Caller(sandbox.url, token))
        return made[-1]

    yield make
    for caller in made:
        caller.close()


@pytest.fixture
def me(calls: Callable[..., Caller]) -> Caller:
    """me@example.com with gmail.modify."""
    return calls()


@pytest.fixture
def owner(calls: Callable[..., Caller]) -> Caller:
    """me@example.com, who may change settings and mail."""
    return calls(ME, "gmail.settings.basic", "gmail.settings.sharing", "gmail.modify")


@pytest.fixture
def admin(sandbox: Sandbox) -> Iterator[Caller]:
    """A service account that acts for me@example.com by domain-wide delegation."""
    scopes = ("gmail.settings.basic", "gmail.settings.sharing", "gmail.modify")
    caller = Caller(sandbox.url, sandbox.issue_token(ME, scopes, delegated=True))
    yield caller
    caller.close()


@pytest.fixture
def ann(calls: Callable[..., Caller]) -> Caller:
    return calls("ann@example.com")


@pytest.fixture
def imap(sandbox: Sandbox) -> Iterator[Callable[..., Any]]:
    """Sessions of imapclient, signed in with an app password; a folder is selected if named."""
    from imapclient import IMAPClient

    made: list[IMAPClient] = []

    def make(folder: str = "", address: str = ME) -> IMAPClient:
        client = IMAPClient("localhost", sandbox.imap_port, ssl_context=sandbox.trust())
        made.append(client)
        client.login(address, sandbox.app_password(address))
        if folder:
            client.select_folder(folder)
        return client

    yield make
    for client in made:
        with contextlib.suppress(OSError):  # it may have ended already
            client.shutdown()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def timed(clock: FakeClock) -> Iterator[Sandbox]:
    """A running sandbox whose time is `clock`."""
    with Sandbox(sample=False, clock=clock) as running:
        yield running


@pytest.fixture
def clients() -> Iterator[Callable[[Sandbox], Client]]:
    made: list[Client] = []

    def make(sandbox: Sandbox) -> Client:
        made.append(Client(sandbox))
        return made[-1]

    yield make
    for client in made:
        client.session.close()


@pytest.fixture
def client(sandbox: Sandbox, clients: Callable[[Sandbox], Client]) -> Client:
    return clients(sandbox)


@pytest.fixture
def service_of(sandbox: Sandbox) -> Iterator[Callable[..., Any]]:
    """The service of Google's library with its batches, for an address and scopes."""
    made: list[Any] = []

    def make(address: str = ME, *scopes: str) -> Any:
        token = sandbox.issue_token(address, scopes or ("https://mail.google.com/",))
        made.append(service(sandbox.url, token))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture
def users_of(service_of: Callable[..., Any]) -> Callable[..., Any]:
    """`users()` of that service."""
    return lambda *who: service_of(*who).users()


@pytest.fixture
def users(users_of: Callable[..., Any]) -> Any:
    """me@example.com with every right."""
    return users_of()
