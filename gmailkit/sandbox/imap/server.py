"""All commands of the IMAP door, and how a connection is served."""

from __future__ import annotations

from gmailkit.sandbox.doorkeeper import Doorkeeper
from gmailkit.sandbox.faults import Faults
from gmailkit.sandbox.imap import (
    access,
    append,
    fetch,
    listing,
    moving,
    naming,
    search,
    selecting,
    store,
)
from gmailkit.sandbox.imap.session import Session
from gmailkit.sandbox.peer import Peer
from gmailkit.sandbox.state.state import State
from gmailkit.sandbox.traffic import Traffic

COMMANDS = {
    **access.COMMANDS,
    **listing.COMMANDS,
    **selecting.COMMANDS,
    **fetch.COMMANDS,
    **store.COMMANDS,
    **moving.COMMANDS,
    **search.COMMANDS,
    **append.COMMANDS,
    **naming.COMMANDS,
}


class Imap:
    def __init__(self, state: State, traffic: Traffic, faults: Faults) -> None:
        self._state = state
        self._traffic = traffic
        self._faults = faults
        self._keeper = Doorkeeper(state)

    def serve(self, peer: Peer) -> None:
        """Until the session ends."""
        Session(peer, self._state, self._keeper, self._traffic, self._faults).run(COMMANDS)
