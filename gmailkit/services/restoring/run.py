"""A plan carried out: stopped at any point, the next run goes on and adds nothing twice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from gmailkit.backup.place import name_of
from gmailkit.services.connect import Connection
from gmailkit.services.copying.into_gmail.run import bring, complain
from gmailkit.services.copying.run import Copied, OnPassed, OnSettled
from gmailkit.services.restoring.plan import RestorePlan, wanted_of
from gmailkit.stores.backup import BackupStore


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """What came of it; `number` is that of the journal, for `undo`, None where nothing was to be
    added. `renamed` are labels whose names Gmail refused although the plan did not foresee it, and
    what they are called.
    """

    plan: RestorePlan
    copied: Copied
    number: int | None
    renamed: Mapping[str, str]


def restore(
    connection: Connection,
    plan: RestorePlan,
    *,
    quarantine: Path | None = None,
    on_settled: OnSettled = lambda receipt: None,
    on_progress: OnPassed = lambda passed: None,
) -> Restored:
    """Put the messages of the plan into the mailbox, under the labels they had.

    `on_settled` hears what became of each. Taking it back moves them to Trash; drafts stay. Raises
    PartialError that names what Gmail refused, which lies in `quarantine` then, what could not be
    read, and what is not there when all is counted at the end; the rest is there. One restore at a
    time is made into a mailbox.
    """
    with BackupStore(plan.path, plan.origin, as_of=plan.as_of, identity=plan.key) as store:
        done = bring(
            connection,
            store,
            plan,
            wanted=wanted_of(plan.query, plan.as_of),
            what=f"restore mail of {plan.origin} from {name_of(plan.path)}",
            quarantine=quarantine,
            on_settled=on_settled,
            on_progress=on_progress,
        )
    complain(
        done,
        words="restored",
        gone="It is not in the backup any more.",
        hint="gmailkit verify names what is damaged.",
        kept=quarantine is not None,
    )
    return Restored(plan=plan, copied=done.copied, number=done.number, renamed=done.renamed)
