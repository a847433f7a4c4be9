"""Mail put on a server and read from it over a line that drops, delays and corrupts: whatever run
is cut short, nothing is lost and nothing is there twice.
"""

from __future__ import annotations

import random
import ssl
from collections import Counter
from datetime import UTC, datetime

import pytest

import dovecot
from chaos_proxy import ChaosProxy
from fakes import ImpatientClock
from gmailkit.errors import Conflict, NotFound, ServerFault, TryLater, Unreachable
from gmailkit.model.item import Item
from gmailkit.secret import Secret
from gmailkit.stores.imap import ImapStore, reading
from gmailkit.transport.imap.session import Session
from gmailkit.transport.mail_server import MailServer
from gmailkit.transport.sasl import Login

WHEN = datetime(2026, 3, 1, 12, 30, 5, tzinfo=UTC)
PASSING = (Unreachable, TryLater, ServerFault, Conflict)
LABELS = ["INBOX", "SENT", "Work", "Work/Receipts", "Ünïcode", "IMPORTANT"]


def mail(seed: int, count: int) -> list[Item]:
    chance = random.Random(seed)
    found = []
    for number in range(count):
        body = chance.randbytes(chance.choice([10, 2_000, 30_000])).hex()
        name = f"Message-ID: <{seed}.{number}@x>\r\n" if number % 3 else ""
        raw = f"Subject: {seed}.{number}\r\n{name}\r\n{body}\r\n".encode()
        labels = frozenset(chance.sample(LABELS, chance.randint(0, 3)))
        flags = frozenset(chance.sample(["seen", "flagged"], chance.randint(0, 2)))
        found.append(Item.of(raw, labels=labels, flags=flags, received=WHEN))
    return found


def opened(kind: str, port: int, user: str, trust: ssl.SSLContext) -> ImapStore:
    login = Login(user=user, kind="password", secret=lambda: Secret(dovecot.WORD))
    server = MailServer.of(kind, "127.0.0.1", port, user)
    session = Session(server, login, context=trust, clock=ImpatientClock(), timeout=5)
    return ImapStore(session.__enter__())


def seen(items: list[Item]) -> Counter[tuple[object, ...]]:
    return Counter((x.content.bytes, x.labels, x.flags, x.received) for x in items)


@pytest.fixture(autouse=True)
def short_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that the next one is under way while this one is read."""
    monkeypatch.setattr(reading, "_TOGETHER", 40_000)


def one_session(kind: str, seed: int, count: int, mean: int) -> int:
    """A mailbox filled and read back in as many runs as it takes; over how many connections."""
    server = dovecot.running()
    trust = ssl.create_default_context(cafile=str(server.folder / "server.pem"))
    user = f"bad{kind}{seed}"
    items = mail(seed, count)
    back: dict[str, Item] = {}
    with ChaosProxy(server.ports[kind], seed, clear=kind == "imap", mean=mean) as proxy:
        todo = list(items)
        for _ in range(60):  # runs
            try:
                with opened(kind, proxy.port, user, trust) as store:
                    while todo:
                        if not any(store.find(todo[0])):
                            store.add(todo[0])
                        todo.pop(0)
                    for ref, got in store.fetch([r for r in store.refs() if r not in back]):
                        assert isinstance(got, Item | NotFound)
                        if isinstance(got, Item):
                            raw = got.content.bytes
                            fresh = Item.of(raw, labels=got.labels, flags=got.flags)
                            back[ref] = fresh
                break
            except PASSING:
                continue
        else:
            raise AssertionError("it never came through")
        connections = proxy.connections
    with opened(kind, server.ports[kind], user, trust) as store:
        there = [got for _, got in _kept(store)]
    assert seen(there) == seen(items)
    assert {x.content.bytes for x in back.values()} == {x.content.bytes for x in items}
    return connections


def _kept(store: ImapStore) -> list[tuple[str, Item]]:
    found = []
    for ref, got in store.fetch(store.refs()):
        assert isinstance(got, Item), got
        fresh = Item.of(
            got.content.bytes, labels=got.labels, flags=got.flags, received=got.received
        )
        found.append((ref, fresh))
    return found


def test_nothing_is_lost_or_doubled_over_a_line_that_drops_delays_and_corrupts() -> None:
    assert sum(one_session("imaps", seed, 5, 40_000) for seed in range(2)) > 2


def test_a_server_that_parts_after_a_few_commands_is_no_matter() -> None:
    assert sum(one_session("imap", seed, 5, 15_000) for seed in range(4)) > 6


@pytest.mark.soak
@pytest.mark.parametrize("part", range(10))
def test_five_hundred_sessions_lose_and_double_nothing(part: int) -> None:
    for seed in range(1000 + part * 50, 1050 + part * 50):
        one_session(("imap", "imaps")[seed % 2], seed, 8, 30_000)
