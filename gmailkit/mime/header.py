"""Header values to text: RFC 5322 folding and RFC 2047 encoded words, tolerant."""

from __future__ import annotations

import re
from collections.abc import Iterator

from gmailkit.mime.charset import decode_text
from gmailkit.mime.transfer import decode_base64

_FOLD = re.compile(r"\r?\n(?=[ \t])")
_ALIEN_SURROGATE = re.compile("[\ud800-\udc7f\udd00-\udfff]")  # stands for no byte

# Line and paragraph separators count: they too start a new line where a value is shown.
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")

# =?charset*language?encoding?text?= (RFC 2047 section 2, RFC 2231 section 5). Wider than the rule:
# also inside other text, with blanks or "?" in it, of any length. The text never spans the start of
# another word, so a scan stays linear.
_WORD = re.compile(
    r"=\?([^?*\s]*+)(?:\*[^?\s]*+)?\?([bBqQ])\?((?:[^?=]|\?(?!=)|=(?!\?(?!=)))*+)\?="
)
_QUOTED = re.compile(rb"=([0-9A-Fa-f]{2})")


def decode(value: str | bytes, *, charset: str = "") -> str:
    """The text of a header value: unfolded, decoded, each control character a space.

    Raw 8-bit bytes are read as UTF-8 (RFC 6532), else as `charset`, which may be the one of the
    body, else windows-1252. Text without encoded words comes back as it is.
    """
    text = unfold(value, charset=charset)
    if "=?" in text:
        text = "".join(_decoded(text))
    return clean(text)


def clean(text: str) -> str:
    """`text` fit for one line: each control character or line separator a blank, none around."""
    return (text if text.isprintable() else _CONTROL.sub(" ", text)).strip()


def unfold(value: str | bytes, *, charset: str = "") -> str:
    """The value on one line, encoded words still encoded: what structured fields are parsed from.

    A str may carry raw bytes as surrogates, as Python's own parser leaves them.
    """
    if isinstance(value, bytes):
        value = _raw_text(value, charset)
    elif not value.isascii():
        value = _without_surrogates(value)
    return _FOLD.sub("", value) if "\n" in value else value


def _raw_text(value: bytes, charset: str) -> str:
    try:
        value.isascii() or value.decode()
    except UnicodeDecodeError:
        return decode_text(value, charset)
    return decode_text(value, "")


def _without_surrogates(value: str) -> str:
    try:
        value.encode()
    except UnicodeEncodeError:
        value = _ALIEN_SURROGATE.sub("\ufffd", value)
        return decode_text(value.encode("utf-8", "surrogateescape"), "")
    return value


def _decoded(text: str) -> Iterator[str]:
    """Plain stretches and runs of encoded words; blanks between two words vanish (section 6.2)."""
    end, words = 0, _Words()
    for found in _WORD.finditer(text):
        between = text[end : found.start()]
        if between.strip() or not words:
            yield words.flush() + between
        words.add(charset=found[1], content=_content(found[2], found[3]))
        end = found.end()
    yield words.flush() + text[end:]


class _Words:
    """Adjacent encoded words, joined as bytes while the charset stays the same.

    Mailers cut words between the bytes of one character, though section 5 forbids it.
    """

    def __init__(self) -> None:
        self._runs: list[tuple[str, bytearray]] = []

    def __bool__(self) -> bool:
        return bool(self._runs)

    def add(self, *, charset: str, content: bytes) -> None:
        charset = charset.lower()
        if not self._runs or self._runs[-1][0] != charset:
            self._runs.append((charset, bytearray()))
        self._runs[-1][1].extend(content)

    def flush(self) -> str:
        text = "".join(decode_text(bytes(content), charset) for charset, content in self._runs)
        self._runs.clear()
        return text


def _content(encoding: str, text: str) -> bytes:
    raw = text.encode()
    if encoding in "qQ":
        return _QUOTED.sub(lambda m: bytes([int(m[1], 16)]), raw.replace(b"_", b" "))
    return decode_base64(raw)
