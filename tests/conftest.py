"""Fixtures named after what you get."""

from __future__ import annotations

import gc
import os
import signal
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import hypothesis
import pytest

from fakes import ImpatientClock
from gmailkit.auth.scopes import PURPOSES
from gmailkit.config import Settings
from gmailkit.gmail import Gmail
from gmailkit.paths import Home
from gmailkit.sandbox import Sandbox
from gmailkit.secret import Secret
from socket_guard import loopback_only
from warm import warm

# A shell that starts us in the background has us ignore Ctrl-C, and what we start inherits that.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

CORPUS = Path(__file__).resolve().parents[1].parent / "shared" / "corpus"
ME = "me@example.com"
MEMORY = Path("/dev/shm")
# A busy machine is no fault of a test: examples take as long as they take.
hypothesis.settings.register_profile(
    "patient", suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("patient")


def _has_room(folder: Path) -> bool:
    """For the files of all tests, programs among them."""
    if not os.access(folder, os.W_OK):
        return False
    found = os.statvfs(folder)
    return found.f_bavail * found.f_frsize > 4 << 30 and not found.f_flag & os.ST_NOEXEC


# A third of the time of a test that writes would be spent waiting for a disk to have it.
if _has_room(MEMORY):
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))
LONGEST = ("test_document", "test_no_secret", "test_on_a_terminal", "test_sandbox_tree")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Half as many again as there are cores: a third of the time a test waits for a disk or for a
    process it began.
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return (cores or 1) * 3 // 2


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes longest begins first: else one process is at it when the others are done."""
    items.sort(key=lambda item: not item.path.name.startswith(LONGEST))


def pytest_collection_finish() -> None:
    """What is loaded by now stays to the end: it is not looked through for garbage again and again,
    nor copied for that in the processes that tests fork off.
    """
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def no_keyring() -> Iterator[None]:
    """Nobody's own, and none of those that tests make, which would be chosen by priority."""
    import keyring
    from keyring.backends import fail

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
        keyring.set_keyring(fail.Keyring())
        yield


@pytest.fixture(autouse=True)
def only_this_machine() -> Iterator[None]:
    """A test that connects to another machine fails, whatever became of the connection."""
    with loopback_only() as tried:
        yield
    assert not tried, "connections to other machines"


@pytest.fixture(scope="session")
def corpus() -> Path:
    """The folder of real and hostile mail that lies beside the checkout."""
    if not CORPUS.is_dir():
        pytest.skip("the mail corpus is not beside this checkout")
    return CORPUS


@pytest.fixture(scope="session")
def warm_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with warm(tmp_path_factory.mktemp("warm")) as folder:
        yield folder


@pytest.fixture
def warm_programs(warm_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A shell finds `gmailkit` and `warm-python`, which have all loaded that they need."""
    monkeypatch.setenv("PATH", f"{warm_folder}{os.pathsep}{os.environ['PATH']}")


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """A running Gmail with the usual users and no mail."""
    with Sandbox(sample=False) as running:
        yield running


@pytest.fixture
def quick_path(tmp_path: Path) -> Iterator[Path]:
    """An empty folder, in memory where there is such a thing: a thousand syncs cost nothing."""
    if not os.access(MEMORY, os.W_OK):
        yield tmp_path
        return
    with tempfile.TemporaryDirectory(dir=MEMORY) as folder:
        yield Path(folder)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home.at(tmp_path / "home")


@pytest.fixture
def settings_for(sandbox: Sandbox, home: Home) -> Callable[..., Settings]:
    """Settings that carry a ready token of the sandbox: address and purpose to choose."""

    def make(address: str = ME, purpose: str = "modify") -> Settings:
        return Settings(
            home=home,
            access_token=Secret(sandbox.issue_token(address, PURPOSES[purpose])),
            endpoint=sandbox.url,
            units_per_minute=None,
        )

    return make


@pytest.fixture
def gmail(settings_for: Callable[..., Settings]) -> Iterator[Gmail]:
    """The mailbox of me@example.com in `sandbox`, signed in with gmail.modify."""
    with Gmail(settings=settings_for(), clock=ImpatientClock()) as signed_in:
        yield signed_in
