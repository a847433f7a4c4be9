"""Messages through a pipe: four bytes of length, and so many bytes; and who is at its other end."""

from __future__ import annotations

import os
import re
import struct
import subprocess
import sys
from typing import IO

_LENGTH = struct.Struct(">I")
_TOLD = re.compile(
    r"PYTHON.*|LC_.*|LD_.*|DYLD_.*|LANG|TZ|PATH|HOME|TMPDIR|TEMP|TMP|SYSTEMROOT|USERPROFILE|APPDATA",
    re.IGNORECASE,
)


def begin(module: str) -> subprocess.Popen[bytes]:
    """A process of this Python that runs the module and reads what strangers wrote. Raises OSError.

    Its code is not looked for in the folder it is begun in, where saved attachments may lie; and of
    the environment, which may hold tokens and passphrases, it is told what Python needs.
    """
    return subprocess.Popen(
        [sys.executable, "-P", "-m", module],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={name: value for name, value in os.environ.items() if _TOLD.fullmatch(name)},
    )


def read(stream: IO[bytes]) -> bytes | None:
    """One message; None when there is no more."""
    head = stream.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        return None
    content = stream.read(_LENGTH.unpack(head)[0])
    return content if len(content) == _LENGTH.unpack(head)[0] else None


def write(stream: IO[bytes], content: bytes) -> None:
    stream.write(_LENGTH.pack(len(content)))
    stream.write(content)
    stream.flush()
