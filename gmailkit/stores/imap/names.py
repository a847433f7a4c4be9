"""Labels as the folders and keywords of an IMAP server, one for each and back.

Places of Gmail are the folders with the marks of RFC 6154, by whatever name; where a server has
none, by their usual English name. What else Gmail knows of a message (IMPORTANT, categories) is a
keyword. Labels of people are folders: a slash begins a level. What a folder's name cannot hold
plainly is written as =XX, so that every label comes back as it was.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from gmailkit.transport.imap.answers import Folder

PLACES = {"SENT": "\\sent", "SPAM": "\\junk", "TRASH": "\\trash"}
_NAMES = {"SENT": "Sent", "SPAM": "Junk", "TRASH": "Trash", "DRAFT": "Drafts", "": "Archive"}
_MARKS = {"DRAFT": "\\drafts", "": "\\archive", **PLACES}
_KEYWORDS = {"IMPORTANT": "$Important"}  # RFC 8457
_GMAIL = re.compile(r"CATEGORY_[A-Z]+|CHAT|[A-Z]+_(?:STAR|BANG|GUILLEMET|CHECK|INFO|QUESTION)")
_PREFIX = "$Gmail_"
_ALL = ("\\all", "\\flagged", "\\important")  # views: what they show lies elsewhere as well
_UNSAFE = re.compile(r"[\x00-\x1f\x7f*%\\\"]|^[ ~#.]|[ ]$|=(?=[0-9A-Fa-f]{2})")
_ESCAPED = re.compile(r"(?:=[0-9A-F]{2})+")
_OWN = frozenset({"cur", "new", "tmp"})  # folders that Maildirs are made of
_TAKEN = frozenset(name.casefold() for name in (*_NAMES.values(), "Spam", "INBOX"))


def is_keyword(label: str) -> bool:
    """Whether it is a keyword of a message, not a folder."""
    return label in _KEYWORDS or _GMAIL.fullmatch(label) is not None


def keyword_of(label: str) -> str:
    return _KEYWORDS.get(label) or f"{_PREFIX}{label}"


def labels_of(flags: Iterable[str]) -> frozenset[str]:
    """Those that keywords of ours stand for."""
    known = {word.lower(): label for label, word in _KEYWORDS.items()}
    found = set[str]()
    for flag in flags:
        if flag.lower() in known:
            found.add(known[flag.lower()])
        elif flag.lower().startswith(_PREFIX.lower()):
            label = flag[len(_PREFIX) :].upper()
            found |= {label} if _GMAIL.fullmatch(label) else set()
    return frozenset(found)


class Names:
    """Of one server, whose folders these are. All but INBOX begin with `prefix`, where one's own
    lie below it (RFC 2342).
    """

    def __init__(self, folders: Iterable[Folder], prefix: str = "") -> None:
        self._prefix = prefix
        self._marked: dict[str, str] = {}  # names by mark
        self.delimiter = "/"
        for folder in folders:
            self.delimiter = folder.delimiter or self.delimiter
            for mark in (*_MARKS.values(), *_ALL):
                if folder.has(mark) and folder.holds_mail:
                    self._marked.setdefault(mark, folder.name)

    def folder_of(self, label: str) -> str:
        """Of a label that is no keyword; "" and "DRAFT" are where mail without one lies."""
        if label == "INBOX":
            return "INBOX"
        if label in _NAMES:
            return self._marked.get(_MARKS[label]) or f"{self._prefix}{_NAMES[label]}"
        segments = label.split("/")
        if not all(segments):
            segments = [label]
        return self._prefix + self.delimiter.join(
            self._escaped(each, first=at == 0, alone=len(segments) == 1)
            for at, each in enumerate(segments)
        )

    def label_of(self, folder: Folder) -> str | None:
        """None for where mail lies that has no label, and for what only shows it."""
        if folder.name.upper() == "INBOX":
            return "INBOX"
        for label in _MARKS:
            if self._is_for(folder, label):
                return label if label in PLACES else None
        if self.is_view(folder):
            return None
        name = folder.name.removeprefix(self._prefix)
        parts = name.split(folder.delimiter) if folder.delimiter else [name]
        label = "/".join(map(_unescaped, parts))
        return label if self.folder_of(label) == folder.name else "/".join(parts)

    def is_draft(self, folder: Folder) -> bool:
        return self._is_for(folder, "DRAFT")

    def _is_for(self, folder: Folder, label: str) -> bool:
        """By its mark, or by its name where the server has marked no folder."""
        mark = _MARKS[label]
        usual = f"{self._prefix}{_NAMES[label]}"
        return folder.has(mark) or (mark not in self._marked and folder.name == usual)

    def is_view(self, folder: Folder) -> bool:
        return any(folder.has(mark) for mark in _ALL)

    def _escaped(self, segment: str, *, first: bool, alone: bool) -> str:
        text = _UNSAFE.sub(lambda found: _hex(found[0]), segment)
        for each in {"/", self.delimiter}:
            text = text.replace(each, _hex(each))
        taken = first and (
            segment.casefold() == "inbox"
            or (alone and segment.casefold() in _TAKEN)
            or segment in self._marked.values()
        )
        if (taken or segment in _OWN) and text == segment:
            text = _hex(text[0]) + text[1:]
        return text


def _hex(text: str) -> str:
    return "".join(f"={each:02X}" for each in text.encode("utf-8", "surrogatepass"))


def _unescaped(segment: str) -> str:
    def plain(found: re.Match[str]) -> str:
        raw = bytes.fromhex(found[0].replace("=", ""))
        return raw.decode("utf-8", "replace")

    return _ESCAPED.sub(plain, segment)
