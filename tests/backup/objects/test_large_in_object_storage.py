"""A message of 150 MB on its way into a store and back is never held as a whole."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from gmailkit.backup.crypt.beginning import begin_encrypted
from objectroom import Owner, environment_of

WORK = """
import random, sys
from gmailkit.backup.check import verify
from gmailkit.backup.crypt.given import use_key
from gmailkit.backup.folder import Backup
from gmailkit.backup.record import Record
from gmailkit.model.content import Spool
url, key = sys.argv[1:]
use_key(key)
noise, spool = random.Random(1), Spool(in_memory=1 << 20)
for _ in range(150):
    spool.write(noise.randbytes(1 << 20))
with Backup.open(url, create=True) as backup:
    backup.add(Record("me@example.com", "1", "1", 0, {}, content=spool.done()))
with Backup.open(url) as backup, backup.content(next(backup.entries())) as content:
    assert content.size == 150 << 20
assert verify(url).ok
print(next(line for line in open("/proc/self/status") if line.startswith("VmHWM")).split()[1])
"""


@pytest.mark.soak
@pytest.mark.parametrize("encrypted", [False, True], ids=["plain", "encrypted"])
def test_150_megabytes_are_put_read_and_verified_in_less_memory(
    encrypted: bool, server: str, url: str, owner: Owner, tmp_path: Path
) -> None:
    if encrypted:
        begin_encrypted(url, owner.owners)
    ran = subprocess.run(
        [sys.executable, "-c", WORK, url, str(owner.path)],
        env=environment_of(server, str(tmp_path / "work")),
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    print(f"{int(ran.stdout) / 1000:.0f} MB at most")
    assert int(ran.stdout) < 150_000
