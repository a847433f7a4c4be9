"""What tests of object storage share: moto's S3 on loopback, and several machines that use it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest

from objectroom import Owner, make_bucket, reached_by, s3_server

NUMBERS = count(1)
Machine = Callable[[str], None]


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with s3_server() as address:
        yield address


@pytest.fixture
def machine(server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    """Goes on as another machine: each has a cache of its own."""
    for name, value in reached_by(server).items():
        monkeypatch.setenv(name, value)

    def be(name: str) -> None:
        monkeypatch.setenv("GMAILKIT_HOME", str(tmp_path / name))
        monkeypatch.setattr("socket.gethostname", lambda: name)

    be("here")
    return be


@pytest.fixture
def url(server: str, machine: Machine) -> str:
    """A folder of a new bucket, and this machine is "here"."""
    bucket = f"bucket{next(NUMBERS)}"
    make_bucket(server, bucket)
    return f"s3://{bucket}/mail"


@pytest.fixture
def owner(tmp_path: Path) -> Iterator[Owner]:
    yield Owner(tmp_path / "key.txt")
    Owner.leaves()
