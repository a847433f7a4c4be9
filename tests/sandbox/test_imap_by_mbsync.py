"""Debian's isync as the judge of IMAP: a mailbox comes whole into Maildirs, and changes go back."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from gmailkit.sandbox import Sandbox
from sandbox_caller import ANN, ME, letter

pytestmark = pytest.mark.skipif(not shutil.which("mbsync"), reason="isync is not installed")

CONFIGURATION = """
IMAPAccount gmail
Host localhost
Port {port}
User {user}
Pass {password}
SSLType IMAPS
CertificateFile {certificate}
AuthMechs LOGIN

IMAPStore far
Account gmail

MaildirStore near
Path {folder}/
Inbox {folder}/INBOX
SubFolders Verbatim

Channel all
Far :far:
Near :near:
Patterns INBOX Work* "[Gmail]/All Mail"
Create Both
Expunge Both
SyncState *
CopyArrivalDate yes
"""


def test_mbsync_brings_everything_and_takes_changes_back(sandbox: Sandbox, tmp_path: Path) -> None:
    raws = {}
    for n in range(30):
        raw = letter(sender=ANN, subject=f"No {n}", more=[("Message-ID", f"<{n}@x.example>")])
        names = ["INBOX"] * (n % 2) + ["Work/Größe"] * (n % 3 == 0) + ["UNREAD"] * (n % 5 == 0)
        raws[sandbox.mail.put(ME, raw, labels=names)] = raw
    mail = tmp_path / "mail"
    mail.mkdir()
    (tmp_path / "ca.pem").write_text(sandbox.certificate)
    (tmp_path / "rc").write_text(
        CONFIGURATION.format(
            port=sandbox.imap_port,
            user=ME,
            password=sandbox.app_password(ME).replace(" ", ""),
            certificate=tmp_path / "ca.pem",
            folder=mail,
        )
    )
    sync(tmp_path)
    assert len(files(mail / "INBOX")) == 15
    assert len(files(mail / "Work" / "Gr&APYA3w-e")) == 10
    brought = files(mail / "[Gmail]" / "All Mail")
    assert sorted(map(without_mark, brought)) == sorted(map(lf, raws.values()))
    new = mail / "INBOX" / "cur" / "1.mine:2,FS"
    new.write_bytes(lf(letter(sender=ANN, subject="Of mine", more=[("Message-ID", "<m@x>")])))
    sync(tmp_path)
    [id] = set(sandbox.mail.ids(ME)) - set(raws)
    assert sandbox.mail.labels_of(ME, id) == {"INBOX", "STARRED"}
    assert b"Subject: Of mine\r\n" in sandbox.mail.raw(ME, id)


def sync(folder: Path) -> None:
    done = subprocess.run(
        ["mbsync", "-c", str(folder / "rc"), "-a"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def files(maildir: Path) -> list[bytes]:
    return [file.read_bytes() for part in ("cur", "new") for file in (maildir / part).iterdir()]


def lf(raw: bytes) -> bytes:
    return raw.replace(b"\r\n", b"\n")


def without_mark(raw: bytes) -> bytes:
    """Without the field by which mbsync finds again what it has written."""
    return b"".join(line for line in raw.splitlines(True) if not line.startswith(b"X-TUID: "))
