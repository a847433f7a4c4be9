"""The people who have a mailbox in this sandbox."""

from __future__ import annotations

from dataclasses import dataclass

from gmailkit.errors import UsageError
from gmailkit.sandbox.state import history
from gmailkit.sandbox.state.database import Database


@dataclass(frozen=True, slots=True)
class User:
    """`n` is the sandbox's own number; `address` is primary, `name` the account's display name."""

    n: int
    address: str
    name: str


class Users:
    def __init__(self, database: Database) -> None:
        self._db = database

    def add(self, address: str, name: str = "") -> User:
        """A new mailbox. Raises UsageError for an address that is taken or is none."""
        local, at, domain = address.rpartition("@")
        if not at or not local or not domain or any(sign in address for sign in " <>,\r\n"):
            raise UsageError(
                f"{address!r} is not a mail address.", hint="It looks like ann@example.com."
            )
        with self._db.change():
            if self.find(address) is not None:
                raise UsageError(f"The sandbox already has {address}.", hint="Choose another.")
            self._db.run(
                "INSERT INTO users (address, name, history) VALUES (?, ?, ?)",
                address,
                name,
                history.FIRST,
            )
        return self.get(address)

    def add_alias(self, user: User, address: str) -> None:
        """A further address at which `user` receives."""
        self._db.run("INSERT INTO aliases VALUES (?, ?)", address, user.n)

    def all(self) -> list[User]:
        return [User(*row) for row in self._db.rows("SELECT n, address, name FROM users")]

    def get(self, address: str) -> User:
        """Raises UsageError for an unknown one."""
        user = self.find(address)
        if user is None:
            raise UsageError(
                f"The sandbox has no user {address}.",
                hint="It has " + ", ".join(known.address for known in self.all()) + ".",
            )
        return user

    def find(self, address: str) -> User | None:
        row = self._db.row("SELECT n, address, name FROM users WHERE address = ?", address)
        return User(*row) if row else None

    def by_number(self, n: int) -> User:
        row = self._db.row("SELECT n, address, name FROM users WHERE n = ?", n)
        if row is None:
            raise LookupError(f"no user {n}")
        return User(*row)

    def receiving(self, address: str) -> User | None:
        """Whose mailbox takes mail to `address`: primary, alias, or either with a +tag."""
        local, _, domain = address.rpartition("@")
        plain = f"{local.partition('+')[0]}@{domain}"
        for candidate in (address, plain):
            user = self.find(candidate) or self._by_alias(candidate)
            if user is not None:
                return user
        return None

    def domains(self) -> frozenset[str]:
        """The domains this sandbox answers for; everything else is the outside world."""
        return frozenset(user.address.rpartition("@")[2].lower() for user in self.all())

    def _by_alias(self, address: str) -> User | None:
        row = self._db.row(
            "SELECT u.n, u.address, u.name FROM aliases a JOIN users u ON u.n = a.user "
            "WHERE a.address = ?",
            address,
        )
        return User(*row) if row else None
