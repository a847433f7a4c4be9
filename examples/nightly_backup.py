"""Back up all mail and check every byte of it; for cron. Exits with gmailkit's own codes.

python examples/nightly_backup.py ~/mail.backup
"""

from __future__ import annotations

import sys

from gmailkit import Gmail, GmailKitError, verify


def main(folder: str) -> int:
    try:
        with Gmail() as gmail:
            report = gmail.backup(folder)
        print(f"{report.fetched} new messages, {report.present} were saved before.")
        checked = verify(folder)
    except GmailKitError as error:
        print(f"{error.message} {error.hint}", file=sys.stderr)
        return error.exit_code
    print(f"Verified {checked.messages} messages, {checked.bytes:,} bytes.")
    return 0 if checked.ok else 13


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
