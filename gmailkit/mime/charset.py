"""Bytes and a charset label, which may be missing, unknown or wrong, to text."""

from __future__ import annotations

import codecs
import re
from collections.abc import Mapping
from encodings.aliases import aliases
from functools import cache, lru_cache

# Labels in use on mail that Python does not know, and labels that in practice name a superset
# (WHATWG Encoding Standard, section 4.2: "iso-8859-1" is windows-1252, "gb2312" is gbk, ...).
_LABELS = {
    "ascii": "western", "usascii": "western", "iso88591": "western", "latin1": "western",
    "windows1252": "western", "cp1252": "western", "ansi": "western",
    "iso88596i": "iso8859_6", "iso88596e": "iso8859_6",
    "iso88598": "cp1255", "iso88598i": "cp1255", "iso88598e": "cp1255", "logical": "cp1255",
    "iso88599": "cp1254", "iso885911": "cp874", "tis620": "cp874", "windows874": "cp874",
    "gb2312": "gb18030", "gbk": "gb18030", "gb231280": "gb18030", "cp936": "gb18030",
    "euckr": "cp949", "ksc56011987": "cp949", "ksc5601": "cp949", "windows949": "cp949",
    "big5": "cp950", "big5hkscs": "big5hkscs",
    "shiftjis": "cp932", "sjis": "cp932", "windows31j": "cp932", "mskanji": "cp932",
    "unicode11utf7": "utf_7", "unicode20utf7": "utf_7", "unicode11utf8": "utf_8",
    "unicode": "utf_16", "ucs2": "utf_16", "iso10646ucs2": "utf_16",
    "koi8u": "koi8_u", "koi8": "koi8_r", "koi8ru": "koi8_u",
    "macintosh": "mac_roman", "utf8": "utf_8", "cp65001": "utf_8",
}  # fmt: skip

# Strict decoders tried in order. UTF-8 before a one-byte charset: such text is hardly ever valid
# UTF-8 by chance, while UTF-8 under the label of old is common.
_TRIES: Mapping[str, tuple[str, ...]] = {
    "western": ("utf_8",),
    "cp950": ("cp950", "big5hkscs"),
    "euc_jp": ("euc_jp", "euc_jis_2004"),
    "iso2022_jp": ("iso2022_jp", "iso2022_jp_2004", "iso2022_jp_ext"),
}

# In Python's table, but no charsets.
_REFUSED = frozenset(
    "base64_codec bz2_codec hex_codec quopri_codec rot_13 uu_codec zlib_codec mbcs".split()
)

_UNLISTED = ("cp874", "koi8_u", "cp720", "cp737", "cp856", "mac_croatian", "mac_romanian")

# windows-1252 whose five holes are C1 controls, as in browsers.
_WESTERN = "".join(bytes([n]).decode("cp1252", "ignore") or chr(n) for n in range(256))

_SLOW = 1_000_000  # bytes; no such text is longer, and the repair works run by run
_HIGH = bytes(byte | 0x80 if byte > 0x20 else byte for byte in range(256))
_JIS_RUN = re.compile(rb"\x1b(\$[@B]|\([BJI])([^\x1b]*+)")


def decode_text(content: bytes, charset: str) -> str:
    """`content` as text; what `charset` says is believed only as far as it fits.

    Never raises. "" means no label. Bytes that no reading explains become U+FFFD. The result holds
    no lone surrogates, so it can always be encoded again.
    """
    if not charset and content.isascii() and b"\x1b" not in content:
        return content.decode("ascii")
    codec = _fitting(_codec(charset[:64]) or "western", content)
    for attempt in _TRIES.get(codec, (codec,)):
        try:
            return _sound(content.decode(attempt), attempt)
        except (UnicodeError, ValueError):
            continue
    return _western(content) if codec == "western" else _nearest(content, codec)


def is_known(charset: str) -> bool:
    """Whether `charset` names something we can decode."""
    return bool(_codec(charset[:64]))


def _fitting(codec: str, content: bytes) -> str:
    """`codec`, unless the bytes say plainly that the label was wrong."""
    if codec.startswith("utf_16"):
        return _utf_16(codec, content)
    if content.startswith(codecs.BOM_UTF8):
        return "utf_8"
    if b"\x1b$" in content and codec in ("western", "utf_8"):
        return "iso2022_kr" if b"\x1b$)C" in content else "iso2022_jp"
    return codec


def _utf_16(codec: str, content: bytes) -> str:
    """Byte order from the mark or the zeros (RFC 2781); ASCII was never UTF-16."""
    if b"\0" not in content and content.isascii():
        return "western"
    if codec != "utf_16" or content[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        return codec
    even, odd = content[::2].count(0), content[1::2].count(0)
    return "utf_16_be" if even > odd else "utf_16_le"


@lru_cache(maxsize=256)
def _codec(charset: str) -> str:
    """The codec a label names, or "": "ISO_8859-1", "x-iso8859-1", "'iso-8859-1'" are one."""
    label = _compact(charset)
    return _codecs().get(label) or _codecs().get(label.removeprefix("x"), "")


def _compact(label: str) -> str:
    return re.sub(r"[^a-z0-9]+", "", label.lower())


@cache
def _codecs() -> Mapping[str, str]:
    """Compact label -> codec; a closed list, so that no label makes Python search for a module."""
    pairs = [(alias, codec) for alias, codec in aliases.items() if codec not in _REFUSED]
    pairs += [(codec, codec) for _, codec in pairs] + [(codec, codec) for codec in _UNLISTED]
    pairs += [(f"win{n}", f"cp{n}") for n in range(1250, 1259)]
    widened = {_compact(label): _LABELS.get(_compact(codec), codec) for label, codec in pairs}
    return widened | _LABELS


def _western(content: bytes) -> str:
    return codecs.charmap_decode(content, "strict", _WESTERN)[0]


def _nearest(content: bytes, codec: str) -> str:
    """When `codec` does not fit: with gaps if it mostly does, else UTF-8, else windows-1252."""
    if codec == "iso2022_jp" and len(content) < _SLOW:
        content, codec = _JIS_RUN.sub(_jis_to_euc, content), "euc_jis_2004"
    for attempt in (codec, "utf_8"):
        text = _sound(content.decode(attempt, "replace"), attempt)
        beyond_ascii = len(text) - len(text.encode("ascii", "ignore"))
        if text.count("\ufffd") * 2 <= beyond_ascii:
            return text
    return _western(content)


def _jis_to_euc(run: re.Match[bytes]) -> bytes:
    """A run of ISO-2022-JP as EUC-JP, whose decoder knows vendor rows (JIS X 0213 has them).

    Raw EUC-JP under the label of ISO-2022-JP, also beside real runs of it, is readable so too.
    """
    kind, content = run.groups()
    if kind == b"(I":
        return b"".join(bytes((0x8E, byte | 0x80)) for byte in content)
    return content.translate(_HIGH) if kind.startswith(b"$") else content


def _sound(text: str, codec: str) -> str:
    """UTF-7 alone can smuggle lone surrogates, which no output accepts."""
    if codec == "utf_7":
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text.removeprefix("\ufeff")
