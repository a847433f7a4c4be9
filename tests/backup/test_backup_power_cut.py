"""A power cut loses any part of what was not synced; nothing that was reported as saved."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import pytest

from disks import contents, message, save
from gmailkit.backup.check import verify
from gmailkit.backup.folder import Backup
from power import Recorder

MAIL = [message(number, size=5000) for number in range(200)]  # several frames a commit


def check_moment(path: Path, saved: int) -> None:
    with Backup.open(path, write=True) as backup:
        kept = [backup.read(entry) for entry in backup.entries()]
    assert kept[:saved] == MAIL[:saved]
    assert [each for each in MAIL if each in kept] == kept
    check_verify(path)
    save(path, MAIL)
    assert sorted(contents(path), key=MAIL.index) == MAIL
    check_verify(path)


def check_verify(path: Path) -> None:
    """No message is lost. A frame that is may lie before sound ones: nobody can tell that from
    damage, so it stays and is named."""
    found = verify(path)
    assert not found.damaged, found
    assert not found.missing, found
    assert all("no readable frame" in text for text in found.problems), found


def cut_power(folder: Path, seed: int, chance: float) -> int:
    lot = random.Random(seed)
    recorder = Recorder(lot, chance)
    save(folder / "whole", MAIL, storage=recorder)
    for number, moment in enumerate(recorder.moments):
        path = folder / str(number)
        moment.lay_out(path, folder / "whole")
        check_moment(path, moment.saved)
        shutil.rmtree(path)
    return len(recorder.moments)


def test_what_was_saved_survives_a_power_cut(quick_path: Path) -> None:
    assert cut_power(quick_path, seed=1, chance=0.5) > 10


@pytest.mark.soak
def test_what_was_saved_survives_five_hundred_power_cuts(quick_path: Path) -> None:
    cuts = sum(cut_power(quick_path / str(seed), seed, chance=1.0) for seed in range(13))
    print(f"{cuts} power cuts")
    assert cuts >= 500
