"""Text files as spreadsheets write them: which encoding, which separator."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, TextIO

from gmailkit.errors import UsageError

_CHUNK = 1 << 20
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # begins as the mark of UTF-16 does
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SEPARATORS = ",;\t|"
_QUOTED = re.compile(r'"(?:[^"]|"")*+"')
_SAID = re.compile(r"sep=(.)\s*", re.IGNORECASE)  # a first line that Excel writes and obeys


@dataclass(frozen=True, slots=True)
class Encoding:
    """Python's name of it, and a sentence for the person where it was guessed."""

    name: str
    note: str = ""


def encoding_of(path: Path) -> Encoding:
    """By its mark, else UTF-8, else Windows-1252, which is what Excel writes in the West.

    The whole file is read, a piece at a time. Raises UsageError for what is none of them.
    """
    try:
        with path.open("rb") as file:
            start = file.read(4)
            if marked := next((name for mark, name in _MARKS if start.startswith(mark)), ""):
                return Encoding(marked)
            if start[:2].count(0) == 1:
                return Encoding("utf-16-be" if start[0] == 0 else "utf-16-le")
            for name in ("utf-8", "cp1252"):
                file.seek(0)
                if _decodes(file, name):
                    note = f"{path.name} is not UTF-8: read as Windows-1252 (check the accents)."
                    return Encoding(name, "" if name == "utf-8" else note)
    except OSError as error:
        raise cannot_read(path, error) from error
    raise UsageError(f"{path} is text in no encoding known here.", hint="Save it as CSV UTF-8.")


def open_text(path: Path, encoding: Encoding, *, newline: str | None = None) -> TextIO:
    try:
        return path.open(encoding=encoding.name, newline=newline)
    except OSError as error:
        raise cannot_read(path, error) from error


def cannot_read(path: Path, error: OSError) -> UsageError:
    return UsageError(f"Cannot read {path}: {error.strerror}.", hint="Check the path.")


def separator_of(first: str, *, default: str = ",") -> tuple[str, bool]:
    """What stands between the cells of the heading, and whether its line says nothing else."""
    if said := _SAID.fullmatch(first):
        return said[1], True
    bare = _QUOTED.sub("", first)
    best = max(_SEPARATORS, key=lambda each: (bare.count(each), each == default))
    return (best if best in bare else default), False


def _decodes(file: BinaryIO, name: str) -> bool:
    decoder = codecs.getincrementaldecoder(name)()
    try:
        while chunk := file.read(_CHUNK):
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True
