"""Names of places where mail lives, as people write them; nothing is opened here.

gmail:ann@example.com  imap+gmail:ann@example.com     an account; "gmail:" alone is the default one
imaps://ann@host/Work  imap:// pop3s:// pop3://       a server (RFC 5092, RFC 2384), maybe a folder
maildir:~/Mail  mbox:FILE  eml:DIR  takeout:FILE      files
backup:DIR  backup:s3://BUCKET/mail                   "#ann@example.com" behind it says whose mail
~/Mail                                                a bare path: what lies there says what it is
"""

from __future__ import annotations

import re
from collections.abc import Collection
from difflib import get_close_matches
from urllib.parse import SplitResult, unquote, urlsplit

import msgspec

from gmailkit.backup.place import SCHEMES as OBJECT_STORAGE
from gmailkit.errors import UsageError

ACCOUNTS = ("gmail", "imap+gmail")
SERVERS = ("imaps", "imap", "pop3s", "pop3")
FILES = ("maildir", "mbox", "eml", "takeout", "backup")
SCHEMES = (*ACCOUNTS, *SERVERS, *FILES)

_NAMED = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+):(.*)", re.DOTALL)  # one letter is a disk of Windows
_UNSEEN = re.compile(r"[\0-\x20\x7f]")
_WHOSE = re.compile(r"(.+)#([^#/]+@[^#/]+)", re.DOTALL)


class Location(msgspec.Struct, frozen=True, kw_only=True):
    """`scheme` is "" for a bare path; `rest` is what stands behind the scheme, as written.

    `user` is the address or the name to sign in with, and whose mail of a backup it is; `path` a
    path of this machine, or the folder on a server, unquoted, "" for all of it; `port` is None
    where none was written. `query` is what follows a "?" in the name of a server.
    """

    scheme: str
    rest: str
    user: str = ""
    host: str = ""
    port: int | None = None
    path: str = ""
    query: str = ""

    def __str__(self) -> str:
        return f"{self.scheme}:{self.rest}" if self.scheme else self.rest


def locate(text: str, *, more: Collection[str] = ()) -> Location:
    """Which place is meant; `more` are schemes beside our own. The same place for its own text.

    Raises UsageError with what to write instead.
    """
    found = _NAMED.fullmatch(text)
    if not found:
        return _path(text)
    scheme, rest = found[1].lower(), found[2]
    if scheme in OBJECT_STORAGE:
        return _backup(f"{scheme}:{rest}")
    if scheme not in SCHEMES and scheme not in more:
        raise _unknown(text, scheme, (*SCHEMES, *more))
    if scheme in ACCOUNTS:
        return _account(scheme, rest)
    if scheme == "backup":
        return _backup(rest)
    if scheme in FILES:
        return _file(scheme, rest)
    if scheme in SERVERS or rest.startswith("//"):
        return _server(scheme, rest)
    return Location(scheme=scheme, rest=rest, path=rest)


def _path(text: str) -> Location:
    if not text or "\0" in text:
        raise UsageError("A store has a name.", hint="Write a path, or say, gmail:ann@example.com.")
    return Location(scheme="", rest=text, path=text)


def _account(scheme: str, rest: str) -> Location:
    if "/" in rest or _UNSEEN.search(rest):
        address = rest.strip("/ ") or "ann@example.com"
        raise UsageError(
            f"{scheme}:{rest!r} names no account.",
            hint=f"An address follows, or nothing for the default account: {scheme}:{address}",
        )
    return Location(scheme=scheme, rest=rest, user=rest)


def _file(scheme: str, rest: str) -> Location:
    if not rest or "\0" in rest or (rest.startswith("//") and not rest.startswith("///")):
        raise UsageError(
            f"Behind {scheme}: there is no path.", hint=f"Write a path: {scheme}:~/Mail"
        )
    return Location(scheme=scheme, rest=rest, path=re.sub("^//+", "/", rest))


def _backup(rest: str) -> Location:
    whose = _WHOSE.fullmatch(rest)
    place, user = (whose[1], whose[2]) if whose else (rest, "")
    path = _file("backup", place).path
    return Location(scheme="backup", rest=rest, user=user, path=path)


def _server(scheme: str, rest: str) -> Location:
    parts = _split(scheme, rest)
    user, _, _ = parts.netloc.rpartition("@")
    if ":" in user:
        raise UsageError(
            "A password in the name of a store would be seen by everybody on this machine.",
            hint="Leave it away: it is asked for, or comes from the keyring or the environment.",
        )
    return Location(
        scheme=scheme,
        rest=rest,
        user=unquote(user),
        host=parts.hostname or "",
        port=parts.port,
        path=unquote(parts.path.removeprefix("/")),
        query=parts.query,
    )


def _split(scheme: str, rest: str) -> SplitResult:
    try:
        parts = urlsplit(f"{scheme}:{rest}")
        port, host = parts.port, parts.hostname
    except ValueError:
        port, host = None, None
    if not host or port == 0 or parts.fragment or _UNSEEN.search(rest):
        raise UsageError(
            f"Behind {scheme}: there is no server.",
            hint=f"Write who, where, and maybe a folder: {scheme}://ann@mail.example.com/INBOX",
        )
    return parts


def _unknown(text: str, scheme: str, known: Collection[str]) -> UsageError:
    near = get_close_matches(scheme, known, n=1)
    other = f"{near[0]}:{text.partition(':')[2]}" if near else f"one of {', '.join(known)}"
    return UsageError(
        f"There is no kind of store called {scheme!r}.",
        hint=f"Did you mean {other}? A file of that name is written ./{text}",
    )
