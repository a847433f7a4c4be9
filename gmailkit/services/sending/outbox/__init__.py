"""Mail that leaves later: Gmail keeps it as a draft, the ledger knows when it is due.

So nothing is lost when this machine is off, what was changed in Gmail meanwhile leaves as it was
changed, and what is cancelled is still a draft. Somebody has to call `run` (docs/outbox.md).

keeping.py    put in, listed, found, taken back
clocks.py     what has not come yet, by Gmail's clock
standing.py   what its draft says in Gmail now, and what became of one that is gone
running.py    what is due leaves, or why it does not
reading.py    what would leave, for a person to see
editing.py    its draft changed by us
approving.py  what policy.toml wants a person to see first
"""

from gmailkit.services.sending.outbox.approving import approve, deny, read_parked
from gmailkit.services.sending.outbox.editing import check_editable, edit, with_draft
from gmailkit.services.sending.outbox.keeping import WAITING, cancel, due_of, find, later, waiting
from gmailkit.services.sending.outbox.reading import Read, read
from gmailkit.services.sending.outbox.running import Result, let_go, release, run
from gmailkit.services.sending.outbox.standing import BY_HAND, DELETED, EDITED

__all__ = [
    "BY_HAND",
    "DELETED",
    "EDITED",
    "WAITING",
    "Read",
    "Result",
    "approve",
    "cancel",
    "check_editable",
    "deny",
    "due_of",
    "edit",
    "find",
    "later",
    "let_go",
    "read",
    "read_parked",
    "release",
    "run",
    "waiting",
    "with_draft",
]
