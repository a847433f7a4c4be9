"""The objects below one URL, through obstore."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any, BinaryIO

from gmailkit.backup.marker import MARKER
from gmailkit.backup.objects.ranges import ranges
from gmailkit.backup.objects.trouble import KEYS, Trouble, is_of_bucket
from gmailkit.backup.place import origin
from gmailkit.backup.shelf import Taken
from gmailkit.errors import UsageError
from gmailkit.model.content import IN_MEMORY, PIECE, Content

if TYPE_CHECKING:
    from pathlib import Path

    from gmailkit.backup.objects.lock import Lock

_TIMES = {"timeout": "300s", "connect_timeout": "10s"}
_AGAIN = {
    "max_retries": 5,
    "retry_timeout": timedelta(seconds=300),
    "backoff": {
        "init_backoff": timedelta(milliseconds=100),
        "max_backoff": timedelta(seconds=10),
        "base": 2.0,
    },
}
# What is larger than a part goes up in parts, so many at a time, under a name of its own, and is
# then put in its place by the store itself: no store takes parts on the condition that the name is
# free, but for a copy.
INCOMING = "incoming"
_PART, _AT_ONCE = IN_MEMORY, 2
_COPY_IF_FREE = {"aws_copy_if_not_exists": "multipart"}  # AWS_COPY_IF_NOT_EXISTS says otherwise


Version = Mapping[str, str]  # what names one content of an object


@dataclass(frozen=True, slots=True)
class Seen:
    """An object, and when it was put: seconds since 1970 by the clock of the store."""

    content: bytes
    at: float


class Bucket:
    """A `Shelf`; names are relative to the URL. Reading raises Unreachable, and NoBackup where the
    bucket is missing or may not be read; writing raises CannotWrite.
    """

    distant = True

    def __init__(self, url: str, folder: Path, machine: str) -> None:
        self.url = url
        self.folder = folder  # that stands for it here
        self.machine = machine  # how this machine signs
        self.lock: Lock | None = None  # while this process is the writer
        self.marker = MARKER  # what it is called there, another name while it is a draft
        self._objects = require()
        self._failed = self._objects.exceptions.BaseError
        self._trouble = Trouble(url, folder, self._objects.exceptions)
        said = (os.environ.get(f"{each}_ALLOW_HTTP", "") for each in ("AWS", "GOOGLE", "AZURE"))
        yes = any(each.lower() in ("1", "true", "yes", "on") for each in said)
        try:
            self._store: Any = self._objects.store.from_url(
                url,
                client_options={**_TIMES, "allow_http": yes},
                retry_config=_AGAIN,
                config=_ways(url),
            )
        except (self._failed, ValueError) as error:
            why = "no account is named" if "Account must be" in str(error) else "it is not taken"
            raise UsageError(f"{url} cannot be used: {why}.", hint=KEYS) from None

    @property
    def told(self) -> str:
        return self.url

    def size(self, name: str) -> int | None:
        with self._trouble.reading():
            try:
                return int(self._objects.head(self._store, name)["size"])
            except FileNotFoundError as error:
                if is_of_bucket(error):
                    raise
                return None

    @contextmanager
    def opened(self, name: str) -> Iterator[BinaryIO]:
        size = self.size(name)
        if size is None:
            raise FileNotFoundError(2, "No such object", f"{self.url}/{name}")
        with ranges(lambda offset, length: self.part(name, offset, length), size) as file:
            yield file

    def read(self, name: str) -> bytes | None:
        """All of an object, None where there is none."""
        found = self.seen(name)
        return found.content if found else None

    def seen(self, name: str) -> Seen | None:
        """The same, with when it was put."""
        with self._trouble.reading():
            try:
                found = self._objects.get(self._store, name)
                return Seen(bytes(found.bytes()), found.meta["last_modified"].timestamp())
            except FileNotFoundError as error:
                if is_of_bucket(error):
                    raise
                return None

    def part(self, name: str, offset: int, length: int) -> bytes | None:
        """Those bytes of an object, fewer at its end."""
        if not length:
            return b""
        with self._trouble.reading():
            try:
                return bytes(
                    self._objects.get_range(self._store, name, start=offset, length=length)
                )
            except FileNotFoundError as error:
                if is_of_bucket(error):
                    raise
                return None
            except self._failed as error:
                if "416" in str(error):  # it is shorter than that
                    return b""
                raise

    def sizes(self, folder: str = "") -> dict[str, int]:
        """The objects in a folder, or all, with their bytes."""
        found: dict[str, int] = {}
        with self._trouble.reading():
            for batch in self._objects.list(self._store, prefix=folder or None):
                found |= {each["path"]: each["size"] for each in batch}
        return found

    def put_new(self, name: str, content: Content) -> Version:
        """Whole or not at all, and never over another. Raises Taken, and BackupLocked when the lock
        that this writer had is somebody else's.
        """
        if self.lock:
            self.lock.renew()
        if content.size <= _PART:
            return self._put(name, content, "create")
        return self._put_in_parts(name, content)

    def put(self, name: str, content: bytes) -> Version:
        """Over what is there."""
        return self._put(name, Content.of(content), "overwrite")

    def put_instead(self, name: str, content: bytes, version: Version) -> Version:
        """Over that version alone. Raises Taken where there is another."""
        return self._put(name, Content.of(content), version)

    def _put(self, name: str, content: Content, mode: Any) -> Version:
        known = self._objects.exceptions
        with self._trouble.writing(name):
            try:
                return _version(self._objects.put(self._store, name, content.bytes, mode=mode))
            except (known.AlreadyExistsError, known.PreconditionError):
                if (version := self._version_of(name, content)) is None:
                    raise Taken(name) from None
                return version  # the answer to an earlier try was lost

    def _put_in_parts(self, name: str, content: Content) -> Version:
        known, incoming = self._objects.exceptions, f"{INCOMING}/{secrets.token_hex(8)}"
        with self._trouble.writing(name):
            try:
                self._objects.put(
                    self._store,
                    incoming,
                    content.pieces(),
                    chunk_size=_PART,
                    max_concurrency=_AT_ONCE,
                )
                self._objects.copy(self._store, incoming, name, overwrite=False)
                return {}
            except (self._failed, OSError) as error:
                if (version := self._version_of(name, content)) is not None:
                    return version  # as above
                if isinstance(error, (known.AlreadyExistsError, known.PreconditionError)):
                    raise Taken(name) from None
                if not self._trouble.is_of_ability(error):
                    raise
            finally:
                with suppress(self._failed, OSError):  # the next writer does it
                    self._objects.delete(self._store, incoming)
        return self._put(name, content, "create")  # it then has to be held

    def _version_of(self, name: str, content: Content) -> Version | None:
        """Of the object, where it is this one."""
        try:
            there = self._objects.get(self._store, name)
        except FileNotFoundError:
            return None
        at = 0
        for piece in there.stream(min_chunk_size=PIECE):
            if content.part(at, len(piece)) != bytes(piece):
                return None
            at += len(piece)
        return _version(there.meta) if at == content.size else None

    def remove(self, *names: str) -> None:
        if not names:
            return
        with self._trouble.writing(names[0]):
            try:
                self._objects.delete(self._store, list(names))
            except FileNotFoundError as error:
                if is_of_bucket(error):
                    raise

    def settle(self, name: str) -> None:
        """It was safe when the put had ended."""


def _ways(url: str) -> Mapping[str, str]:
    """What the library has to be told of that kind of store."""
    said = os.environ.get("AWS_COPY_IF_NOT_EXISTS")
    return {} if said or not url.startswith("s3:") else _COPY_IF_FREE


def _version(told: Mapping[str, Any]) -> Version:
    return {key: told[key] for key in ("e_tag", "version") if told.get(key)}


def require() -> Any:
    """The library that does it. Raises UsageError when it is not installed."""
    try:
        import obstore
        import obstore.exceptions
        import obstore.store
    except ImportError as error:
        raise UsageError(
            "A backup in object storage needs obstore.",
            hint="Install it: pip install 'gmailkit[cloud]'",
        ) from error
    return obstore


def connected(folder: Path) -> Bucket:
    """The store that a folder stands for: one for all of a process, so it knows of its lock."""
    found = origin(folder)
    assert found is not None  # noqa: S101 - callers have asked
    return _connected(folder, *found)


@lru_cache(maxsize=8)
def _connected(folder: Path, url: str, machine: str) -> Bucket:
    return Bucket(url, folder, machine)
