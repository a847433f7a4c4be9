"""Send a report with a file attached.

python examples/send_report.py ann@example.com report.pdf
"""

from __future__ import annotations

import sys

from gmailkit import Gmail


def main(to: str, *files: str) -> None:
    with Gmail() as gmail:
        sent = gmail.send(
            to=to,
            subject="Weekly report",
            text="Hello,\n\nthe report of this week is attached.\n",
            attach=files,
        )
    print(f"Sent to {', '.join(map(str, sent.to))}: {sent.size:,} bytes, id {sent.id}")


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    main(*sys.argv[1:])
