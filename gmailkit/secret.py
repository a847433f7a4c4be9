"""Secrets that do not show, and a net under everything that is printed or logged.

`Secret` keeps a token out of `repr`, so out of dataclass dumps and tracebacks with locals.
`redact` is the net: it masks the secrets this process has met, and anything shaped like one.
What only looks a little like one is left alone: a log full of masks helps nobody.
"""

from __future__ import annotations

import logging
import re
from base64 import b64decode
from binascii import Error as NotBase64
from functools import cache
from threading import RLock
from urllib.parse import quote

MASK = "[secret]"
_SHORTEST = 8  # characters; shorter ones would mask innocent text
_MOST = 1000  # the ones met longest ago are forgotten: a process that runs for months goes on
_met: dict[str, None] = {}  # in the order in which they were met last
_meeting = RLock()  # a signal handler may log while we are in it


class Secret(str):
    """A string that is used as one but whose `repr` does not tell it.

    Meeting a secret also registers it with `redact`.
    """

    __slots__ = ()

    def __new__(cls, value: str) -> Secret:
        if len(value) >= _SHORTEST:
            _remember(str(value), quote(value, safe=""))
        return super().__new__(cls, value)

    def __repr__(self) -> str:
        return f"Secret({MASK!r})"


def _remember(*forms: str) -> None:
    with _meeting:
        for form in forms:
            _met.pop(form, None)
            _met[form] = None
        while len(_met) > _MOST:
            del _met[next(iter(_met))]


def redact(text: str) -> str:
    """`text` with every secret replaced by a mask."""
    with _meeting:
        met = sorted(_met, key=len, reverse=True)
    for secret in met:
        text = text.replace(secret, MASK)
    text = _shapes().sub(MASK, text)
    lower = text.lower()
    if not any(word in lower for word in _WORDS):  # most lines; ten times as fast
        return text
    for pattern in _named():
        text = pattern.sub(_mask_value, text)
    return _BASIC.sub(_mask_basic, text)


def _mask_value(found: re.Match[str]) -> str:
    return found[0].replace(found["value"], MASK)


def _mask_basic(found: re.Match[str]) -> str:
    """Mask what follows "Basic" if it is `user:password` in base64, and not the next word."""
    value = found["value"]
    try:
        plain = b64decode(value + "=" * (-len(value) % 4), validate=True)
    except NotBase64:
        return found[0]
    return _mask_value(found) if b":" in plain else found[0]


# Secrets that are recognised wherever they stand, whole or percent-encoded.
@cache  # compiled when something is logged: many a command ends before
def _shapes() -> re.Pattern[str]:
    return re.compile(
        r"""
          ya29\.[\w.~+/-]+=*                                  # Google access token
        | \b1(?://|%2F%2F)[\w-]{10,}                          # Google refresh token
        | GOCSPX-[\w-]+                                       # OAuth client secret of Google
        | (?<![\w/.+-])4(?:/|%2F)[\w-]{20,}+(?![+/])           # authorisation code of Google
        | \beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*                   # JWT (RFC 7519)
        | \bdXNlcj[\w+/]{20,}=*                               # XOAUTH2: base64 of "user=..."
        | (?i:AGE-SECRET-KEY-(?:PQ-)?1[0-9A-Z]+)              # age identity
        | -----BEGIN[ A-Z]*PRIVATE\ KEY-----.*?(?:-----END[ A-Z]*PRIVATE\ KEY-----|\Z)
        """,
        re.VERBOSE | re.DOTALL,
    )


# A group of four letters, four times: how Google shows an app password.
_APP_PASSWORD = r"[a-z]{4}(?:[ ][a-z]{4}){3}\b"
# The end of a name in JSON, in a dict, in a header, in a form, in a tuple.
_IS = r"""(?:["']?\s*[:=]|["']\s*,)\s*(?:b?["'])?"""
_BARE = r"""[^\s"'&,;<>(){}\[\]\\]"""

# One of these stands in whatever the patterns below can match.
_WORDS = "token secret pass code assertion private auth cookie bearer basic @".split()


@cache
def _named() -> tuple[re.Pattern[str], ...]:
    """Values that are secrets because of the name before them."""
    return tuple(
        re.compile(pattern, re.VERBOSE | re.IGNORECASE)
        for pattern in (
            # Names that mean nothing else: any value of some length.
            rf"""(?:access_token|refresh_token|id_token|client_secret|code_verifier|app_?password
                |private_key|client_assertion|assertion){_IS}
                (?P<value>{_APP_PASSWORD}|{_BARE}{{6,}})""",
            # Names that prose uses too: a value as machines write it (quoted, or stuck to its "=").
            rf"""\b(?:token|password|passwd|passphrase|secret)
                (?:["']\s*[:,]\s*["']|=["']?)
                (?P<value>{_APP_PASSWORD}|{_BARE}{{4,}})""",
            # The same with a colon: a value with a digit in it, or an app password.
            rf"""\b(?:token|password|passwd|passphrase|secret):\s*
                (?P<value>{_APP_PASSWORD}|(?={_BARE}{{0,200}}\d){_BARE}{{8,}})""",
            # "code" is mostly a number or a word. Ours is long, and has letters and digits.
            rf"""\bcode(?:["']\s*[:,]\s*["']|["']?\s*[:=]\s*["']?)
                (?P<value>(?={_BARE}{{0,200}}\d)(?={_BARE}{{0,200}}[a-z]){_BARE}{{16,}})""",
            # Whole header lines, to the end of the line or of the quotes.
            rf"""\b(?:proxy-)?authorization{_IS}
                (?:bearer|basic|digest|token|negotiate|ntlm|oauth)\s+(?P<value>[^"'\r\n]+)""",
            rf"""\b(?:proxy-)?authorization{_IS}(?P<value>[^\s"',:;]{{16,}})""",
            rf"""\b(?:set-)?cookie{_IS}(?P<value>[^\s=;,"']+=[^"'\r\n]*)""",
            r"""<Cookie\s(?P<value>\S+=\S+)\sfor\s""",
            # Outside a header: long, or at least not a word.
            r"""\bbearer\s+(?P<value>(?=[\w.~+/-]{0,200}\d)[\w.~+/-]{12,}=*|[\w.~+/-]{40,}=*)""",
            r"""\bAUTH(?:ENTICATE)?\s+(?:PLAIN|LOGIN|XOAUTH2|OAUTHBEARER)\s+(?P<value>[\w+/]{8,}=*)""",
            # https://user:password@host
            r"""://[^\s/:@"']+:(?P<value>[^\s/@"']+)@""",
        )
    )


_BASIC = re.compile(r"\bbasic\s+(?P<value>[A-Za-z0-9+/]{8,}={0,2})(?![\w+/])", re.IGNORECASE)


class RedactingFormatter(logging.Formatter):
    """A log formatter whose output, traceback included, passes through `redact`."""

    def format(self, record: logging.LogRecord) -> str:
        return redact(super().format(record))


class _RedactingFilter(logging.Filter):
    """Masks a record at its source, whoever handles it."""

    def filter(self, record: logging.LogRecord) -> bool:
        text = record.getMessage()
        safe = redact(text)
        if safe != text:
            record.msg, record.args = safe, None
        return True


_FILTER = _RedactingFilter()


def redact_loggers(*names: str) -> None:
    """Mask what other libraries log under `names`, also where the user set up the logging."""
    for name in names:
        logging.getLogger(name).addFilter(_FILTER)  # adding it twice does nothing
