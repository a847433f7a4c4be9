"""A backup of the sandbox's mailbox by the API and IMAP side by side, to be killed.

    python both_ways_worker.py JOB

JOB is JSON: home, folder, url, token, port and certificate of IMAP.
"""

from __future__ import annotations

import json
import ssl
import sys
from pathlib import Path

from gmailkit.config import Settings
from gmailkit.gmail import Gmail
from gmailkit.model.outside import Outside
from gmailkit.paths import Home
from gmailkit.secret import Secret


def main() -> None:
    job = json.loads(sys.argv[1])
    trust = ssl.create_default_context(cafile=job["certificate"])
    settings = Settings(
        home=Home.at(Path(job["home"])),
        access_token=Secret(job["token"]),
        endpoint=job["url"],
        units_per_minute=None,
        outside=Outside(
            resolve=lambda host, port: (),
            is_open=lambda address: False,
            trust=lambda: trust,
            gmail_imap=lambda: (job["port"], trust),
        ),
    )
    with Gmail(settings=settings) as gmail:
        gmail.backup(job["folder"], via="both")


if __name__ == "__main__":
    main()
