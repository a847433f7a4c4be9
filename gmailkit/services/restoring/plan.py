"""What a restore would do; nothing is changed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from datetime import datetime
from pathlib import Path

from gmailkit.backup.crypt.given import GIVEN, BackupKey, Identity, key_of
from gmailkit.model.ids import HIDDEN
from gmailkit.model.item import Ref
from gmailkit.query.parse import parse
from gmailkit.query.scope import reaches_spam_and_trash
from gmailkit.services import days
from gmailkit.services.connect import Connection
from gmailkit.services.copying.into_gmail.plan import IntoGmail, plan_into
from gmailkit.services.days import When
from gmailkit.services.searched import searched
from gmailkit.stores.backup import BackupStore


@dataclass(frozen=True, slots=True, kw_only=True)
class RestorePlan(IntoGmail):
    """What would come back: `refs` of `origin`'s mail in the backup at `path`, oldest first.

    Of `gone` a backup found that Gmail has them no more. `notes` say what opening the backup met.
    """

    path: Path
    origin: str
    query: str
    as_of: datetime | None
    gone: int
    notes: tuple[str, ...]
    key: BackupKey = field(default=GIVEN, repr=False)


def plan_restore(
    connection: Connection,
    path: Path,
    *,
    origin: str = "",
    query: str = "",
    as_of: When | None = None,
    refs: Iterable[Ref] | None = None,
    mark: str | None = None,
    everywhere: bool = False,
    identity: Identity = None,
) -> RestorePlan:
    """What `restore` would do; with `refs` to just these.

    `origin` is the account whose mail it is, where the backup holds that of several. `mark` is a
    label, "restored/" and the day for None, none for "". `everywhere`: with what lies in Spam and
    Trash. `as_of`, a day or a moment, takes the backup as it was known to be then. A query reads
    every message of the backup. Raises what `Backup.open` raises, NotFound, QueryError, UsageError.
    """
    wanted = parse(query)
    hidden = frozenset() if everywhere or reaches_spam_and_trash(wanted) else HIDDEN
    moment, key = days.as_of(as_of, clock=connection.clock), key_of(identity)
    with BackupStore(path, origin, as_of=moment, identity=key, clock=connection.clock) as store:
        into = plan_into(
            connection,
            store,
            searched(store, wanted) if refs is None else refs,
            wanted=wanted_of(query, moment),
            mark=mark,
            prefix="restored/",
            hidden=hidden,
        )
        return RestorePlan(
            **{each.name: getattr(into, each.name) for each in fields(into)},
            path=path,
            origin=store.account,
            query=query,
            as_of=moment,
            gone=len(store.gone() & set(into.refs)),
            notes=store.notes,
            key=key,
        )


def wanted_of(query: str, as_of: datetime | None) -> str:
    """What a restore is of: mail as it was at another moment is another restore."""
    return f"{query} as of {as_of.isoformat()}".strip() if as_of else query
