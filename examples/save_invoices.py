"""Save every invoice that was mailed to us into one folder. Run it again: only new ones are added.

python examples/save_invoices.py invoices/
"""

from __future__ import annotations

import sys
from pathlib import Path

from gmailkit import Gmail

QUERY = "from:billing has:attachment filename:pdf"


def main(folder: str) -> None:
    with Gmail() as gmail:
        saved = list(gmail.attachments(QUERY, to=Path(folder)))
    for each in saved:
        if each.new:
            print(f"{each.path}  ({each.size:,} bytes, from {each.subject!r})")
    print(f"{sum(each.new for each in saved)} new, {len(saved)} in all.")


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    main(*sys.argv[1:])
