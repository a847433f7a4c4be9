"""Three processes that take a backup over from one another all the time harm nothing."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from disks import contents
from gmailkit.backup.check import verify
from gmailkit.backup.crypt.beginning import begin_encrypted
from gmailkit.backup.folder import Backup
from gmailkit.backup.objects.lock import take_over
from objectroom import Owner, environment_of

WORKER = Path(__file__).parents[2] / "robbing_worker.py"


@pytest.mark.soak
@pytest.mark.parametrize("encrypted", [False, True], ids=["plain", "encrypted"])
def test_what_was_told_to_be_saved_is_there_and_the_backup_is_whole(
    encrypted: bool, url: str, server: str, owner: Owner, tmp_path: Path
) -> None:
    if encrypted:
        begin_encrypted(url, owner.owners)
    else:
        Backup.open(url, create=True).close()
    running = [
        subprocess.Popen(
            [sys.executable, str(WORKER), url, str(who), "20"],
            env=environment_of(server, str(tmp_path / f"home {who}")),
            stdout=subprocess.PIPE,
            text=True,
        )
        for who in (1, 2, 3)
    ]
    told = [json.loads(each.communicate()[0]) for each in running]
    assert [each.returncode for each in running] == [0, 0, 0]
    assert sum(each["stopped"] for each in told) > 5
    take_over(url)
    assert verify(url).problems == ()
    owner.comes()
    saved = sorted(id for each in told for id in each["saved"])
    assert sorted(each.id for each in contents(url)) == saved
    assert verify(url).problems == ()
