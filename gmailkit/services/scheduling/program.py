"""How this installation is called, wherever the caller's PATH and working folder lead."""

from __future__ import annotations

import os
import shutil
import sys

_PATHS = tuple(
    f"GMAILKIT_{each}" for each in "HOME POLICY IDENTITY CLIENT_FILE SERVICE_ACCOUNT".split()
)
# None of them is a secret.
_NAMED = (*_PATHS, *(f"GMAILKIT_{each}" for each in "ACCOUNT SUBJECT PURPOSE API_ENDPOINT".split()))


def this_program() -> list[str]:
    found = shutil.which(sys.argv[0]) if sys.argv[0] else None
    if found and os.path.basename(found).startswith("gmailkit"):  # noqa: PTH119
        return [os.path.abspath(found)]  # noqa: PTH100 - a link to it is right, and stays one
    return [sys.executable, "-P", "-m", "gmailkit"]  # a timer runs in the home folder


def environment() -> dict[str, str]:
    """What of the environment says which mailbox and which rules are meant."""
    found = {name: os.environ[name] for name in _NAMED if os.environ.get(name)}
    for name in _PATHS:
        if name in found:
            found[name] = os.path.abspath(os.path.expanduser(found[name]))  # noqa: PTH100, PTH111
    return found
