"""The X-Gmail-Labels line of a pack: label names the way Google Takeout writes them.

It is there for other programs; gmailkit itself reads labels from the X-Gmailkit line.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

# Takeout's English names of Gmail's system labels, in the order we write them.
SYSTEM_NAMES = {
    "INBOX": "Inbox",
    "SENT": "Sent",
    "DRAFT": "Drafts",
    "CHAT": "Chat",
    "SPAM": "Spam",
    "TRASH": "Trash",
    "STARRED": "Starred",
    "IMPORTANT": "Important",
    "UNREAD": "Unread",
    "CATEGORY_PERSONAL": "Category Personal",
    "CATEGORY_SOCIAL": "Category Social",
    "CATEGORY_PROMOTIONS": "Category Promotions",
    "CATEGORY_UPDATES": "Category Updates",
    "CATEGORY_FORUMS": "Category Forums",
}
# Open: what Takeout calls archived. We take the meaning of Gmail's own search, in:archive.
_PLACES = frozenset({"INBOX", "SENT", "DRAFT", "CHAT", "SPAM", "TRASH"})
_PLAIN_LINE = 998  # RFC 5322 section 2.1.1, without the line's end
_ENCODED_LINE = 76  # RFC 2047 section 2: a line that holds an encoded word
_WORD_START, _WORD_END = "=?UTF-8?Q?", "?="


def shown(label: str) -> str:
    """A label as people read it: of Gmail's own, which items bear by id, the English name."""
    from gmailkit.query.labels import is_star

    if is_star(label):
        return label.replace("_", " ").capitalize()
    return SYSTEM_NAMES.get(label, label)


def labels_line(labels: Mapping[str, str]) -> str:
    """`X-Gmail-Labels: ...` without the line's end; folded when it has to be encoded.

    `labels` maps ids to names. Names are separated by commas and quoted as in CSV; the whole
    value is RFC 2047 encoded (UTF-8, Q) when a plain line cannot carry it.
    """
    return _line(tuple(sorted(labels.items())))


@lru_cache(maxsize=256)  # the same few sets of labels come back again and again
def _line(labels: tuple[tuple[str, str], ...]) -> str:
    value = ",".join(_quoted(name) for name in _names(dict(labels)))
    plain = f"X-Gmail-Labels: {value}"
    if value.isascii() and value.isprintable() and "=?" not in value and len(plain) <= _PLAIN_LINE:
        return plain
    return "X-Gmail-Labels: " + "\n ".join(_encoded_words(value))


def _names(labels: Mapping[str, str]) -> list[str]:
    system = [name for id, name in SYSTEM_NAMES.items() if id in labels]
    if "UNREAD" not in labels:
        system.append("Opened")
    if not _PLACES & labels.keys():
        system.append("Archived")
    return system + sorted(name for id, name in labels.items() if id not in SYSTEM_NAMES)


def _quoted(name: str) -> str:
    if "," in name or '"' in name or name != name.strip():
        return '"' + name.replace('"', '""') + '"'
    return name


def _encoded_words(value: str) -> list[str]:
    """`value` as encoded words, one for each line; none splits a character (RFC 2047 section 5)."""
    room = _ENCODED_LINE - len("X-Gmail-Labels: ") - len(_WORD_START) - len(_WORD_END)
    words = [""]
    for character in value:
        code = _q(character)
        if len(words[-1]) + len(code) > room:
            words.append("")
        words[-1] += code
    return [_WORD_START + word + _WORD_END for word in words]


def _q(character: str) -> str:
    """RFC 2047 section 4.2, with no more left plain than section 5 (3) allows everywhere."""
    if character == " ":
        return "_"
    if character.isascii() and (character.isalnum() or character in "!*+-/"):
        return character
    return "".join(f"={byte:02X}" for byte in character.encode())
