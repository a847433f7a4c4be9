"""What a fault does to a command of IMAP, POP3 or SMTP: it is named after both, as in
"truncate:imap.fetch" or "503:smtp.data:2".
"""

from __future__ import annotations

from collections.abc import Callable

from gmailkit.clock import Clock
from gmailkit.sandbox.fault import Fault
from gmailkit.sandbox.peer import Gone, Peer

_DRIP_SECONDS = 0.1


def around(
    fault: Fault | None,
    peer: Peer,
    clock: Clock,
    act: Callable[[], None],
    refuse: Callable[[], None],
) -> None:
    """`act` answers the command, `refuse` says that the server cannot now. Raises Gone where the
    connection ends.
    """
    if fault is None:
        act()
        return
    match fault.when:
        case "before":
            refuse()
            return
        case "drop" | "reset":
            raise Gone
    said = peer.listen(act)
    match fault.when:
        case "late":
            refuse()
        case "truncate":
            peer.write(said[: len(said) // 2])
            raise Gone
        case "drip":
            for at in range(0, len(said), fault.drip):
                peer.write(said[at : at + fault.drip])
                peer.flush()
                clock.sleep(_DRIP_SECONDS)
        case _:
            raise Gone
