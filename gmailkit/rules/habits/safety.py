"""What is never suggested, however strong the habit.

Never at all: that mail is never spam, that it is forwarded, that it is marked as read (what was
read and what was only marked look alike), anything about mail from oneself.
"""

from __future__ import annotations

from collections.abc import Callable

from gmailkit.rules.habits.condition import Condition, Kind
from gmailkit.rules.habits.evidence import Evidence
from gmailkit.rules.habits.seen import ARCHIVE, IMPORTANT, TRASH

Written = Callable[[str], bool]
_DELETED = (Kind.LIST, Kind.SENDER)


def is_safe(condition: Condition, found: Evidence, written: Written) -> bool:
    """Whether such a rule does no harm where the habit was misread.

    Deleted is only what comes from one sender or list. Of nobody to whom one has `written` is mail
    deleted, or put out of sight without a label; and theirs is important to Gmail anyway.
    """
    if TRASH in found.effects and condition.kind not in _DELETED:
        return False
    risky = TRASH in found.effects or found.effects in ((ARCHIVE,), (IMPORTANT,))
    if not risky:
        return True
    senders = dict.fromkeys(mail.sender.casefold() for mail in (*found.hits, *found.misses))
    if condition.kind is Kind.LIST and TRASH not in found.effects:
        return True
    return not any(written(sender) for sender in senders if sender)
