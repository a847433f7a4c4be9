"""Whatever happens to a mailbox and to what Gmail tells of it: two runs, and the backup is right.

The truth is the sandbox. In between history expires, has gaps, repeats and shuffles its records;
labels are deleted and made anew; messages go between their listing and their reading, and the whole
mailbox between two pages.
"""

from __future__ import annotations

import random
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import ClassVar
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    rule,
    run_state_machine_as_test,
)

from conftest import MEMORY
from fakes import ImpatientClock
from gmailkit.backup.check import verify
from gmailkit.backup.events import Drafts
from gmailkit.backup.folder import Backup
from gmailkit.config import Settings
from gmailkit.errors import BudgetSpent, GmailKitError
from gmailkit.gmail import Gmail
from gmailkit.sandbox import Sandbox

ME = "me@example.com"
SYSTEM = ("INBOX", "UNREAD", "STARRED", "IMPORTANT", "SPAM", "TRASH")
OWN = ("Work", "Work/Deep", "Play")
PICK = st.integers(0, 1 << 16)
Mischief = Callable[[], object]


class Converging(RuleBasedStateMachine):
    every = False
    sandbox: ClassVar[Sandbox]
    gmail: ClassVar[Gmail]

    def __init__(self) -> None:
        super().__init__()
        where = MEMORY if MEMORY.is_dir() else None
        self.base = tempfile.TemporaryDirectory(dir=where)
        self.folder = Path(self.base.name) / "mail.backup"
        self.lossy = False  # records were lost without a trace
        self.raws: dict[str, bytes] = {}
        self.number = 0
        self.empty()
        for label in self.gmail.labels.list():
            if label.type == "user":
                self.gmail.labels.delete(label.id)

    def teardown(self) -> None:
        self.base.cleanup()

    @initialize(count=st.integers(0, 7))
    def mail(self, count: int) -> None:
        for _ in range(count):
            self.arrive(frozenset({"INBOX"}))

    @rule(labels=st.frozensets(st.sampled_from(SYSTEM), max_size=3))
    def arrive(self, labels: frozenset[str]) -> None:
        self.number += 1
        raw = f"Subject: {self.number}\r\n\r\nBody of {self.number}\r\n".encode()
        id = self.sandbox.mail.put(ME, raw, labels=labels - {"INBOX"} | {"UNREAD"})
        self.raws[id] = raw

    @rule(which=PICK, add=st.booleans(), label=st.sampled_from((*SYSTEM, *OWN)))
    def relabel(self, which: int, add: bool, label: str) -> None:
        if (id := self.one(which)) and (known := self.label(label)):
            change = {"add_label_ids" if add else "remove_label_ids": [known]}
            with suppress(GmailKitError):  # a draft takes no labels
                self.gmail.messages.modify(id, **change)  # type: ignore[arg-type]

    @rule(which=PICK)
    def delete(self, which: int) -> None:
        if id := self.one(which):
            self.gmail.messages.delete(id)

    @rule()
    def empty(self) -> None:
        if ids := self.sandbox.mail.ids(ME):
            self.gmail.messages.batch_delete(ids)

    @rule(name=st.sampled_from(OWN))
    def make_label(self, name: str) -> None:
        if self.label(name) is None:
            self.gmail.labels.create(name)

    @rule(name=st.sampled_from(OWN), anew=st.booleans())
    def delete_label(self, name: str, anew: bool) -> None:
        if known := self.label(name):
            self.gmail.labels.delete(known)
            if anew:
                self.make_label(name)

    @rule(name=st.sampled_from(OWN), number=PICK)
    def rename_label(self, name: str, number: int) -> None:
        if known := self.label(name):
            with suppress(GmailKitError):
                self.gmail.labels.patch(known, name=f"{name}{number}")

    @rule(which=PICK)
    def draft(self, which: int) -> None:
        drafts = list(self.gmail.drafts.list())
        raw = f"Subject: draft\r\n\r\nWritten at {which}\r\n".encode()
        if not drafts or which % 3 == 0:
            self.gmail.drafts.create(raw)
        elif which % 3 == 1:
            self.gmail.drafts.update(drafts[which % len(drafts)].id, raw)
        else:
            self.gmail.drafts.delete(drafts[which % len(drafts)].id)

    @rule()
    def history_expires(self) -> None:
        self.sandbox.mail.expire_history(ME)

    @rule(times=st.integers(1, 5))
    def pages_come_without_records(self, times: int) -> None:
        self.sandbox.mail.hollow_history(ME, times=times)

    @rule(
        seed=PICK,
        shuffled=st.booleans(),
        lossy=st.booleans(),
        at=st.integers(0, 6),
        mischief=st.sampled_from(["none", "delete", "empty", "relabel", "arrive", "trash"]),
        place=st.sampled_from(["list", "get"]),
        budget=st.none() | st.integers(20, 400),
        reconcile=st.booleans(),
    )
    def run_in_trouble(
        self,
        seed: int,
        shuffled: bool,
        lossy: bool,
        at: int,
        mischief: str,
        place: str,
        budget: int | None,
        reconcile: bool,
    ) -> None:
        """A run whose history is odd, and during which the mailbox changes."""
        dice = random.Random(seed)
        acts: dict[str, Mischief] = {
            "none": lambda: None,
            "delete": lambda: self.delete(seed),
            "empty": self.empty,
            "relabel": lambda: self.relabel(seed, bool(seed % 2), "STARRED"),
            "arrive": lambda: self.arrive(frozenset()),
            "trash": lambda: self.relabel(seed, True, "TRASH"),
        }
        meter = self.gmail._connection.meter
        meter._budget = None if budget is None else meter.spent.units + budget
        try:
            with (
                disturbed(self.gmail, place, at, acts[mischief]),
                odd_history(self.gmail, dice, shuffled=shuffled, lossy=lossy),
                suppress(BudgetSpent),
            ):
                self.gmail.backup(self.folder, every=self.every, reconcile=reconcile)
        finally:
            meter._budget = None
        self.lossy |= lossy

    @rule()
    def two_runs_suffice(self) -> None:
        self.gmail.backup(self.folder, every=self.every)
        report = self.gmail.backup(self.folder, every=self.every, reconcile=self.lossy)
        self.lossy = False
        if report.reconciled:
            assert report.reconciled.gmail == report.reconciled.backup
        self.check()

    def check(self) -> None:
        names = {label.id: label.name for label in self.gmail.labels.list()}
        with Backup.open(self.folder) as saved:
            states = {
                entry.id: None if entry.gone is not None else dict(entry.labels)
                for entry in saved.entries()
            }
            drafts = saved.latest(ME, Drafts)
            for entry in saved.entries():
                if entry.id in self.raws:
                    assert saved.read(entry).raw == self.raws[entry.id]
        truth = {id: set(self.sandbox.mail.labels_of(ME, id)) for id in self.sandbox.mail.ids(ME)}
        for id, labels in truth.items():
            if self.every or id in states or not labels & {"SPAM", "TRASH"}:
                known = states[id]
                assert known is not None, f"{id} is there, and the backup says that it is gone"
                assert set(known.values()) == labels
                assert all(names[label] == name for label, name in known.items())
        assert all(state is None for id, state in states.items() if id not in truth)
        there = {draft.id: draft.message.id for draft in self.gmail.drafts.list() if draft.message}
        assert (drafts.drafts if drafts else {}) == there
        assert verify(self.folder).ok

    def one(self, which: int) -> str | None:
        ids = self.sandbox.mail.ids(ME)
        return ids[which % len(ids)] if ids else None

    def label(self, name: str) -> str | None:
        found = (each.id for each in self.gmail.labels.list() if each.name.startswith(name))
        return next(found, None)


