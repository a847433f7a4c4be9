"""What the project's owner and a Workspace administrator have set about who may use the app."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from gmailkit.errors import UsageError

MOST_TEST_USERS = 100  # of a project in testing


@dataclass(frozen=True, slots=True)
class Policy:
    """Survives a restart with the state. Addresses are compared in any case.

    testing: publishing status Testing, so refresh tokens die a week after consent.
    test_users: who may sign in then, a hundred at most; None stands for the first hundred users
    of the sandbox.
    internal_to: the domain of an Internal app; "" for an External one.
    blocked: the administrator's API controls do not allow the app.
    client_deleted: the Desktop client is no more.
    suspended: accounts that were suspended or deleted.
    without_mail: accounts that have no Gmail.
    """

    testing: bool = False
    test_users: frozenset[str] | None = None
    internal_to: str = ""
    blocked: bool = False
    client_deleted: bool = False
    suspended: frozenset[str] = frozenset()
    without_mail: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        listed = len({one.casefold() for one in self.test_users or ()})
        if listed > MOST_TEST_USERS:
            raise UsageError(
                f"{listed} test users are too many: a project in testing has {MOST_TEST_USERS}.",
                hint="List fewer, or publish it: testing=False.",
            )

    @classmethod
    def from_json(cls, text: str) -> Policy:
        said = json.loads(text)
        sets = {name: frozenset(value) for name, value in said.items() if isinstance(value, list)}
        return cls(**{**said, **sets})

    def to_json(self) -> str:
        return json.dumps(asdict(self), default=sorted)

    def may_test(self, address: str, place: int) -> bool:
        """`place` is the user's among all of the sandbox, from 1.

        Open: whether a user who is taken off the list keeps a place (Google counts them over a
        project's lifetime). There is no list to take anybody off here.
        """
        if not self.testing:
            return True
        if self.test_users is None:
            return place <= MOST_TEST_USERS
        return _has(self.test_users, address)

    def is_inside(self, address: str) -> bool:
        domain = address.rpartition("@")[2].casefold()
        return not self.internal_to or domain == self.internal_to.casefold()

    def is_suspended(self, address: str) -> bool:
        return _has(self.suspended, address)

    def has_mail(self, address: str) -> bool:
        return not _has(self.without_mail, address)


def _has(addresses: frozenset[str], address: str) -> bool:
    return address.casefold() in {one.casefold() for one in addresses}
