"""Secrets that do not show, and a net under everything that is printed or logged.

`Secret` keeps a token out of `repr`, so out of dataclass dumps and tracebacks with locals.
`redact` is the net: it masks the secrets this process has met, and anything shaped like one.
"""

from __future__ import annotations

import logging
import re

MASK = "[secret]"
_met: set[str] = set()

# What secrets look like, for the text we did not make ourselves (HTTP traces, foreign errors).
_SHAPES = re.compile(
    r"""
      ya29\.[\w.~+/-]+=*                                  # Google access token
    | 1//[\w-]{10,}                                       # Google refresh token
    | GOCSPX-[\w-]+                                       # OAuth client secret
    | 4/[0-9A-Za-z_-]{20,}                                # authorisation code
    | eyJ[\w-]+\.eyJ[\w-]+\.[\w-]+                        # JWT
    | AGE-SECRET-KEY-1[0-9A-Z]+                           # age identity
    | -----BEGIN[ A-Z]*PRIVATE\ KEY-----.*?(?:-----END[ A-Z]*PRIVATE\ KEY-----|\Z)
    """,
    re.VERBOSE | re.DOTALL,
)
# "name: value" and "name=value" pairs whose value must go, whatever it looks like.
_NAMED = re.compile(
    r"""(?ix)
    (?P<name>
      \b(?:proxy-)?authorization ["']? \s*[:=]\s* ["']? (?:(?:bearer|basic)\s+)?
    | \b(?:set-)?cookie ["']? \s*[:=]\s* ["']?
    | \bbearer\s+ (?=[\w.~+/-]{12}) | \bbasic\s+ (?=[A-Za-z0-9+/]{8,}={0,2}(?:\W|$))
    | \b(?:access_token|refresh_token|id_token|client_secret|code_verifier|code|password
          |app_password|assertion|private_key|token) ["']? \s*[:=]\s* ["']?
    )
    (?P<value>[^\s"'&,;}\])]+ (?:[ ]?[a-z]{4}\b){0,3})
    """
)


class Secret(str):
    """A string that is used as one but whose `repr` does not tell it.

    Meeting a secret also registers it with `redact`.
    """

    __slots__ = ()

    def __new__(cls, value: str) -> Secret:
        if len(value) >= 8:  # shorter ones would mask innocent text
            _met.add(str(value))
        return super().__new__(cls, value)

    def __repr__(self) -> str:
        return f"Secret({MASK!r})"


def redact(text: str) -> str:
    """`text` with every secret replaced by a mask."""
    for secret in sorted(_met, key=len, reverse=True):
        text = text.replace(secret, MASK)
    text = _SHAPES.sub(MASK, text)
    return _NAMED.sub(lambda found: found["name"] + MASK, text)


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
