"""Header fields as they are sent: folded, and non-ASCII as encoded words or RFC 2231 parameters.

Own code, since the folder of Python 3.11 drops the quotes of a long display name ("Doe, John ..."
then reads as two recipients) and turns long message ids into encoded words, which breaks threads.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Callable, Iterable, Iterator, Mapping

from gmailkit.model.mail import Address

_WIDTH = 78  # RFC 5322 section 2.1.1: should; the hard limit is 998
_LONGEST = 900  # characters without a blank that may stay as they are, on a line of their own

_PLAIN = re.compile(r"[!-~]+(?: [!-~]+)*")
_ATOMS = re.compile(r"[\w!#$%&'*+/=?^`{|}~-]+(?: [\w!#$%&'*+/=?^`{|}~-]+)*", re.ASCII)
_TOKEN = re.compile(r"[\w!#$&+.^`{}|~-]+", re.ASCII)
_QUOTABLE = re.compile(r"[ !#-\[\]-~]+")

# RFC 2047 section 5 (3): what Q leaves as it is inside a display name; kept to everywhere.
_SAFE = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!*+-/ ")
_CODED = re.compile(rb"[^A-Za-z0-9!#$&+.^_`|~-]")  # RFC 5987's attr-char turned round


def text_field(name: str, text: str) -> str:
    """An unstructured field (Subject and the like), with its line end."""
    return _folded(name, _text_tokens(text, _room(name)))


def id_field(name: str, ids: Iterable[str]) -> str:
    """Message ids, encoded only if no ASCII: a changed id breaks the thread."""
    tokens = [token for one in ids for token in one.split()]
    return (
        _folded(name, tokens) if "".join(tokens).isascii() else text_field(name, " ".join(tokens))
    )


def address_field(name: str, addresses: Iterable[Address]) -> str:
    """Display names encoded; an address beyond ASCII stays raw UTF-8 (RFC 6532)."""
    tokens: list[str] = []
    for address in addresses:
        if tokens:
            tokens[-1] += ","
        tokens += _address_tokens(address, _room(name))
    return _folded(name, tokens)


def parameter_field(name: str, value: str, parameters: Mapping[str, str]) -> str:
    """Content-Type and Content-Disposition; parameters that are not plain by RFC 2231."""
    tokens = [value]
    for key, text in parameters.items():
        for token in _parameter_tokens(key, text):
            tokens[-1] += ";"
            tokens.append(token)
    return _folded(name, tokens)


def _folded(name: str, tokens: Iterable[str]) -> str:
    """Tokens set one blank apart, or on a new line where the line would grow too long."""
    lines = [f"{name}:"]
    for token in tokens:
        if len(lines[-1]) + 1 + len(token) > _WIDTH and lines[-1] != f"{name}:":
            lines.append("")
        lines[-1] += f" {token}"
    return "\r\n".join(lines) + "\r\n"


def _room(name: str) -> int:
    """Longest encoded word, so that it fits beside the field's name (RFC 2047 section 2)."""
    return max(74 - len(name), 40)


def _text_tokens(text: str, room: int) -> Iterable[str]:
    """Plain words as they are. One odd blank or letter, and the whole text is encoded."""
    words = text.split(" ")
    plain = bool(_PLAIN.fullmatch(text)) and "=?" not in text
    if plain and max(map(len, words)) <= _LONGEST:
        return words
    return _encoded_words(text, room) if text else ()


def _address_tokens(address: Address, room: int) -> list[str]:
    if not address.name:
        return [address.email]
    return [*_phrase(address.name, room), f"<{address.email}>"]


def _phrase(name: str, room: int) -> Iterable[str]:
    """A display name: atoms, one quoted string, or encoded words (RFC 5322 section 3.2.5)."""
    if "=?" not in name and len(name) <= room:
        if _ATOMS.fullmatch(name):
            return name.split(" ")
        if _PLAIN.fullmatch(name):
            return ['"' + re.sub(r'(["\\])', r"\\\1", name) + '"']
    return _encoded_words(name, room)


def _encoded_words(text: str, room: int) -> Iterator[str]:
    """`text` as UTF-8 encoded words, Q where most stays readable, else B; no character is cut."""
    room -= len("=?utf-8?q??=")
    if sum(map(_q_cost, text)) <= 2 * len(text.encode()):
        return (f"=?utf-8?q?{_q(part)}?=" for part in _pieces(text, _q_cost, room))
    return (f"=?utf-8?b?{_b(part)}?=" for part in _pieces(text, _size, room // 4 * 3))


def _pieces(text: str, cost: Callable[[str], int], room: int) -> Iterator[str]:
    start = used = 0
    for index, letter in enumerate(text):
        used += cost(letter)
        if used > room:
            yield text[start:index]
            start, used = index, cost(letter)
    yield text[start:]


def _size(letter: str) -> int:
    return len(letter.encode())


def _q_cost(letter: str) -> int:
    return sum(1 if byte in _SAFE else 3 for byte in letter.encode())


def _q(text: str) -> str:
    coded = (chr(byte) if byte in _SAFE else f"={byte:02X}" for byte in text.encode())
    return "".join(coded).replace(" ", "_")


def _b(text: str) -> str:
    return binascii.b2a_base64(text.encode(), newline=False).decode()


def _parameter_tokens(key: str, text: str) -> Iterable[str]:
    plain = len(key) + len(text) < _WIDTH - 6 and "=?" not in text
    if plain and _TOKEN.fullmatch(text):
        return [f"{key}={text}"]
    if plain and _QUOTABLE.fullmatch(text):
        return [f'{key}="{text}"']
    return _extended(key, text)


def _extended(key: str, text: str) -> Iterator[str]:
    """name*=utf-8''... or, when that is too long, name*0*, name*1* and so on (RFC 2231)."""
    coded = _CODED.sub(lambda found: b"%%%02X" % found[0][0], text.encode()).decode()
    pieces = list(_cut(coded))
    for number, piece in enumerate(pieces):
        order = f"*{number}" if len(pieces) > 1 else ""
        charset = "" if number else "utf-8''"
        yield f"{key}{order}*={charset}{piece}"


def _cut(coded: str, length: int = 50) -> Iterator[str]:
    """In pieces of about `length`, never inside a %XX."""
    start = 0
    while len(coded) - start > length:
        end = start + length
        end = max(coded.rfind("%", end - 2, end), 0) or end
        yield coded[start:end]
        start = end
    yield coded[start:]
