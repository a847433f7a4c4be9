"""The messages of a merge, sent to oneself to be looked at."""

from __future__ import annotations

from contextlib import closing
from itertools import islice

from gmailkit.services.connect import Connection
from gmailkit.services.sending.merge.checking import checked
from gmailkit.services.sending.merge.plan import MergePlan
from gmailkit.services.sending.merge.standing import Standing
from gmailkit.services.sending.once import Sent, send
from gmailkit.services.sending.writing.write import write


def try_merge(
    connection: Connection, plan: MergePlan, to: str, *, count: int = 1
) -> tuple[Sent, ...]:
    """Send the messages of the first `count` sound rows to one address, as they would be.

    They count neither as sent nor in the receipts. Rows that were sent before are as good as any.
    """
    with closing(Standing(connection.sends, plan.name)) as standing:
        found = checked(connection, plan.job, standing)
        sound = (each.letter for each in found if each.letter)
        return tuple(
            send(
                connection,
                write(connection, **letter.words(only_to=to)),
                way=plan.job.options.way,
            )
            for letter in islice(sound, count)
        )
