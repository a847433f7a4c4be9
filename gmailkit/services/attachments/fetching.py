"""The messages whose attachments are saved, as Gmail gives them."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from contextlib import closing

from gmailkit.client.client import Client
from gmailkit.client.fetch import fetch_raw
from gmailkit.errors import Failure, NotFound, ServerFault
from gmailkit.mime.parse import parse
from gmailkit.model.ids import MessageId
from gmailkit.model.letter import Letter

IN_FLIGHT = 4  # whole messages are held meanwhile


def fetched(client: Client, ids: Iterable[str]) -> Generator[Letter | Failure]:
    """Each message, or why it could not be read; 20 units each, as they arrive."""
    with closing(fetch_raw(client.messages, ids, in_flight=IN_FLIGHT)) as coming:
        for id, result in coming:
            try:
                message, raw = result.result()
            except (NotFound, ServerFault) as error:
                yield Failure.of(id, error)
                continue
            mail = parse(raw.bytes)
            yield Letter(id=MessageId(id), date=message.date, labels=message.label_ids, mail=mail)
