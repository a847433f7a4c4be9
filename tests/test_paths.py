"""Private files: what is written is the owner's alone, and what is not is never read."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gmailkit.errors import CannotWrite, UsageError
from gmailkit.paths import Home, folder_name, private_folder, read_private, write_private

pytestmark = pytest.mark.skipif(os.name != "posix", reason="POSIX permissions")


@pytest.fixture
def no_umask() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.usefixtures("no_umask")
def test_files_and_folders_are_private_even_without_a_umask(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "token.json"
    write_private(path, b"one")
    write_private(path, b"two")
    assert read_private(path) == b"two"
    assert mode(path) == 0o600
    assert mode(path.parent) == mode(path.parent.parent) == 0o700
    assert list(path.parent.iterdir()) == [path]


def test_a_file_is_private_from_birth(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With O_EXCL and a mode; a chmod afterwards would leave a moment in which others can open."""
    opened: list[tuple[int, int]] = []
    real = os.open

    def spy(path: str, flags: int, mode: int = 0o777, **options: int) -> int:
        if flags & os.O_CREAT:
            opened.append((flags, mode))
        return real(path, flags, mode, **options)

    def no_chmod(*_: object, **__: object) -> None:
        raise AssertionError("chmod was called")

    monkeypatch.setattr(os, "open", spy)
    monkeypatch.setattr(os, "chmod", no_chmod)
    monkeypatch.setattr(os, "fchmod", no_chmod)
    write_private(tmp_path / "token.json", b"one")
    assert [(flags & os.O_EXCL != 0, mode) for flags, mode in opened] == [(True, 0o600)]


@pytest.mark.parametrize("bits", [0o604, 0o640, 0o660, 0o606, 0o644, 0o610, 0o601])
def test_a_file_open_to_others_is_not_read(tmp_path: Path, bits: int) -> None:
    path = tmp_path / "token.json"
    write_private(path, b"one")
    path.chmod(bits)
    with pytest.raises(UsageError, match="Others can read") as caught:
        read_private(path)
    assert f"chmod 600 '{path}'" in caught.value.hint


def test_another_users_file_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "token.json"
    write_private(path, b"one")
    monkeypatch.setattr(os, "geteuid", lambda: path.stat().st_uid + 1)
    with pytest.raises(UsageError, match="another user"):
        read_private(path)


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    write_private(tmp_path / "real", b"one")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    with pytest.raises(UsageError, match="link"):
        read_private(tmp_path / "link")


def test_a_link_is_replaced_and_its_target_left_alone(tmp_path: Path) -> None:
    write_private(tmp_path / "real", b"one")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    write_private(tmp_path / "link", b"two")
    assert (tmp_path / "real").read_bytes() == b"one"
    assert read_private(tmp_path / "link") == b"two"


def test_a_pipe_or_a_folder_in_its_place_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe", 0o600)
    (tmp_path / "folder").mkdir(0o700)
    for name in ("pipe", "folder"):
        with pytest.raises(UsageError, match="not a plain file"):
            read_private(tmp_path / name)


def test_what_is_not_there_is_none(tmp_path: Path) -> None:
    assert read_private(tmp_path / "none") is None
    assert read_private(tmp_path / "no" / "folder") is None


def test_a_failed_write_leaves_the_old_content_and_no_rubbish(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "token.json"
    write_private(path, b"old")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(CannotWrite, match="No space left") as caught:
        write_private(path, b"new")
    assert caught.value.path == path
    assert read_private(path) == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_where_a_folder_should_be_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(CannotWrite, match="Not a directory"):
        private_folder(tmp_path / "file" / "below")


def test_killed_at_any_moment_the_file_is_whole(tmp_path: Path) -> None:
    """A child writes versions without end and is killed: what is read is one of them, whole."""
    path = tmp_path / "token.json"
    code = (
        "import itertools, sys; from pathlib import Path; from gmailkit.paths import *\n"
        "for n in itertools.count():\n"
        "    write_private(Path(sys.argv[1]), str(n).encode() * 5000 + b' end')\n"
        "    print(n, flush=True)"
    )
    for lines in (1, 2, 5):
        child = subprocess.Popen([sys.executable, "-c", code, path], stdout=subprocess.PIPE)
        assert child.stdout is not None
        for _ in range(lines):
            child.stdout.readline()
        child.kill()
        child.communicate()
        content = read_private(path) or b""
        number = content.removesuffix(b" end")[: len(content) // 5000]
        assert content == number * 5000 + b" end"


@given(st.emails() | st.text(max_size=50).map("@{}".format))
@example("../..@../x")
@example("@")
def test_an_address_becomes_one_safe_path_segment(address: str) -> None:
    name = folder_name(address)
    assert "/" not in name
    assert "\\" not in name
    assert name not in ("", ".", "..")


def test_the_home_variable_moves_all_four_folders(tmp_path: Path) -> None:
    home = Home.find({"GMAILKIT_HOME": str(tmp_path)})
    assert {home.config, home.data, home.state, home.cache} == {
        tmp_path / name for name in ("config", "data", "state", "cache")
    }
