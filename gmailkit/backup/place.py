"""Where a backup lies: a folder, or object storage that a URL names.

Of a backup in object storage this machine keeps a folder in its cache: the index, the search
database and a copy of the marker. That folder stands for the URL wherever a folder is meant, and
may be deleted at any time.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import secrets
from pathlib import Path
from urllib.parse import urlsplit

from gmailkit.backup.storage import DISK, writing
from gmailkit.errors import UsageError
from gmailkit.paths import Home, private_folder

SCHEMES = ("s3", "gs", "az")
ORIGIN = "store.json"  # in the folder that stands for a URL: which, and the name of this machine
# What tells stores of one URL apart.
_ENDPOINTS = re.compile(r"(AWS|GOOGLE|AZURE)_.*(ENDPOINT|BASE_URL|ACCOUNT_NAME).*")


def url_of(place: str | Path) -> str | None:
    """The URL that is meant, None for a folder. Path("s3://a/b") has lost a slash, which is found
    again; a folder called "s3:" is "./s3:" for strings, and otherwise named from the root on.

    Raises UsageError, without repeating it, for a URL with a password or anything else in it.
    """
    text = place.as_posix() if isinstance(place, Path) else place
    found = re.fullmatch(rf"({'|'.join(SCHEMES)}):/+(.*)", text, re.DOTALL)
    if not found:
        return None
    scheme, rest = found.groups()
    parts = urlsplit(f"{scheme}://{rest}")
    if "@" in parts.netloc or parts.query or parts.fragment:
        raise UsageError(
            "The URL of a backup holds no user, password or token.",
            hint="Keys come from the environment, as AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.",
        )
    inside = parts.path.strip("/")
    if not parts.netloc or ":" in parts.netloc or ".." in inside.split("/"):
        raise UsageError(
            "That is no URL of a backup.", hint="A bucket and a folder in it: s3://BUCKET/mail"
        )
    return f"{scheme}://{parts.netloc}/{inside}".rstrip("/")


def folder_of(place: str | Path) -> Path:
    """The folder itself, or the one that stands for the URL here, made if missing.

    Raises UsageError and CannotWrite.
    """
    url = url_of(place)
    if url is None:
        return Path(place)
    ends = sorted(f"{name}={os.environ[name]}" for name in os.environ if _ENDPOINTS.match(name))
    name = hashlib.sha256("\n".join((url, *ends)).encode(errors="replace")).hexdigest()[:16]
    folder = Home.find(os.environ).cache / "objects" / name
    private_folder(folder)
    if origin(folder) is None:
        said = json.dumps({"url": url, "machine": secrets.token_hex(8)}).encode()
        new = folder / f"{ORIGIN}.{os.getpid()}.new"
        with writing(new):
            new.unlink(missing_ok=True)
            DISK.create(new)
            DISK.write(new, 0, (said,))
            DISK.rename(new, folder / ORIGIN)
    return folder


def origin(folder: Path) -> tuple[str, str] | None:
    """The URL that a folder stands for, and the name by which this machine signs there."""
    try:
        said = json.loads((folder / ORIGIN).read_bytes())
        return str(said["url"]), str(said["machine"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def name_of(place: str | Path) -> str:
    """As people name it: the URL, or the path."""
    if url := url_of(place):
        return url
    found = origin(Path(place))
    return found[0] if found else str(place)
