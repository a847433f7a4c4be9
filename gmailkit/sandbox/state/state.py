"""Everything a sandbox remembers, in one SQLite file or in memory."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection, Iterable
from dataclasses import replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Protocol

from gmailkit.clock import Clock
from gmailkit.errors import NotFound, UsageError
from gmailkit.sandbox import headers
from gmailkit.sandbox.policy import Policy
from gmailkit.sandbox.state import ids
from gmailkit.sandbox.state.bin import Bin
from gmailkit.sandbox.state.database import Database
from gmailkit.sandbox.state.drafts import Drafts
from gmailkit.sandbox.state.folders import Folders
from gmailkit.sandbox.state.grants import Grants
from gmailkit.sandbox.state.history import History
from gmailkit.sandbox.state.labels import Labels, UserLabel
from gmailkit.sandbox.state.messages import Arriving, Messages, Stored
from gmailkit.sandbox.state.pop import Pop
from gmailkit.sandbox.state.search import Search
from gmailkit.sandbox.state.send_as import SendAs, SendAsAddresses
from gmailkit.sandbox.state.service_accounts import ServiceAccounts
from gmailkit.sandbox.state.settings import Settings
from gmailkit.sandbox.state.system_labels import DRAFT
from gmailkit.sandbox.state.threads import Threads
from gmailkit.sandbox.state.users import User, Users
from gmailkit.sandbox.state.watch import Watches

DEFAULT_USERS = (
    ("me@example.com", "Mira Vale"),
    ("ann@example.com", "Ann Keller"),
    ("bob@example.com", "Bob Okafor"),
    ("carla@example.com", "Carla Nunes"),
)


class Letter(Protocol):
    """A message to load: `labels` are system ids or user label names (made where unknown);
    messages with the same `thread` word share a conversation, None files by References.
    """

    @property
    def raw(self) -> bytes: ...
    @property
    def labels(self) -> Collection[str]: ...
    @property
    def date(self) -> datetime: ...
    @property
    def thread(self) -> str | None: ...


class State:
    """The rooms of a sandbox's memory, and a short way to fill and look at mailboxes.

    Nothing that is put here is changed, checked or delivered: bytes come back as they went in.
    """

    def __init__(self, path: Path | None, clock: Clock) -> None:
        self.clock = clock
        self.database = Database(path)
        self.users = Users(self.database)
        self.watches = Watches(self.database, clock)
        self.history = History(self.database, clock, self.watches.notify)
        self.settings = Settings(self.database)
        self.labels = Labels(self.database, self.history, self.settings)
        self.messages = Messages(self.database, self.history, Bin(self.database, clock))
        self.folders = Folders(self.database, self.history)
        self.pop = Pop(self.database)
        self.drafts = Drafts(self.database, self.messages)
        self.threads = Threads(self.database)
        self.grants = Grants(self.database, clock)
        self.service_accounts = ServiceAccounts(self.database)
        self.send_as = SendAsAddresses(self.settings)
        self.search = Search(self.messages, self.send_as.accepted, self.labels.names, clock)

    def seed(self, *, sample: bool) -> None:
        """The default users and the sample mailbox, where nobody lives here yet."""
        if self.users.all():
            return
        with self.database.change():
            if self.users.all():  # another sandbox on this file was quicker
                return
            for address, name in DEFAULT_USERS:
                self.users.add(address, name)
            if sample:
                self.put_sample(self.clock.now())

    def put_sample(self, now: float) -> None:
        """Fill the first default user's mailbox, as it looks at that time."""
        from gmailkit.sandbox.sample import SAMPLE_LABELS, sample_messages

        user = self.users.get(DEFAULT_USERS[0][0])
        for label in SAMPLE_LABELS:
            made = UserLabel(label.name, background=label.background, text=label.text)
            self.labels.add(user.n, made)
        mail = sample_messages(datetime.fromtimestamp(now, UTC))
        letters = (replace(m, labels=(*m.labels, *m.hidden)) for m in mail)
        self.put_many(user.address, letters, seed="sample")

    def begin_again(self, *, sample: bool) -> None:
        """`seed` an empty state, of which only the sandbox itself is left: its client, its keys."""
        self.database.before_next_use(None)
        with self.database.change():
            self.database.forget(but="meta")
            self.seed(sample=sample)

    def add_user(self, address: str, name: str = "") -> User:
        return self.users.add(address, name)

    def add_alias(self, address: str, alias: str) -> None:
        """`alias` becomes an accepted send-as address of `address`, and receives for it."""
        user = self.users.get(address)
        with self.database.change():
            self.users.add_alias(user, alias)
            self.send_as.put(user, SendAs(alias, treat_as_alias=True, status="accepted"))

    def confirm(self, address: str, email: str) -> None:
        """Whoever reads mail at `email` agrees to be a forwarding or send-as address of `address`.

        Raises UsageError where nothing is pending.
        """
        user = self.users.get(address)
        with self.database.change():
            send_as = self.send_as.find(user, email)
            forwarding = self.settings.find(user.n, "forwardingAddress", email.lower())
            pending = (
                send_as is not None and send_as.status == "pending",
                forwarding is not None and forwarding["verificationStatus"] == "pending",
            )
            if send_as and pending[0]:
                self.send_as.put(user, replace(send_as, status="accepted"))
            if forwarding and pending[1]:
                accepted = forwarding | {"verificationStatus": "accepted"}
                self.settings.put(user.n, "forwardingAddress", accepted, key=email.lower())
        if not any(pending):
            raise UsageError(
                f"{address} has nothing pending with {email}.",
                hint="forwardingAddresses.create and sendAs.create ask for confirmation.",
            )

    def put(
        self,
        address: str,
        raw: bytes,
        *,
        labels: Collection[str] = ("INBOX",),
        date: datetime | None = None,
        thread: str | None = None,
    ) -> str:
        """Store `raw` as it is and return its id. `date` is the internal date, now by default.

        `labels` are system ids or user label names, made where unknown. `thread` is a thread id or
        any word that messages of one conversation share; None files by References and subject.
        """
        user = self.users.get(address)
        with self.database.change():
            known = self.labels.ids_of(user.n, labels)
            return self._put(user, raw, known, self._date_ms(date), thread, ids.random_bits)

    def put_many(self, address: str, letters: Iterable[Letter], *, seed: str = "") -> list[str]:
        """`put` in one transaction. A `seed` makes the ids depend on content and order alone."""
        user = self.users.get(address)
        known: dict[str, str] = {}
        put: list[str] = []
        with self.database.change():
            for place, letter in enumerate(letters):
                if missing := [name for name in letter.labels if name not in known]:
                    known |= self.labels.ids_of(user.n, missing)
                labels = {name: known[name] for name in letter.labels}
                chance = ids.random_bits
                if seed:
                    bits = ids.bits_of(seed, place, letter.raw)
                    chance = _always(bits)
                date_ms = self._date_ms(letter.date)
                put.append(self._put(user, letter.raw, labels, date_ms, letter.thread, chance))
        return put

    def put_all(
        self, address: str, raws: Iterable[bytes], *, labels: Collection[str] = ("INBOX",)
    ) -> list[str]:
        """`put` in one transaction, for mail from files: the internal date is the Date header's."""
        user = self.users.get(address)
        with self.database.change():
            known = self.labels.ids_of(user.n, labels)
            return [self._put_dated(user, raw, known) for raw in raws]

    def raw(self, address: str, id: str) -> bytes:
        """The bytes as stored. Raises NotFound."""
        return self.messages.raw(self._stored(address, id).n)

    def ids(self, address: str) -> list[str]:
        """All message ids, spam and trash too, newest first."""
        return self.messages.ids(self.users.get(address).n)

    def labels_of(self, address: str, id: str) -> set[str]:
        """System ids and user label names. Raises NotFound."""
        stored = self._stored(address, id)
        names = self.labels.names(stored.user)
        return {names.get(label, label) for label in self.messages.labels(stored.n)}

    def notifications(self, address: str) -> list[dict[str, object]]:
        """What `users.watch` would have published so far, decoded, oldest first."""
        user = self.users.get(address)
        return [
            {"emailAddress": user.address, "historyId": history}
            for history in self.watches.published(user.n)
        ]

    def expire_history(self, address: str) -> None:
        """Every history id handed out so far answers 404 from now on."""
        self.history.expire(self.users.get(address).n)

    def hollow_history(self, address: str, *, times: int = 1) -> None:
        """The next pages of `history.list` have a nextPageToken but no `history`, as Gmail's
        sometimes do: asked again, or asked on, they come out whole.
        """
        self.history.hollow(self.users.get(address).n, times)

    def remembered(self, key: str, make: Callable[[], str]) -> str:
        """A value that is made once in the life of this state, such as the client secret."""
        with self.database.change():
            row = self.database.row("SELECT value FROM meta WHERE key = ?", key)
            if row is not None:
                return str(row[0])
            value = make()
            self.database.run("INSERT INTO meta VALUES (?, ?)", key, value)
            return value

    @property
    def policy(self) -> Policy:
        """Who may use the app, as its owner and the administrator have set it."""
        row = self.database.row("SELECT value FROM meta WHERE key = 'policy'")
        return Policy.from_json(row[0]) if row else Policy()

    @policy.setter
    def policy(self, policy: Policy) -> None:
        self.database.run("INSERT OR REPLACE INTO meta VALUES ('policy', ?)", policy.to_json())

    @cached_property
    def signing_key(self) -> bytes:
        """For page tokens, attachment ids and id tokens; the same for all sandboxes on a file."""
        return bytes.fromhex(self.remembered("signing_key", lambda: secrets.token_hex(32)))

    def close(self) -> None:
        self.database.close()

    def _put(
        self,
        user: User,
        raw: bytes,
        labels: dict[str, str],
        date_ms: int,
        key: str | None,
        chance: Callable[[], int],
    ) -> str:
        if key is None:
            thread = self.threads.of_received(user.n, headers.read(raw))
        else:
            thread = self.threads.of_key(user.n, key)
        arriving = Arriving(raw, tuple(labels.values()), date_ms, thread)
        added = self.messages.add(user.n, arriving, chance=chance)
        if DRAFT in labels:
            self.drafts.adopt(added)
        if key is not None and thread is None:
            self.threads.remember(user.n, key, added.thread)
        return added.id

    def _put_dated(self, user: User, raw: bytes, labels: dict[str, str]) -> str:
        said = headers.date_ms(headers.read(raw))
        date_ms = self._date_ms(None) if said is None else said
        return self._put(user, raw, labels, date_ms, None, ids.random_bits)

    def _date_ms(self, date: datetime | None) -> int:
        return round((self.clock.now() if date is None else date.timestamp()) * 1000)

    def _stored(self, address: str, id: str) -> Stored:
        stored = self.messages.find(self.users.get(address).n, id)
        if stored is None:
            raise NotFound(f"{address} has no message {id}.", hint="`ids` lists them.")
        return stored


def _always(bits: int) -> Callable[[], int]:
    return lambda: bits
