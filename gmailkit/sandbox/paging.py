"""Page tokens: each is good for one question to one mailbox."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from gmailkit.sandbox import signed
from gmailkit.sandbox.refusal import Refusal, invalid
from gmailkit.sandbox.route import Call
from gmailkit.sandbox.state.messages import Stored

MAX_RESULTS = 500
DEFAULT_RESULTS = 100
_PURPOSE = "page"


@dataclass(frozen=True, slots=True)
class Pages:
    """`question` is all that has to stay the same from page to page."""

    key: bytes
    question: str

    @classmethod
    def of(cls, call: Call, *asked: object) -> Pages:
        digest = hashlib.sha256(repr((call.user.n, *asked)).encode("utf-8", "replace"))
        return cls(call.state.signing_key, digest.hexdigest()[:16])

    def token(self, *place: int) -> str:
        return signed.seal(self.key, _PURPOSE, [self.question, *place])

    def place(self, token: str) -> list[int]:
        """Nothing for no token. Refuses 400 a token of another question."""
        if not token:
            return []
        match signed.unseal(self.key, _PURPOSE, token):
            case [str(question), *place] if question == self.question:
                return [number for number in place if isinstance(number, int)]
        raise invalid("Invalid pageToken")


def limit(call: Call) -> int:
    return call.params.number("maxResults", DEFAULT_RESULTS, most=MAX_RESULTS)


Show = Callable[[Sequence[Stored]], list[dict[str, object]]]


def search(
    call: Call, name: str, show: Show, *, labels: Sequence[str] = (), threads: bool = False
) -> dict[str, object]:
    """One page of messages, of drafts, or (`threads`) of the newest hit of each thread.

    `name` is the key of the list in the answer. Refuses 403 `q` under gmail.metadata.
    """
    if call.only_metadata and call.params.has("q"):
        raise Refusal(403, "Metadata scope does not support 'q' parameter")
    query, spam_trash = call.params.text("q"), call.params.flag("includeSpamTrash")
    pages = Pages.of(call, name, query, tuple(labels), spam_trash)
    place = pages.place(call.params.text("pageToken"))
    look = call.state.search.threads if threads else call.state.search.page
    # Open: whether labelIds=TRASH alone reaches the trash. It does not here.
    found, more = look(
        call.user,
        query=query,
        labels=labels,
        spam_trash=spam_trash,
        after=(place[0], place[1]) if place else None,
        limit=limit(call),
    )
    said: dict[str, object] = {name: show(found)} if found else {}
    if more:
        said["nextPageToken"] = pages.token(found[-1].date_ms, found[-1].n)
    # As unreliable as Gmail's: often 201, or the length of the page.
    return said | {"resultSizeEstimate": 201 if more else len(found)}
