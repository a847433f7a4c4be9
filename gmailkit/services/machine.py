"""What `doctor` looks at on this machine: versions, folders, disk, keyring. No network."""

from __future__ import annotations

import os
import platform
import shutil
import sqlite3
import stat
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Literal

from gmailkit.auth.keep import keyring_name
from gmailkit.paths import Home

State = Literal["ok", "warn", "fail"]

PYTHON = (3, 11)
SQLITE = (3, 40)  # the features we use: WAL, UPSERT, RETURNING, STRICT
LIBRARIES = (
    "google-api-python-client",
    "google-auth",
    "google-auth-oauthlib",
    "requests",
    "msgspec",
    "filelock",
)
MEGABYTE = 1_000_000
ENOUGH_SPACE = 500 * MEGABYTE
NO_SPACE = 20 * MEGABYTE


@dataclass(frozen=True, slots=True)
class Check:
    """One finding: what was looked at, how it is, and what to do when it is not well."""

    name: str
    state: State
    detail: str
    fix: str = ""


def machine_checks(home: Home) -> Iterator[Check]:
    yield _python()
    yield _sqlite()
    yield _libraries()
    yield from _folders(home)
    yield _disk(home)
    yield _keyring()


def _python() -> Check:
    version, system = platform.python_version(), platform.system()
    if sys.version_info < PYTHON:
        return Check("Python", "fail", f"{version} is too old", "Install Python 3.11 or later.")
    return Check("Python", "ok", f"{version} on {system}")


def _sqlite() -> Check:
    version = sqlite3.sqlite_version
    if sqlite3.sqlite_version_info < SQLITE:
        return Check("SQLite", "fail", f"{version} is too old", "Use a Python with SQLite 3.40+.")
    return Check("SQLite", "ok", version)


def _libraries() -> Check:
    missing, found = [], []
    for name in LIBRARIES:
        try:
            found.append(f"{name} {metadata.version(name)}")
        except metadata.PackageNotFoundError:
            missing.append(name)
    if missing:
        return Check("libraries", "fail", f"missing: {', '.join(missing)}", "pip install gmailkit")
    return Check("libraries", "ok", ", ".join(found))


def _folders(home: Home) -> Iterator[Check]:
    for name in ("config", "data", "state", "cache"):
        yield _folder(f"{name} folder", getattr(home, name))


def _folder(name: str, path: Path) -> Check:
    existing = nearest_existing(path)
    if not existing.is_dir():
        return Check(name, "fail", f"{existing} is not a folder", f"Move {existing} away.")
    if not os.access(existing, os.W_OK | os.X_OK):
        return Check(
            name,
            "fail",
            f"{existing} cannot be written",
            f"Make it yours (chown, chmod u+rwx '{existing}'), or set GMAILKIT_HOME.",
        )
    if existing != path:
        return Check(name, "ok", f"{path} (made when needed)")
    if os.name == "posix" and stat.S_IMODE(path.stat().st_mode) & 0o022:
        return Check(name, "fail", f"others can write to {path}", f"chmod go-w '{path}'")
    return Check(name, "ok", str(path))


def _disk(home: Home) -> Check:
    free = shutil.disk_usage(nearest_existing(home.data)).free
    detail = f"{free / MEGABYTE:,.0f} MB free where accounts and caches lie"
    if free < NO_SPACE:
        return Check("disk", "fail", detail, "Free some space: tokens could not be renewed.")
    if free < ENOUGH_SPACE:
        return Check("disk", "warn", detail, "Free some space before a backup.")
    return Check("disk", "ok", detail)


def _keyring() -> Check:
    name = keyring_name()
    where = f"tokens go to {name}" if name else "none; tokens go to files only you can read"
    return Check("keyring", "ok", where)


def nearest_existing(path: Path) -> Path:
    """`path`, or the first folder above it that is there."""
    return next((p for p in (path, *path.parents) if os.path.lexists(p)), Path("/"))
