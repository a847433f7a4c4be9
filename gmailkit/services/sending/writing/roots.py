"""Folders that a file may leave from when a value of a template had a say in its name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path


class Roots:
    """A file below one of these folders may leave, but nothing that is hidden there: with the home
    folder as root, the user's keys lie below it. Links are followed first.

    Values come from others, in a table or by --set; they must not carry off any file of this
    machine.
    """

    def __init__(self, folders: Iterable[Path]) -> None:
        self._folders = tuple(each.expanduser().resolve() for each in folders)

    def find(self, name: str) -> Path | None:
        """The path of that name in the first folder that has such a file, else in the first it may
        lie in, there or not. None when it lies in none of them.
        """
        inside = list(self._inside(name))
        there = next((each for each in inside if is_file(each)), None)
        return there or next(iter(inside), None)

    def _inside(self, name: str) -> Iterator[Path]:
        for folder in self._folders:
            try:
                place = (folder / Path(name).expanduser()).resolve()
            except (OSError, RuntimeError, ValueError):  # no such user, links in a circle, a NUL
                continue
            if self._may_leave(place):
                yield place

    def _may_leave(self, path: Path) -> bool:
        below = [
            path.relative_to(each).parts for each in self._folders if path.is_relative_to(each)
        ]
        return any(not any(part.startswith(".") for part in parts) for parts in below)


def is_file(path: Path) -> bool:
    """Not for a name that is too long to be one, either."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False
