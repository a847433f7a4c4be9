"""Messages as rows: a line of JSON each, or of CSV that a spreadsheet may open. Written whole."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

from gmailkit.mime.parse import parse
from gmailkit.mime.readable import readable
from gmailkit.model.item import Can, Item, Ref
from gmailkit.model.mail import Mail
from gmailkit.services.spreadsheet import csv_line, guarded
from gmailkit.stores.door import Step, unwatched
from gmailkit.stores.matching import LOOKED_AT
from gmailkit.stores.whole import WholeFile

COLUMNS = (
    *("received", "date", "from", "to", "cc", "subject", "labels", "flags", "size"),
    *("attachments", "message_id", "thread", "sha256"),
)

Cells = Literal["guarded", "raw"]


class RowsTarget:
    """A row for each message, also of two that are equal. No bytes are kept, so nothing comes back.
    `form` is "jsonl" or "csv", whose `cells` are "guarded" or "raw": then a spreadsheet may compute
    what somebody wrote.

    Raises CannotWrite (there is such a file already).
    """

    can = Can.LABELS | Can.FLAGS | Can.DATE | Can.THREADS | Can.WRITE

    def __init__(
        self, path: Path, *, form: str, cells: Cells = "guarded", step: Step = unwatched
    ) -> None:
        self.name = f"rows:{path.absolute()}"
        self._whole = WholeFile(path, step=step)
        self._line = _LINES[form, cells]
        self._count = 0
        if form == "csv":
            self._write(csv_line(COLUMNS))

    def __enter__(self) -> RowsTarget:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is not None:
            self._whole.discard()
            return
        try:
            self._whole.finish()
        except BaseException:
            self._whole.discard()
            raise

    def find(self, item: Item) -> Iterator[Ref]:
        return iter(())

    def add(self, item: Item) -> Ref:
        mail = parse(item.content.part(0, LOOKED_AT))
        self._write(self._line(item, mail))
        self._count += 1
        return Ref(str(self._count))

    def flush(self) -> None:
        """Nothing is safe before the whole file is."""

    def _write(self, text: str) -> None:
        with self._whole.writing():
            self._whole.step()
            self._whole.file.write(text.encode(errors="replace"))


def _facts(item: Item, mail: Mail) -> dict[str, Any]:
    """Lists stay lists; times are ISO 8601."""
    return {
        "received": item.received.isoformat() if item.received else None,
        "date": mail.date.isoformat() if mail.date else None,
        "from": str(mail.sender) if mail.sender else "",
        "to": [str(each) for each in mail.to],
        "cc": [str(each) for each in mail.cc],
        "subject": mail.subject,
        "labels": sorted(item.labels),
        "flags": sorted(item.flags),
        "size": item.content.size,
        "attachments": [each.filename for each in mail.attachments],
        "message_id": mail.message_id,
        "thread": item.thread,
        "sha256": item.content.digest,
    }


def facts_with_text(item: Item, mail: Mail) -> dict[str, Any]:
    """All that a row says of a message, where a cell may be a list or an object."""
    return _facts(item, mail) | {
        "attachments": [
            {"filename": each.filename, "content_type": each.content_type, "size": each.size}
            for each in mail.attachments
        ],
        "bcc": [str(each) for each in mail.bcc],
        "text": readable(mail).text,
    }


def _json(item: Item, mail: Mail) -> str:
    facts = facts_with_text(item, mail)
    return json.dumps(facts, ensure_ascii=False, separators=(",", ":")) + "\n"


def _csv(item: Item, mail: Mail) -> str:
    return csv_line(map(guarded, _cells(item, mail)))


def _raw_csv(item: Item, mail: Mail) -> str:
    return csv_line(_cells(item, mail))


def _cells(item: Item, mail: Mail) -> list[str]:
    facts = _facts(item, mail)
    return [_cell(facts[column]) for column in COLUMNS]


def _cell(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(value)
    return "" if value is None else str(value)


_LINES = {
    ("jsonl", "guarded"): _json,
    ("csv", "guarded"): _csv,
    ("csv", "raw"): _raw_csv,
}