@contextmanager
def disturbed(gmail: Gmail, place: str, at: int, act: Mischief) -> Iterator[None]:
    """Before the message number `at` that is listed or read, something happens to the mailbox."""
    left = [at]

    def step() -> None:
        left[0] -= 1
        if left[0] == -1:
            act()

    messages = gmail.messages
    real_list, real_get = messages.list, messages.get_raw

    def listing(**options: object) -> Iterator[object]:
        for ref in real_list(**options):  # type: ignore[arg-type]
            if place == "list":
                step()
            yield ref

    def get(id: str, **options: int) -> object:
        if place == "get":
            step()
        return real_get(id, **options)

    with patch.object(messages, "list", listing), patch.object(messages, "get_raw", get):
        yield


class Records(list[object]):
    gap = False
    history_id: int | None = None


@contextmanager
def odd_history(
    gmail: Gmail, dice: random.Random, *, shuffled: bool, lossy: bool
) -> Iterator[None]:
    """Records in any order and more than once; some of them lost without a trace."""
    real = gmail.history.list

    def odd(start: int) -> Records:
        changes = real(start, max_results=2)
        records = Records(changes)
        if lossy:
            records[:] = [record for record in records if dice.random() < 0.6]
        if shuffled:
            records += dice.sample(records, len(records) // 2)
            dice.shuffle(records)
        records.gap, records.history_id = changes.gap, changes.history_id
        return records

    with patch.object(gmail.history, "list", odd):
        yield


class ConvergingWithSpamAndTrash(Converging):
    every = True


@pytest.fixture
def machines(
    sandbox: Sandbox, settings_for: Callable[..., Settings]
) -> Iterator[tuple[type[Converging], ...]]:
    with (
        Gmail(settings=settings_for(purpose="full"), clock=ImpatientClock()) as gmail,
        patch("gmailkit.client.listing.PAGE", 3),
    ):
        Converging.sandbox, Converging.gmail = sandbox, gmail
        yield Converging, ConvergingWithSpamAndTrash


def test_two_runs_suffice(machines: tuple[type[Converging], ...]) -> None:
    for machine in machines:
        run(machine, examples=4, steps=20)


@pytest.mark.soak
@pytest.mark.timeout(7200)
def test_two_runs_suffice_five_hundred_times(machines: tuple[type[Converging], ...]) -> None:
    for machine in machines:
        run(machine, examples=250, steps=60)


def run(machine: type[Converging], *, examples: int, steps: int) -> None:
    """What fails is printed as it came: to shrink it would take longer than to read it."""
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )
