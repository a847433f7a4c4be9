"""Fixtures named after what you get."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from exim import Exim
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
