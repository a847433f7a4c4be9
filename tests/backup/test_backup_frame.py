"""A frame is trusted for nothing that it does not prove."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from disks import Watched, message, save
from gmailkit.backup import frame
from gmailkit.backup.frame import Compressor, decompress, zstd
from gmailkit.errors import BackupDamaged, CannotWrite


def packed(size: int, *, said: bool = True) -> bytes:
    """That many zeros; `said`: the frame's header tells how many."""
    packer = zstd.ZstdCompressor()
    if said:
        packer.set_pledged_input_size(size)
    parts = [packer.compress(bytes(min(1 << 20, size - at))) for at in range(0, size, 1 << 20)]
    return b"".join(parts) + packer.flush()


def test_a_frame_up_to_the_limit_unpacks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frame, "MAX_TEXT", 1 << 20)
    assert decompress(packed(1 << 20)) == bytes(1 << 20)
    with pytest.raises(BackupDamaged, match="would unpack to 1048577 bytes"):
        decompress(packed((1 << 20) + 1))


def test_a_frame_that_does_not_say_its_size_is_refused() -> None:
    with pytest.raises(BackupDamaged, match="unknown"):
        decompress(packed(1 << 20, said=False))


def test_a_frame_that_says_too_little_is_refused() -> None:
    liar = bytearray(packed(60_000))
    assert liar[4] & 0b11100000 == 0b01100000  # two bytes of content size, one segment
    liar[5:7] = (1000).to_bytes(2, "little")
    with pytest.raises(BackupDamaged):
        decompress(bytes(liar))


def test_many_frames_of_one_compressor_are_independent() -> None:
    compressor = Compressor()
    texts = [b"first" * 1000, b"", b"second" * 100_000]
    contents = [compressor.frame([text], size=len(text), previous=bytes(32))[1] for text in texts]
    assert [decompress(content.bytes) for content in reversed(contents)] == texts[::-1]


def test_a_file_in_a_new_packs_place_is_never_written_over(quick_path: Path) -> None:
    taken = quick_path / "b" / "packs" / "000001.mbox.zst"

    def plant(step: str, path: Path) -> None:
        if step == "create" and path == taken:
            taken.write_text("somebody else's")

    with pytest.raises(CannotWrite, match=os.strerror(errno.EEXIST)):
        save(quick_path / "b", [message(1)], storage=Watched(plant))
    assert taken.read_text() == "somebody else's"
