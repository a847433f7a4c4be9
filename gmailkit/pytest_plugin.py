"""For tests of programs that use Gmail: pytest fixtures over the sandbox (docs/testing.md).

Every pytest run on a machine with gmailkit loads this, so it imports nothing until it is used.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from gmailkit.gmail import Gmail
    from gmailkit.sandbox import Limits, Sandbox
    from gmailkit.transport.smtp.sink import Sink

ME = "me@example.com"
_NOBODY = "a-test-without-gmail_environment"  # error messages name the account

_MARKS = (
    "gmail_faults(*faults): troubles that gmail_sandbox makes, such as '503:messages.get:3'; the "
    "test fails if one of them does not happen as often as that.",
    "gmail_quota(**limits): what gmail_sandbox lets a user spend, as of gmailkit.sandbox.Limits.",
)


_ISOLATED = (
    "Keep every test from the real accounts of gmailkit, those too that ask for no fixture. Unset: "
    "in runs where some test uses gmail_sandbox."
)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addini("gmail_isolated", _ISOLATED, type="bool", default=None)


def pytest_configure(config: pytest.Config) -> None:
    for mark in _MARKS:
        config.addinivalue_line("markers", mark)
    if config.getini("gmail_isolated") is True:
        _isolate(config)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Other projects merely share a machine with gmailkit: their environment is left alone."""
    unset = not isinstance(session.config.getini("gmail_isolated"), bool)
    if unset and any("_gmail_server" in _fixtures(item) for item in session.items):
        _isolate(session.config)


def _fixtures(item: pytest.Item) -> list[str]:
    return getattr(item, "fixturenames", [])


def _isolate(config: pytest.Config) -> None:
    """Until the end of the run, for processes begun by it too, there is no account."""
    patch = pytest.MonkeyPatch()
    config.add_cleanup(patch.undo)
    home = tempfile.TemporaryDirectory(prefix="gmailkit-")
    config.add_cleanup(home.cleanup)
    _set_alone(patch, {"GMAILKIT_HOME": home.name, "GMAILKIT_ACCOUNT": _NOBODY})


def _set_alone(patch: pytest.MonkeyPatch, variables: dict[str, str]) -> None:
    for name in [name for name in os.environ if name.startswith("GMAILKIT_")]:
        patch.delenv(name)
    for name, value in variables.items():
        patch.setenv(name, value)


@pytest.fixture(scope="session")
def _gmail_server() -> Iterator[Sandbox]:
    """One for all tests of a process; each of them begins it again."""
    from gmailkit.sandbox import Sandbox

    with Sandbox(sample=False) as running:
        yield running


@pytest.fixture
def gmail_sandbox(request: pytest.FixtureRequest, _gmail_server: Sandbox) -> Iterator[Sandbox]:
    """A Gmail of this test's own on 127.0.0.1, with a few users and no mail.

    `deliver` puts mail in, `sent` gives what went out.
    """
    _gmail_server.reset()
    if quota := _quota(request):
        _gmail_server.meter.limits = quota
    _order(request, _gmail_server)
    yield _gmail_server
    if idle := _gmail_server.faults.idle:
        pytest.fail(f"Too few requests for the faults: {', '.join(idle)} left over.", pytrace=False)


@pytest.fixture
def gmail(
    request: pytest.FixtureRequest,
    gmail_sandbox: Sandbox,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Gmail]:
    """The mailbox of me@example.com in `gmail_sandbox`, signed in with gmail.modify.

    It keeps to the limits of the mark gmail_quota, and never really waits: where it would, the
    clock of the sandbox moves on instead.
    """
    from gmailkit.config import Settings
    from gmailkit.gmail import Gmail
    from gmailkit.paths import Home
    from gmailkit.secret import Secret

    quota = _quota(request)
    settings = Settings(
        home=Home.at(tmp_path_factory.mktemp("gmailkit")),
        access_token=Secret(_token(gmail_sandbox)),
        endpoint=gmail_sandbox.url,
        units_per_minute=quota.units_per_minute if quota else None,
        project_units_per_minute=quota.project_units_per_minute if quota else None,
        prices=quota.prices if quota else "new",
    )
    with Gmail(settings=settings, clock=_Leap(gmail_sandbox)) as signed_in:
        yield signed_in


@pytest.fixture
def gmail_environment(
    gmail_sandbox: Sandbox,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> dict[str, str]:
    """Variables by which gmailkit, here and in processes begun here, uses `gmail_sandbox` alone."""
    variables = {
        "GMAILKIT_HOME": str(tmp_path_factory.mktemp("gmailkit")),
        "GMAILKIT_API_ENDPOINT": gmail_sandbox.url,
        "GMAILKIT_ACCESS_TOKEN": _token(gmail_sandbox),
    }
    _set_alone(monkeypatch, variables)
    return variables


@pytest.fixture
def smtp_sink() -> Iterator[Sink]:
    """An SMTP server on 127.0.0.1 that takes every message and passes none on (docs/smtp.md).

    `messages` are what it caught. Needs the extra gmailkit[sink].
    """
    from gmailkit.transport.smtp.sink import Sink

    with Sink() as running:
        yield running


class _Leap:
    """The sandbox's time, which jumps ahead where somebody would wait."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._clock = sandbox.clock

    def now(self) -> float:
        return self._clock.now()

    def monotonic(self) -> float:
        return self._clock.monotonic()

    def sleep(self, seconds: float) -> None:
        self._clock.advance(seconds)


def _order(request: pytest.FixtureRequest, sandbox: Sandbox) -> None:
    from gmailkit.errors import UsageError

    try:
        for mark in request.node.iter_markers("gmail_faults"):
            for order in mark.args:
                sandbox.faults.add(order)
    except UsageError as error:
        pytest.fail(f"{error.message} {error.hint}", pytrace=False)


def _quota(request: pytest.FixtureRequest) -> Limits | None:
    """What the nearest mark says."""
    mark = request.node.get_closest_marker("gmail_quota")
    if mark is None:
        return None
    from dataclasses import fields
    from difflib import get_close_matches

    from gmailkit.sandbox import Limits

    known = [field.name for field in fields(Limits)]
    strange = [*map(str, mark.args), *(name for name in mark.kwargs if name not in known)]
    if strange:
        near = get_close_matches(strange[0], known, 1) or known
        pytest.fail(
            f"gmail_quota has no limit {strange[0]!r}. Did you mean {' or '.join(near)}?",
            pytrace=False,
        )
    return Limits(**mark.kwargs)


def _token(sandbox: Sandbox) -> str:
    """It lasts, since a test may let a year pass."""
    return sandbox.issue_token(ME, ["gmail.modify"], lasting=True)
