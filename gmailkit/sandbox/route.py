"""How a Gmail method is declared, and what its function is handed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from gmailkit.clock import Clock
from gmailkit.sandbox import scopes
from gmailkit.sandbox.attachment_ids import AttachmentIds
from gmailkit.sandbox.parameters import NOTHING, Body, Params
from gmailkit.sandbox.refusal import invalid, not_delegated, not_found
from gmailkit.sandbox.state import ids
from gmailkit.sandbox.state.messages import Stored
from gmailkit.sandbox.state.state import State
from gmailkit.sandbox.state.users import User

Addressed = Callable[[int], None]


@dataclass(frozen=True)
class Call:
    """One authorised call: whose mailbox, what the path names, what was said."""

    state: State
    user: User
    scopes: frozenset[str]
    path: Mapping[str, str]
    params: Params
    addressed: Addressed  # hears the number of a message's recipients, and may refuse
    body: Body = NOTHING
    media: bytes | None = None  # what came through /upload
    delegated: bool = False  # by a service account with domain-wide delegation

    @property
    def clock(self) -> Clock:
        return self.state.clock

    @property
    def now_ms(self) -> int:
        return round(self.clock.now() * 1000)

    @property
    def attachment_ids(self) -> AttachmentIds:
        return AttachmentIds(self.state.signing_key, self.clock)

    @property
    def only_metadata(self) -> bool:
        """The restrictions of gmail.metadata win, whatever other scopes the token has."""
        return scopes.METADATA in self.scopes

    def check_delegated(self) -> None:
        """Refuses 403 everybody but a service account with domain-wide delegation."""
        if not self.delegated:
            raise not_delegated()

    def message(self, name: str = "id") -> Stored:
        """The message the path names. Refuses 400 what is no id, 404 an unknown one."""
        id = check_id(self.path[name])
        stored = self.state.messages.find(self.user.n, id)
        if stored is None:
            raise not_found()
        return stored


def check_id(id: str) -> str:
    if not ids.well_formed(id):
        raise invalid("Invalid id value")
    return id


Answer = Callable[[Call], dict[str, object] | None]


@dataclass(frozen=True, slots=True)
class Route:
    """`name` as in the discovery document; `path` below /gmail/v1/users/{userId}.

    `fields` are those of the request's schema (empty: no body); `upload` the largest media in
    bytes, 0 for methods without upload. `answer` gives the JSON, or None for an empty 204.
    """

    name: str
    verb: str
    path: str
    answer: Answer
    scopes: Sequence[str]
    params: Sequence[str] = ()
    fields: Sequence[str] = ()
    upload: int = 0
    segments: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "segments", tuple(self.path.strip("/").split("/")))

    def match(self, verb: str, segments: Sequence[str]) -> dict[str, str] | None:
        """The values of the placeholders, or None."""
        if verb != self.verb or len(segments) != len(self.segments):
            return None
        values: dict[str, str] = {}
        for wanted, said in zip(self.segments, segments, strict=True):
            name, placeholder, verb = wanted[1:].partition("}")  # {keyPairId}:disable
            if not placeholder:
                if wanted != said:
                    return None
            elif said.endswith(verb) and said != verb:
                values[name] = said.removesuffix(verb)
            else:
                return None
        return values


MESSAGE_FIELDS = (
    "id threadId labelIds snippet historyId internalDate payload sizeEstimate raw "
    "classificationLabelValues"
).split()
