"""Bytes in memory or on disk: the same to whoever reads them."""

from __future__ import annotations

import errno
import gc
import hashlib
import io
import tempfile
import zlib
from typing import Any

import pytest

from gmailkit.errors import CannotWrite
from gmailkit.model.content import Content, Spool
from gmailkit.model.digests import digests_of, with_crlf


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


@pytest.mark.parametrize("text", [b"", b"a\r\nb\r\n", b"a\nb\n", b"a\r\r\nb\n\r\n\nc\r", b"a\rb"])
def test_the_hash_with_crlf_is_the_same_however_the_bytes_are_cut(text: bytes) -> None:
    whole = text.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    wanted = tuple(hashlib.sha256(each).hexdigest() for each in (text, whole))
    for first in range(len(text) + 1):
        for second in range(first, len(text) + 1):
            pieces = [text[:first], text[first:second], text[second:]]
            assert digests_of(pieces) == wanted
            assert b"".join(with_crlf(pieces)) == whole
    content = Content.of(text)
    assert (content.digest_with_crlf, content.digest) == (wanted[1], wanted[0])


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


def test_what_lies_on_disk_tells_nothing(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """An encrypted backup leaves no plain mail behind, not even in blocks of deleted files."""
    seen = []

    def watched(**how: Any) -> Any:
        seen.append((tmp_path / "seen").open("w+b", buffering=how["buffering"]))
        return seen[-1]

    monkeypatch.setattr(tempfile, "TemporaryFile", watched)
    pieces = [b"Subject: Secret\n" * each for each in (1, 7, 9000, 3)]
    with spooled(pieces, in_memory=10) as content:
        on_disk = (tmp_path / "seen").read_bytes()
        assert len(on_disk) == content.size
        assert b"Secret" not in on_disk
        assert len(zlib.compress(on_disk)) > len(on_disk)  # no two places look alike
        assert content.part(5, 40_000) == b"".join(pieces)[5:40_005]
        assert content.part(70_001, 99) == b"".join(pieces)[70_001:70_100]


def test_a_short_write_of_the_system_loses_nothing(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Short(io.FileIO):
        def write(self, piece: Any) -> int:
            return super().write(bytes(piece)[: 1 + len(piece) // 2])

    monkeypatch.setattr(tempfile, "TemporaryFile", lambda **_: Short(tmp_path / "short", "w+b"))
    pieces = [bytes([number]) * 30_000 for number in range(9)]
    with spooled(pieces, in_memory=10) as content:
        assert content.bytes == b"".join(pieces)
