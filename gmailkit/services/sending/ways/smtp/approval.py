"""What policy.toml wants somebody to approve: its bytes and its envelope wait until then."""

from __future__ import annotations

from hashlib import sha256

import msgspec

from gmailkit.record.ledger import Entry
from gmailkit.record.waiting import Waiting
from gmailkit.services.connect import Connection
from gmailkit.services.sending.guard.gate import judge_bytes
from gmailkit.services.sending.ways.outcome import parked
from gmailkit.services.sending.ways.smtp.first import waiting_mail


def digest_of(entry: Entry, waiting: Waiting, content: bytes) -> str:
    """64 hexadecimal digits over all that is approved: the exact bytes, everyone they go to, from
    whom, and by which server.
    """
    envelope = msgspec.json.encode([waiting.server, waiting.sender, sorted(entry.to)])
    return sha256(envelope + b"\n" + content).hexdigest()


def check(connection: Connection, entry: Entry, waiting: Waiting, content: bytes) -> None:
    """The rules are asked about what leaves now. Refused for what needs an approval that nobody
    gave: it is parked then.
    """
    people = (*entry.to, *waiting.recipients)
    verdict = judge_bytes(connection, content, also=people, before=entry)
    if verdict.park and not _is_approved(entry, waiting, content):
        # Four days of tries begin with its approval, whatever went before.
        waiting_mail(connection).put(msgspec.structs.replace(waiting, attempts=0), content)
        fields = {"state": "parked", "aim": "parked", "due": None, "error": verdict.rule}
        raise parked(connection.sends.change(entry.key, **fields))


def _is_approved(entry: Entry, waiting: Waiting, content: bytes) -> bool:
    known = set(waiting.recipients) <= set(entry.to)
    return known and entry.approved == digest_of(entry, waiting, content)
