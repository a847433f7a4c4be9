"""curl as the judge of IMAP, POP3 and SMTP: signed in with a token or an app password."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from gmailkit.sandbox import Sandbox
from sandbox_caller import ANN, ME, letter

pytestmark = pytest.mark.skipif(not shutil.which("curl"), reason="curl is not installed")

RAW = letter(sender=ANN, subject="By curl")
Ask = Callable[..., bytes]


@pytest.fixture(params=["token", "app password"])
def ask(request: pytest.FixtureRequest, sandbox: Sandbox, tmp_path: Path) -> Ask:
    """What curl prints for a URL."""
    (tmp_path / "ca.pem").write_text(sandbox.certificate)
    (tmp_path / "raw.eml").write_bytes(RAW)
    if request.param == "token":
        token = sandbox.issue_token(ME, ["https://mail.google.com/"])
        secret = f'user = "{ME}"\noauth2-bearer = "{token}"\n'
    else:
        secret = f'user = "{ME}:{sandbox.app_password(ME)}"\n'
    (tmp_path / "secret").write_text(secret)

    def run(url: str, *options: str) -> bytes:
        argv = ["curl", "-sS", "--cacert", "ca.pem", "-K", "secret", url, *options]
        done = subprocess.run(argv, capture_output=True, cwd=tmp_path, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


def test_curl_reads_and_sends(sandbox: Sandbox, ask: Ask) -> None:
    sandbox.mail.settings.put(1, "pop", {"accessWindow": "allMail", "disposition": "leaveInInbox"})
    sandbox.mail.put(ME, RAW)
    imap = f"imaps://localhost:{sandbox.imap_port}"
    assert b"By curl" in ask(f"{imap}/INBOX;UID=1;SECTION=HEADER")
    assert b"* SEARCH 1\r\n" in ask(f"{imap}/INBOX", "-X", 'SEARCH X-GM-RAW "subject:curl"')
    assert ask(f"pop3s://localhost:{sandbox.pop3_port}/1") == RAW
    envelope = ("--mail-from", ME, "--mail-rcpt", ANN, "-T", "raw.eml")
    ask(f"smtp://localhost:{sandbox.smtp_port}", "--ssl-reqd", *envelope)
    ask(f"smtps://localhost:{sandbox.smtps_port}", *envelope)
    assert len(sandbox.mail.ids(ANN)) == 2
