"""A kind of store that a package brings: mail in a file of JSON lines, each with its labels.

pip install ./store_package
gmailkit copy maildir:Mail lines:FILE
"""

from __future__ import annotations

import json
import os
from base64 import b64decode, b64encode
from collections.abc import Iterable, Iterator
from pathlib import Path

from gmailkit.errors import CannotWrite, GmailKitError, NotFound, UsageError
from gmailkit.model.item import Can, Item, Ref
from gmailkit.query.tree import Node
from gmailkit.stores.locate import Location
from gmailkit.stores.matching import matching


class Lines:
    can = Can.BYTES | Can.LABELS | Can.WRITE

    def __init__(self, path: Path) -> None:
        self.path = path
        self.name = f"lines:{path}"

    def __enter__(self) -> Lines:
        return self

    def __exit__(self, *_: object) -> None: ...

    def refs(self, wanted: Node | None = None) -> Iterator[Ref]:
        return matching(self, [ref for ref, _ in self._items()], wanted)

    def fetch(self, refs: Iterable[Ref]) -> Iterator[tuple[Ref, Item | GmailKitError]]:
        known = dict(self._items())
        for ref in refs:
            yield ref, known.get(ref) or NotFound(f"There is no message {ref} in {self.name}.")

    def find(self, item: Item) -> Iterator[Ref]:
        """Under any labels: those of a line are not changed."""
        yield from (ref for ref, _ in self._equal(item))

    def says(self, item: Item) -> bool:
        return any(item.labels <= there.labels for _, there in self._equal(item))

    def add(self, item: Item) -> Ref:
        labels, mail = sorted(item.labels), b64encode(item.content.bytes).decode()
        ref = _ref(sum(1 for _ in self._items()))
        try:
            with self.path.open("a") as file:
                file.write(json.dumps({"mail": mail, "labels": labels}) + "\n")
        except OSError as error:
            raise CannotWrite(f"Cannot write {self.path}.", path=self.path) from error
        return ref

    def flush(self) -> None:
        with self.path.open("a") as file:
            os.fsync(file.fileno())

    def _equal(self, item: Item) -> Iterator[tuple[Ref, Item]]:
        wanted = item.content.digest
        return ((ref, there) for ref, there in self._items() if there.content.digest == wanted)

    def _items(self) -> Iterator[tuple[Ref, Item]]:
        lines = self.path.read_text().splitlines() if self.path.exists() else []
        for number, line in enumerate(lines):
            try:
                said = json.loads(line)
                mail, labels = b64decode(said["mail"]), frozenset(said["labels"])
            except (ValueError, KeyError) as error:
                raise UsageError(f"Line {number + 1} of {self.path} is no message.") from error
            yield _ref(number), Item.of(mail, labels=labels)


def _ref(number: int) -> Ref:
    """No number alone: that would be a row of the last list."""
    return Ref(f"line{number + 1}")


class Kind:
    """A kind that is only read has no `target`."""

    can = Lines.can

    def source(self, location: Location) -> Lines:
        path = Path(location.path).expanduser()
        if not path.exists():
            raise NotFound(f"There is no file {path}.")
        return Lines(path)

    def target(self, location: Location) -> Lines:
        return Lines(Path(location.path).expanduser())


KIND = Kind()
