"""A message's bytes into files, however many they are."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from gmailkit.errors import CannotWrite, NotFound
from gmailkit.gmail import Gmail
from gmailkit.sandbox import Sandbox

ME = "me@example.com"
SMALL = b"From: ann@example.com\r\n\r\n\xff\x00\r\n"
LARGE = b"From: ann@example.com\r\n\r\n" + b"0123456789abcd\r\n" * 600_000


@pytest.mark.parametrize("raw", [SMALL, LARGE], ids=["small", "large"])
def test_a_file_has_exactly_the_bytes(
    sandbox: Sandbox, gmail: Gmail, tmp_path: Path, raw: bytes
) -> None:
    id = sandbox.mail.put(ME, raw)
    path, into = tmp_path / "a.eml", io.BytesIO()
    assert gmail.save_raw(id, path) == gmail.save_raw(id, into) == len(raw)
    assert path.read_bytes() == into.getvalue() == gmail.raw(id) == raw


def test_what_is_there_is_not_written_over(sandbox: Sandbox, gmail: Gmail, tmp_path: Path) -> None:
    id = sandbox.mail.put(ME, SMALL)
    path = tmp_path / "mine.eml"
    path.write_bytes(b"mine")
    with pytest.raises(CannotWrite, match="there already"):
        gmail.save_raw(id, path)
    assert path.read_bytes() == b"mine"


def test_nothing_is_left_of_what_could_not_be_saved(
    sandbox: Sandbox, gmail: Gmail, tmp_path: Path
) -> None:
    with pytest.raises(NotFound):
        gmail.save_raw("a1b2", tmp_path / "a.eml")
    with pytest.raises(CannotWrite):
        gmail.save_raw(sandbox.mail.put(ME, SMALL), tmp_path / "no" / "a.eml")
    assert list(tmp_path.glob("*.eml")) == []
