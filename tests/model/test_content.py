"""Bytes in memory or on disk: the same to whoever reads them."""

from __future__ import annotations

import errno
import gc
import io
import tempfile
from typing import Any

import pytest

from gmailkit.errors import CannotWrite
from gmailkit.model.content import Content, Spool


def spooled(pieces: list[bytes], *, in_memory: int) -> Content:
    spool = Spool(in_memory=in_memory)
    for piece in pieces:
        spool.write(piece)
    return spool.done()


@pytest.mark.parametrize("in_memory", [0, 5, 1000], ids=["disk", "moved", "memory"])
@pytest.mark.parametrize(
    "pieces",
    [[], [b""], [b"abc"], [b"abc", b"", b"defg", b"h" * 20]],
    ids=["none", "empty", "1", "4"],
)
def test_what_was_written_is_read_as_often_as_wanted(pieces: list[bytes], in_memory: int) -> None:
    whole, into = b"".join(pieces), io.BytesIO()
    with spooled(pieces, in_memory=in_memory) as content:
        assert content.read(2) + content.read() == whole
        assert content.size == len(whole)
        assert content.bytes == b"".join(content.pieces()) == content.bytes == whole
        assert content.part(1, 3) == whole[1:4]
        content.copy_to(into)
    assert into.getvalue() == whole


def test_nobody_else_sees_the_file(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with spooled([b"a", b"b"], in_memory=1):
        assert list(tmp_path.iterdir()) == []


def test_a_content_that_is_forgotten_closes_its_file() -> None:
    content = spooled([b"a", b"b"], in_memory=1)
    file = content._file
    del content
    gc.collect()
    assert file.closed


def test_a_full_disk_is_said_with_its_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(**_: object) -> object:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(tempfile, "TemporaryFile", full)
    spool = Spool(in_memory=1)
    with pytest.raises(CannotWrite, match="No space left") as caught:
        spool.write(b"ab")
    assert "TMPDIR" in caught.value.hint
