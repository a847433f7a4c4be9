"""Fixtures named after what you get."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from exim import Exim
from fakes import FakeClock
from gmailkit.config import Settings
from gmailkit.gmail import Gmail
from gmailkit.transport.smtp.sink import Sink
from gmailkit.transport.smtp.throwaway import make_certificate


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """For 127.0.0.1; nobody vouches for it but itself."""
    return make_certificate(tmp_path_factory.mktemp("certificate") / "server.pem")


@pytest.fixture
def trusted(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The same, and it is believed."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    return certificate


@pytest.fixture(scope="session")
def exim(certificate: Path) -> Iterator[Exim]:
    """A real mail server; skips where it is not unpacked.

    Its folder is none of pytest's, which every run that begins closes to other users anew.
    """
    with (
        TemporaryDirectory(prefix="gmailkit-exim-") as folder,
        Exim(Path(folder), certificate) as running,
    ):
        yield running


@pytest.fixture
def sink_with(certificate: Path) -> Iterator[Callable[..., Sink]]:
    """Starts sinks with the options given; all end with the test."""
    with ExitStack() as stack:
        yield lambda **options: stack.enter_context(Sink(certificate=certificate, **options))


@pytest.fixture
def sink(sink_with: Callable[..., Sink]) -> Sink:
    """One that takes all, in clear."""
    return sink_with()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(time.time())


@pytest.fixture
def policy(tmp_path: Path) -> Path:
    """Allows everything until something is written into it."""
    path = tmp_path / "policy.toml"
    path.write_text("")
    return path


@pytest.fixture
def mailbox(
    settings_for: Callable[..., Settings], clock: FakeClock, policy: Path
) -> Iterator[Callable[..., Gmail]]:
    """The mailbox of me@example.com, which sends by the server of a URL, under the policy."""
    with ExitStack() as opened:

        def open_(url: str | None, purpose: str = "full", **more: Any) -> Gmail:
            settings = replace(settings_for(purpose=purpose), smtp=url, policies=(policy,), **more)
            return opened.enter_context(Gmail(settings=settings, clock=clock))

        yield open_
