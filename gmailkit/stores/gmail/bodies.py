"""Messages of Gmail as they come, whichever way."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing
from functools import partial
from typing import NamedTuple, Protocol

from gmailkit.client.client import Client
from gmailkit.client.fetch import fetch_raw
from gmailkit.errors import CannotDo, NotFound, Refused, ServerFault, UsageError
from gmailkit.model.content import Content
from gmailkit.model.ids import MessageId
from gmailkit.model.message import Message

_OF_A_MESSAGE = (CannotDo, NotFound, Refused, ServerFault, UsageError)
May = Callable[[], bool]


def is_of_a_message(error: BaseException) -> bool:
    """And not of the service or the sign-in: chats, for one, are refused by some accounts."""
    if isinstance(error, Refused) and error.needs:
        return False
    return isinstance(error, _OF_A_MESSAGE)


class Body(NamedTuple):
    """`origin` is "" for bytes that Gmail's API gave; others are unproven."""

    message: Message
    content: Content
    origin: str = ""

    def itself(self) -> Body:
        return self


Came = tuple[MessageId, Callable[[], Body]]


class Bodies(Protocol):
    def fetch(self, ids: Iterable[MessageId], may: May) -> Generator[Came, None, None]:
        """Each of them, as it comes, with a call that gives it or raises why it does not. Nothing
        more is begun when it `may` not; what is under way still comes. Raises what ends every way
        for good, when all is told that came before.
        """


class ByApi:
    """A few at a time, in their order."""

    def __init__(self, client: Client) -> None:
        self._messages = client.messages

    def fetch(self, ids: Iterable[MessageId], may: May) -> Generator[Came, None, None]:
        def while_it_may() -> Iterator[MessageId]:
            for id in ids:
                if not may():
                    return
                yield id

        with closing(fetch_raw(self._messages, while_it_may())) as coming:
            for id, result in coming:
                yield id, partial(body, result.result)


def body(result: Callable[[], tuple[Message, Content]]) -> Body:
    return Body(*result())
