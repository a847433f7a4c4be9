"""Attachment ids: long tokens, another one on each read, good for a while."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from gmailkit.clock import Clock
from gmailkit.sandbox import signed
from gmailkit.sandbox.refusal import invalid

# Open: how long an id lives. Short enough that nobody can keep one.
LIFE_SECONDS = 3600
_PURPOSE = "attachment"
_PREFIX = "ANGjdJ"


@dataclass(frozen=True, slots=True)
class AttachmentIds:
    key: bytes
    clock: Clock

    def new(self, message: int, part_id: str) -> str:
        """For part `part_id` of the message with that `n`."""
        content = [message, part_id, self.clock.now(), secrets.token_hex(64)]
        return _PREFIX + signed.seal(self.key, _PURPOSE, content)

    def part_id(self, message: int, id: str) -> str:
        """Refuses 400 an id that is old, made up, or another message's."""
        match signed.unseal(self.key, _PURPOSE, id.removeprefix(_PREFIX)):
            case [int(owner), str(part_id), int() | float() as made, str()]:
                # In both directions: a clock that was set back makes no id immortal.
                if owner == message and abs(self.clock.now() - made) < LIFE_SECONDS:
                    return part_id
        raise invalid("Invalid attachment token")
