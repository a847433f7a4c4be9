"""Which filters of Gmail the rules of a file made, so that a changed rule replaces its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from hashlib import sha256
from pathlib import Path

import msgspec

from gmailkit.errors import CannotWrite
from gmailkit.paths import write_private


class _Mark(msgspec.Struct, frozen=True, kw_only=True):
    file: str
    filters: dict[str, str]


class RuleMarks:
    """One small file for each file of rules of an account. `folder` is asked for on first use."""

    def __init__(self, folder: Callable[[], Path]) -> None:
        self._folder = folder

    def made_by(self, rules: Path) -> Mapping[str, str]:
        """Ids of filters, each with the name of its rule.

        Empty too for a file that is damaged: then no filter counts as a rule's own, and all stay.
        """
        path = self._path(rules)
        try:
            return msgspec.json.decode(path.read_bytes(), type=_Mark).filters
        except (FileNotFoundError, msgspec.MsgspecError):
            return {}
        except OSError as error:
            raise CannotWrite(f"Cannot read {path}: {error.strerror}.", path=path) from error

    def made_by_others(self, rules: Path) -> frozenset[str]:
        """Ids of the filters that other files of rules made, as far as these are still there."""
        own, found = self._path(rules), set[str]()
        for path, mark in self._all():
            if path != own and Path(mark.file).exists():
                found.update(mark.filters)
        return frozenset(found)

    def files(self) -> list[Path]:
        """The files of rules that made filters here, there or not."""
        return sorted(Path(mark.file) for _, mark in self._all())

    def _all(self) -> Iterator[tuple[Path, _Mark]]:
        for path in (self._folder() / "rules").glob("*.json"):
            try:
                yield path, msgspec.json.decode(path.read_bytes(), type=_Mark)
            except (FileNotFoundError, msgspec.MsgspecError):
                continue
            except OSError as error:
                raise CannotWrite(f"Cannot read {path}: {error.strerror}.", path=path) from error

    def write(self, rules: Path, filters: Mapping[str, str]) -> None:
        """Raises CannotWrite."""
        mark = _Mark(file=str(rules.resolve()), filters=dict(filters))
        write_private(self._path(rules), msgspec.json.encode(mark))

    def _path(self, rules: Path) -> Path:
        name = sha256(str(rules.resolve()).encode()).hexdigest()[:16]
        return self._folder() / "rules" / f"{name}.json"
