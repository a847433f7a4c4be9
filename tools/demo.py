"""`make demo`: the main job, end to end, on the embedded Gmail, in a home of its own."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

from gmailkit.backup.folder import Backup
from gmailkit.paths import Home
from gmailkit.sandbox import Sandbox
from gmailkit.services.practice import OWNER, practice_state

COMMANDS = (
    "gmailkit --sandbox login",
    "gmailkit --sandbox whoami",
    "gmailkit --sandbox send ann@example.com -s 'Hello from gmailkit' --body 'It works.'"
    " -a report.csv",
    "gmailkit --sandbox search 'from:billing has:attachment' --limit 5",
    "gmailkit --sandbox label 'from:ci is:unread' --add CI --remove INBOX --create --yes",
    "gmailkit --sandbox backup mail.backup",
    "gmailkit --sandbox backup mail.backup",
    "gmailkit verify mail.backup",
)


def main() -> int:
    root = Path(tempfile.mkdtemp(prefix="gmailkit-demo-"))
    (root / "report.csv").write_text("week,visits\n1,120\n2,143\n")
    print(f"A home of its own for this demo: {root}\n")
    for command in COMMANDS:
        if failed := run(command, root):
            print(f"\nThat exited with {failed}. Please report it.", file=sys.stderr)
            return failed
    compared = compare(root)
    backup = root / "mail.backup"
    print(f"The backup lies in {backup}")
    print(f"Each of its {compared} messages was compared byte for byte with what Gmail holds.")
    print(
        "\nTo do the same with your own Gmail: get a client file (README, “Your own Gmail”), then"
    )
    print("  . .venv/bin/activate")
    print("  gmailkit login --client client_secret.json")
    print("  gmailkit backup ~/mail.backup && gmailkit verify ~/mail.backup")
    return 0


def run(command: str, root: Path) -> int:
    """Show the command and its real output."""
    print(f"$ {command}", flush=True)
    _, *arguments = shlex.split(command)
    environment = {k: v for k, v in os.environ.items() if not k.startswith("GMAILKIT_")}
    done = subprocess.run(
        [sys.executable, "-m", "gmailkit", *arguments],
        cwd=root,
        env={**environment, "GMAILKIT_HOME": str(root / "home")},
        check=False,
    )
    print(flush=True)
    return done.returncode


def compare(root: Path) -> int:
    """Every message of the mailbox, Spam and Trash aside, equals the one in the backup.

    Reads the mailbox's own file, not its API. Raises AssertionError naming the first difference.
    """
    with (
        Sandbox(practice_state(Home.at(root / "home"))) as sandbox,
        Backup.open(root / "mail.backup") as backup,
    ):
        saved = {entry.id: entry for entry in backup.entries()}
        wanted = [
            id
            for id in sandbox.mail.ids(OWNER)
            if not {"SPAM", "TRASH"} & sandbox.mail.labels_of(OWNER, id)
        ]
        if set(saved) != set(wanted):
            raise AssertionError(f"not the same messages: {set(saved) ^ set(wanted)}")
        for id in wanted:
            if backup.read(saved[id]).raw != sandbox.mail.raw(OWNER, id):
                raise AssertionError(f"message {id} differs")
    return len(wanted)


if __name__ == "__main__":
    sys.exit(main())
