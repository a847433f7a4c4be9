"""Who is signed in on this machine: `<data>/accounts.json`. It holds no token.

It does say where tokens are sent, so it is written and read as privately as they are.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator
from contextlib import contextmanager

import msgspec

from gmailkit.auth.keep import Kind
from gmailkit.errors import CannotWrite, SignInNeeded, TryLater, UsageError
from gmailkit.model.service import Service
from gmailkit.paths import Home, private_folder, read_private, write_private

_LOCK_SECONDS = 10
_LOGIN = "gmailkit login (to practise without an account: --sandbox, in Python Sandbox())"


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """One signed-in mailbox; `alias` may be "", `scopes` are the granted ones, times are epoch.

    `key_file` is the absolute path of a service account's key, "" for a person's own sign-in.
    """

    address: str
    service: Service
    scopes: tuple[str, ...]
    signed_in: float
    alias: str = ""
    keep: Kind = "file"
    key_file: str = ""


class _File(msgspec.Struct, frozen=True, kw_only=True):
    version: int = 1
    default: str | None = None
    accounts: tuple[Account, ...] = ()


class Accounts:
    """The list of accounts below one home; every call reads or writes the file afresh."""

    def __init__(self, home: Home) -> None:
        self._path = home.data / "accounts.json"

    def all(self) -> tuple[Account, ...]:
        """In the order of their first sign-in."""
        return self._read().accounts

    @property
    def default(self) -> str | None:
        """The address used when none is named, or None."""
        return self._read().default

    def get(self, address: str) -> Account | None:
        """The account of exactly that address (any case), or None."""
        return next((a for a in self.all() if _same(a.address, address)), None)

    def find(self, name: str | None) -> Account:
        """The account of an address or alias (any case), or the default one.

        Raises SignInNeeded when nobody is signed in, UsageError for an unknown name.
        """
        file = self._read()
        if not file.accounts:
            raise SignInNeeded(
                f"{name} is not signed in." if name else "Nobody is signed in.", hint=_LOGIN
            )
        if name is None and file.default is None:
            raise UsageError(
                "Several accounts are signed in and none is the default.",
                hint=f"Name one with --account, or choose: gmailkit accounts default NAME. "
                f"Signed in: {_known(file)}.",
            )
        found = _match(file, name or file.default or "")
        if found is None:
            raise UsageError(f"No account is called {name!r}.", hint=_suggest(file, name or ""))
        return found

    def add(self, account: Account, *, default: bool = False) -> None:
        """Put `account` in, or in place of the one of the same address.

        The first becomes the default; a re-login without an alias keeps the old one. Raises
        UsageError when the alias is no alias or another account's.
        """
        with self._change() as file:
            old = _match(file, account.address)
            if old and not account.alias:
                account = msgspec.structs.replace(account, alias=old.alias)
            _check_free(account, file)
            accounts = tuple(account if a is old else a for a in file.accounts)
            accounts = accounts if old else (*accounts, account)
            chosen = account.address if default or file.default is None else file.default
            self._write(_File(default=chosen, accounts=accounts))

    def check(self, account: Account) -> None:
        """Raises the UsageError that `add` would, and changes nothing."""
        _check_free(account, self._read())

    def remove(self, address: str) -> None:
        """Take the account out; when just one is left, it is the default.

        With several left none is: a message from the wrong account is worse than a question.
        """
        with self._change() as file:
            left = tuple(a for a in file.accounts if not _same(a.address, address))
            default = file.default
            if default and _same(default, address):
                default = left[0].address if len(left) == 1 else None
            self._write(_File(default=default, accounts=left))

    def set_default(self, name: str) -> Account:
        """Make the account of that address or alias the default; raises as `find` does."""
        found = self.find(name)
        with self._change() as file:
            self._write(_File(default=found.address, accounts=file.accounts))
        return found

    def _read(self) -> _File:
        content = read_private(self._path)
        if content is None:
            return _File()
        try:
            file = msgspec.json.decode(content, type=_File)
        except msgspec.MsgspecError as error:
            raise UsageError(
                f"{self._path} is damaged: {error}.", hint="Remove it and sign in again."
            ) from error
        if file.version != 1:
            raise UsageError(
                f"{self._path} was written by a newer gmailkit.", hint="Use that one, or remove it."
            )
        return file

    def _write(self, file: _File) -> None:
        content = msgspec.json.format(msgspec.json.encode(file), indent=1)
        write_private(self._path, content + os.linesep.encode())

    @contextmanager
    def _change(self) -> Iterator[_File]:
        """The file under a lock, so that two sign-ins at once are both remembered."""
        from filelock import FileLock, Timeout

        private_folder(self._path.parent)
        try:
            with FileLock(self._path.with_suffix(".lock"), timeout=_LOCK_SECONDS, mode=0o600):
                yield self._read()
        except Timeout as error:
            raise TryLater(
                "Another gmailkit is changing the list of accounts.", hint="Try again."
            ) from error
        except OSError as error:
            raise CannotWrite(
                f"Cannot write {self._path}: {error.strerror}.",
                path=self._path,
                hint="Free some space or choose another place with GMAILKIT_HOME.",
            ) from error


def check_alias(alias: str) -> None:
    """Raises UsageError unless `alias` is one short word that cannot be taken for an address."""
    plain = alias.replace("-", "").replace("_", "").replace(".", "")
    if alias and (not plain.isalnum() or alias.startswith("-") or len(alias) > 40):
        raise UsageError(
            f"{alias!r} is no alias.", hint="Use letters, digits, '-', '_' and '.', as in: work"
        )


def _check_free(account: Account, file: _File) -> None:
    check_alias(account.alias)
    others = (a for a in file.accounts if not _same(a.address, account.address))
    if account.alias and any(_same(a.alias, account.alias) for a in others):
        raise UsageError(
            f"The alias {account.alias!r} is another account's already.", hint="Choose another one."
        )


def _match(file: _File, name: str) -> Account | None:
    by_address = (a for a in file.accounts if _same(a.address, name))
    by_alias = (a for a in file.accounts if name and _same(a.alias, name))
    return next(by_address, None) or next(by_alias, None)


def _same(one: str, other: str) -> bool:
    return one.casefold() == other.casefold()


def _known(file: _File) -> str:
    return ", ".join(f"{a.address} ({a.alias})" if a.alias else a.address for a in file.accounts)


def _suggest(file: _File, name: str) -> str:
    import difflib

    names = [n for a in file.accounts for n in (a.address, a.alias) if n]
    near = difflib.get_close_matches(name, names, n=1)
    who = name.partition("@")[0]  # two people at one domain are no slip of the pen
    near = [n for n in near if difflib.get_close_matches(who, [n.partition("@")[0]])]
    guess = f"Did you mean {near[0]}? " if near else ""
    new = f" {shlex.quote(name)}" if "@" in name else ""
    return f"{guess}Signed in: {_known(file)}. Another one: gmailkit login{new}"
