"""How often a store is asked: each request takes its time, and many cost money."""

from __future__ import annotations

import re

import pytest

from disks import ME, contents, message, save
from gmailkit.backup.check import verify, verify_structure
from gmailkit.backup.crypt.beginning import begin_encrypted
from gmailkit.backup.events import Gone, Run
from gmailkit.backup.folder import Backup
from objectroom import Line, Owner, line_to

MAIL = [message(number, size=20_000) for number in range(120)]


@pytest.mark.parametrize("encrypted", [False, True], ids=["plain", "encrypted"])
def test_no_pack_is_asked_for_without_need_and_none_twice(
    encrypted: bool, server: str, url: str, owner: Owner, monkeypatch: pytest.MonkeyPatch
) -> None:
    with line_to(server) as line:
        monkeypatch.setenv("AWS_ENDPOINT_URL", line.address)
        if encrypted:
            begin_encrypted(url, owner.owners)
            owner.comes()
        for number in range(3):
            save(url, MAIL[: 40 * (number + 1)])
            with Backup.open(url, write=True) as backup:
                backup.note(Gone(account=ME, id=MAIL[number].id))
                backup.note(Run(account=ME, mode="incremental", saved=40))
        asked_for(line)

        assert save(url, MAIL) == 0
        assert asked_for(line) == []
        with Backup.open(url) as backup:
            assert len(backup.known(ME)) == 120
            assert asked_for(line) == []
            backup.read(next(iter(backup.entries())))
            assert len(asked_for(line)) == 1
        report = verify_structure(url)
        assert (report.ok, report.messages, report.unread) == (True, 120, 120)
        assert asked_for(line) == []
        assert verify_structure(url, heads=[report.head]).ok
        assert contents(url) == MAIL
        # Of the first pack the first message tells nothing yet of what is read next.
        assert len(asked_for(line)) <= 3 + (not encrypted)
        assert verify(url).ok
        files = [each for each in asked_for(line) if ".zst" in each]
        assert (len(files), len(set(files))) == (6, 6)


def asked_for(line: Line) -> list[str]:
    """Files of streams, since this was asked last."""
    found = re.findall(r"(?:GET|HEAD) \S*/((?:packs|events)/\d+\S*)", "\n".join(line.seen))
    line.seen.clear()
    return found
