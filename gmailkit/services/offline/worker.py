"""A process that reads messages: `python -m gmailkit.services.offline.worker`.

Through its pipes go jobs, some at once, and what was read of them.
"""

from __future__ import annotations

import sys

import msgspec

from gmailkit.attached.extractor import Extractor
from gmailkit.attached.pipe import read, write
from gmailkit.services.offline.rows import Job
from gmailkit.services.offline.rows import read as read_job


def main() -> None:
    jobs, encoder = msgspec.msgpack.Decoder(tuple[Job, ...]), msgspec.msgpack.Encoder()
    with Extractor() as extractor:
        while (asked := read(sys.stdin.buffer)) is not None:
            done = [read_job(job, extractor) for job in jobs.decode(asked)]
            write(sys.stdout.buffer, encoder.encode(done))


if __name__ == "__main__":
    main()
