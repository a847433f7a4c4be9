"""The words of a message that the search of the pages finds. `search.js` takes a search apart in
the same way: whoever changes one changes the other.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path

from gmailkit.model.mail import Mail

SHARDS = 256
_WORD = re.compile(r"[^\W_]+")
# Written without blanks (Thai, Lao, Khmer, kana, Han): found by each letter and two.
_RUN = re.compile(
    r"[\u0e00-\u0eff\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003ffff]+"
)
_LONGEST = 40  # characters of a word; what is longer is found by its beginning
_MOST = 3_000  # different words of a message
_TEXT = 400_000  # characters of a message that are looked at
_SPOOLED = 8 << 20  # bytes


def words_of(text: str) -> Iterator[str]:
    """In small letters, without accents."""
    plain = unicodedata.normalize("NFKD", text)
    plain = "".join(each for each in plain if not unicodedata.category(each).startswith("M"))
    for found in _WORD.finditer(plain.lower()):
        at = 0
        for run in _RUN.finditer(found[0]):
            yield from _cut(found[0][at : run.start()])
            at = run.end()
            yield from run[0]
            yield from map("".join, zip(run[0], run[0][1:], strict=False))
        yield from _cut(found[0][at:])


def _cut(word: str) -> Iterator[str]:
    if word:
        yield word[:_LONGEST]


def found_by(mail: Mail, text: str, labels: Iterable[str], thread: str) -> str:
    """All that finds a message: words of text, names and addresses, and `field:word`."""
    people = " ".join(map(str, (*mail.to, *mail.cc, *mail.bcc)))
    files = " ".join(each.filename for each in mail.attachments)
    fields = {
        "from": str(mail.sender or ""),
        "to": people,
        "subject": mail.subject,
        "label": " ".join(labels),
        "filename": files,
        "has": "attachment" if mail.attachments else "",
        "thread": thread,
    }
    found: dict[str, None] = {}
    for field, said in fields.items():
        for word in words_of(said[:_TEXT]):
            found[f"{field}:{word}"] = None
            if field not in ("has", "thread"):
                found[word] = None
    for word in words_of(text[:_TEXT]):
        if len(found) >= _MOST:
            break
        found[word] = None
    return " ".join(found)


@lru_cache(maxsize=50_000)
def shard_of(word: str) -> int:
    """By its first two letters, so that a word is found by its beginning too."""
    bare = word.rpartition(":")[2]
    first, second = ord(bare[0]), ord(bare[1]) if len(bare) > 1 else 0
    return (first * 31 + second) % SHARDS


class Spool:
    """Words with the messages they stand in, put down by shard until all are known."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._held: dict[int, list[str]] = {}
        self._size = 0

    def add(self, rank: int, words: str) -> None:
        """`rank` rises from call to call. Raises OSError."""
        for word in words.split(" "):
            if word:
                self._held.setdefault(shard_of(word), []).append(f"{word} {rank}\n")
                self._size += len(word) + 60
        if self._size > _SPOOLED:
            self.put_down()

    def put_down(self) -> None:
        """Raises OSError."""
        for shard, lines in self._held.items():
            with self._path(shard).open("a", encoding="utf-8") as file:
                file.writelines(lines)
        self._held.clear()
        self._size = 0

    def scripts(self) -> Iterator[tuple[int, bytes]]:
        """Each shard as a script that hands it to search.js. Raises OSError."""
        for shard in range(SHARDS):
            path = self._path(shard)
            if path.exists():
                yield shard, f"mail.words({shard},{_postings(path)});\n".encode()
                path.unlink()

    def _path(self, shard: int) -> Path:
        return self._folder / f"words-{shard:02x}"


def _postings(path: Path) -> str:
    """Words in order, each with the ranks of its messages as steps from one to the next."""
    steps: dict[str, list[int]] = {}
    last: dict[str, int] = {}
    with path.open(encoding="utf-8") as file:
        for line in file:
            word, rank = line.split(" ")
            steps.setdefault(word, []).append(int(rank) - last.get(word, 0))
            last[word] = int(rank)
    return json.dumps([[word, steps[word]] for word in sorted(steps)], separators=(",", ":"))
