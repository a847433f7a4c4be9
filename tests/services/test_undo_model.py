"""Random changes, undos, faults and other people's doings: the mailbox and a plain model agree."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from fakes import ImpatientClock
from gmailkit.auth.scopes import PURPOSES
from gmailkit.config import Settings
from gmailkit.errors import GmailKitError
from gmailkit.gmail import Gmail
from gmailkit.model.ids import LabelId
from gmailkit.paths import Home
from gmailkit.sandbox import Sandbox
from gmailkit.secret import Secret
from mailroom import ME, letter
from organising_model import Act, Made, Mailbox, Taken

MESSAGES = 30
NAMES = ("Work", "Home", "Home/Deep", "Work/Deep", "New")
VERBS = {
    "archive": ((), ("INBOX",)),
    "trash": (("TRASH",), ()),
    "star": (("STARRED",), ()),
    "mark_spam": (("SPAM",), ()),
    "mark_read": ((), ("UNREAD",)),
}
SYSTEM = ("INBOX", "SPAM", "TRASH", "STARRED", "UNREAD")
FAULTS = ("503", "500", "429", "drop-before", "drop-after", "reset-after", "truncate")
CALLS = (
    "messages.modify",
    "messages.batchModify",
    "messages.list",
    "labels.create",
    "labels.patch",
    "labels.delete",
    "labels.list",
)

# What is cut short.
CUT = (
    *("verb", "label", "label anew", "create", "rename", "delete", "undo", "undo"),
    *("google modify", "google trash", "google create", "google rename", "google delete"),
)

picks = st.integers(0, 999)
several = st.lists(picks, min_size=1, max_size=14)
names = st.sampled_from(NAMES)
Doing = tuple[Callable[[Gmail], object], Act]


class Comparison(RuleBasedStateMachine):
    """Each rule changes the mailbox through `Gmail`, and the model by the rules.

    No rule has a precondition: what faults leave differs from run to run, and what hypothesis draws
    next must not depend on that.
    """

    @initialize()
    def begin(self) -> None:
        self.failing = False
        self.untold: set[int] = set()
        self.folder = tempfile.TemporaryDirectory()
        self.sandbox = Sandbox(sample=False).__enter__()
        self.model = Mailbox()
        for number in range(MESSAGES):
            labels = ("INBOX", "UNREAD") if number % 3 else ("STARRED",)
            id = self.sandbox.mail.put(ME, letter(f"Number {number}"), labels=labels)
            self.model.messages[id] = set(labels)
        token = self.sandbox.issue_token(ME, PURPOSES["modify"])
        self.gmail = Gmail(
            settings=Settings(
                home=Home.at(Path(self.folder.name)),
                access_token=Secret(token),
                endpoint=self.sandbox.url,
                units_per_minute=None,
            ),
            clock=ImpatientClock(),
        )
        for name in ("Work", "Home"):
            self.do(*self.a_creation(name))

    def teardown(self) -> None:
        if hasattr(self, "gmail"):
            self.gmail.close()
            self.sandbox.stop()
            self.folder.cleanup()

    # What gmailkit does

    @rule(verb=st.sampled_from(sorted(VERBS)), picked=several)
    def verb(self, verb: str, picked: list[int]) -> None:
        self.do(*self.a_verb(verb, picked))

    @rule(picked=several)
    def untrash(self, picked: list[int]) -> None:
        ids = self.some(picked)
        self.do(lambda gmail: gmail.untrash(ids=ids), lambda model: model.untrash(ids))

    @rule(picked=several, add=st.sets(picks, max_size=2), remove=st.sets(picks, max_size=2))
    def label(self, picked: list[int], add: set[int], remove: set[int]) -> None:
        doing = self.a_label(picked, add, remove)
        if doing:
            self.do(*doing)

    @rule(picked=several, name=names)
    def label_anew(self, picked: list[int], name: str) -> None:
        self.do(*self.a_label_anew(picked, name))

    @rule(picked=several, add=st.sets(picks, max_size=2), remove=st.sets(picks, max_size=2))
    def google_modify(self, picked: list[int], add: set[int], remove: set[int]) -> None:
        if doing := self.a_google_modify(picked, add, remove):
            self.do(*doing)

    @rule(pick=picks, method=st.sampled_from(["trash", "untrash"]))
    def google_trash(self, pick: int, method: str) -> None:
        self.do(*self.a_google_trash(pick, method))

    @rule(pick=picks, new=names)
    def google_rename(self, pick: int, new: str) -> None:
        if doing := self.a_google_renaming(pick, new):
            self.do(*doing)

    @rule(name=names)
    def create(self, name: str) -> None:
        self.do(*self.a_creation(name))

    @rule(pick=picks, new=names)
    def rename(self, pick: int, new: str) -> None:
        if doing := self.a_renaming(pick, new):
            self.do(*doing)

    @rule(name=names)
    def google_create(self, name: str) -> None:
        self.do(*self.a_google_creation(name))

    @rule(pick=picks)
    def delete(self, pick: int) -> None:
        if doing := self.a_deletion(pick):
            self.do(*doing)

    @rule(pick=picks)
    def google_delete(self, pick: int) -> None:
        if doing := self.a_google_deletion(pick):
            self.do(*doing)

    @rule(pick=picks)
    def undo(self, pick: int) -> None:
        if doing := self.an_undo(pick):
            self.do(*doing)

    @rule(pick=st.integers(0, 2))
    def undo_a_late_one(self, pick: int) -> None:
        if doing := self.an_undo(-1 - pick):
            self.do(*doing)

    # What cuts it short

    @rule(
        kind=st.sampled_from(FAULTS),
        method=st.sampled_from(CALLS),
        at=st.integers(1, 4),
        what=st.sampled_from(CUT),
        pick=picks,
        picked=several,
        name=names,
        verb=st.sampled_from(sorted(VERBS)),
        roll_back=st.booleans(),
    )
    def cut_short(
        self,
        kind: str,
        method: str,
        at: int,
        what: str,
        pick: int,
        picked: list[int],
        name: str,
        verb: str,
        roll_back: bool,
    ) -> None:
        """At the n-th call of a method and from there on; then recovered."""
        doing = {
            "verb": lambda: self.a_verb(verb, picked),
            "label": lambda: self.a_label(picked, {pick}, {pick + 1}),
            "label anew": lambda: self.a_label_anew(picked, name),
            "create": lambda: self.a_creation(name),
            "rename": lambda: self.a_renaming(pick, name),
            "delete": lambda: self.a_deletion(pick),
            "undo": lambda: self.an_undo(-1 - pick % 3),
            "google modify": lambda: self.a_google_modify(picked, {pick}, {pick + 1}),
            "google trash": lambda: self.a_google_trash(pick, "trash"),
            "google create": lambda: self.a_google_creation(name),
            "google rename": lambda: self.a_google_renaming(pick, name),
            "google delete": lambda: self.a_google_deletion(pick),
        }[what]()
        if doing:
            with self.trouble(kind, method, at):
                self.do(*doing, roll_back=roll_back)

    # What somebody else does

    @rule(
        picked=several,
        add=st.sets(st.sampled_from(SYSTEM), max_size=2),
        remove=st.sets(st.sampled_from(SYSTEM), max_size=2),
        own=st.none() | picks,
    )
    def somebody_relabels(
        self, picked: list[int], add: set[str], remove: set[str], own: int | None
    ) -> None:
        keys = sorted(self.model.labels)
        added = {*add, *([keys[own % len(keys)]] if own is not None and keys else [])}
        ids, gone = self.some(picked), remove - added
        self.model.relabel(ids, added, gone)
        mail, user = self.sandbox.mail, self.user
        by_name = {each.name: each.id for each in mail.labels.all(user)}
        mail.messages.relabel(
            user,
            [found for id in ids if (found := mail.messages.find(user, id))],
            {by_name.get(self.model.labels.get(label, ""), label) for label in added},
            gone,
        )

    @rule(pick=picks)
    def somebody_deletes_for_good(self, pick: int) -> None:
        if len(self.model.messages) <= MESSAGES - 4:
            return
        (id,) = self.some([pick])
        found = self.sandbox.mail.messages.find(self.user, id)
        assert found
        self.sandbox.mail.messages.remove(self.user, [found])
        del self.model.messages[id]

    @rule(pick=picks)
    def somebody_deletes_a_label(self, pick: int) -> None:
        if not self.model.labels:
            return
        name = self.own(pick)
        self.sandbox.mail.labels.remove(self.user, self.by_name[name])
        self.model.delete(name)

    # What has to hold

    @invariant()
    def the_mailbox_is_as_the_model_says(self) -> None:
        mail = self.sandbox.mail
        is_, should = self.state(), self.model.named()
        assert {id: each for id, each in is_.items() if each != should.get(id)} == {
            id: each for id, each in should.items() if each != is_.get(id)
        }
        assert set(self.by_name) == set(self.model.labels.values())
        assert sorted(mail.ids(ME)) == sorted(self.model.messages)

    @invariant()
    def nothing_is_left_cut_short(self) -> None:
        assert not list(self.gmail.changes(states=("begun",)))

    # How it is done

    def do(self, run: Callable[[Gmail], object], act: Act, *, roll_back: bool = False) -> None:
        """Both do it; where it fails, it is recovered, or nothing was made of it."""
        was = deepcopy(self.model)
        last = self.last()
        try:
            made = act(self.model)
        except (Taken, KeyError):
            self.model = deepcopy(was)
            made = None
        try:
            run(self.gmail)
        except GmailKitError as error:
            self.sandbox.faults.__dict__.pop("take", None)
            begun = [each.number for each in self.gmail.changes(states=("begun",))]
            if not begun:
                assert self.last() == last or self.gmail.change(self.last()).state == "refused"
                assert made is None or self.failing, error
                self.model = was
                return
            (number,) = begun
            self.recover(number, was, made, roll_back=roll_back or made is None)
            return
        self.sandbox.faults.__dict__.pop("take", None)
        assert made is not None
        if self.last() == last:  # what changes nothing is not written down
            assert made.idle
        else:
            self.model.enter(self.last(), made)

    def recover(self, number: int, was: Mailbox, made: Made | None, *, roll_back: bool) -> None:
        self.gmail.recover(number, roll_back=roll_back)
        if not roll_back:
            assert made is not None
            self.model.enter(number, made)
            return
        self.model = was
        self.model.enter(number, made or Made())
        if self.last() != number:
            self.model.enter(self.last(), Made(undoes=number))
        # What it may give again is not looked into: how much of it was made is Gmail's to know.
        self.untold |= {number, self.last()}

    @contextmanager
    def trouble(self, kind: str, method: str, at: int) -> Iterator[None]:
        faults, met = self.sandbox.faults, 0

        def take(called: str) -> object:
            nonlocal met
            met += called == method
            if called == method and met >= at:
                faults.next(kind)
            return type(faults).take(faults, called)

        faults.take = take  # type: ignore[method-assign,assignment]
        self.failing = True
        try:
            yield
        finally:
            self.failing = False
            faults.__dict__.pop("take", None)
            faults.clear()

    @property
    def user(self) -> int:
        return self.sandbox.mail.users.get(ME).n

    @property
    def by_name(self) -> dict[str, str]:
        return {each.name: each.id for each in self.sandbox.mail.labels.all(self.user)}

    def state(self) -> dict[str, set[str]]:
        mail = self.sandbox.mail
        return {id: set(mail.labels_of(ME, id)) for id in mail.ids(ME)}

    def last(self) -> int:
        return next((each.number for each in self.gmail.changes(limit=1)), 0)

    def some(self, picked: list[int]) -> list[str]:
        there = sorted(self.model.messages)
        return list(dict.fromkeys(there[pick % len(there)] for pick in picked))

    def own(self, pick: int) -> str:
        there = sorted(self.model.labels.values())
        return there[pick % len(there)]

    def a_verb(self, verb: str, picked: list[int]) -> Doing:
        ids, (add, remove) = self.some(picked), VERBS[verb]
        return (
            lambda gmail: getattr(gmail, verb)(ids=ids),
            lambda model: model.relabel(ids, add, remove),
        )

    def a_label(self, picked: list[int], add: set[int], remove: set[int]) -> Doing | None:
        ids = self.some(picked)
        keys = [*SYSTEM, *sorted(self.model.labels)]
        adding = {keys[pick % len(keys)] for pick in add}
        removing = {keys[pick % len(keys)] for pick in remove} - adding
        if not adding | removing:
            return None
        named = dict(self.model.labels)
        return (
            lambda gmail: gmail.label(
                ids=ids,
                add=[named.get(key, key) for key in sorted(adding)],
                remove=[named.get(key, key) for key in sorted(removing)],
            ),
            lambda model: model.relabel(ids, adding, removing),
        )

    def a_label_anew(self, picked: list[int], name: str) -> Doing:
        ids = self.some(picked)
        return (
            lambda gmail: gmail.move(name, ids=ids, create=True),
            lambda model: model.label_anew(ids, name),
        )

    def a_google_modify(self, picked: list[int], add: set[int], remove: set[int]) -> Doing | None:
        """One message by `modify`, several by `batchModify`; by Google's names, with ids."""
        ids = self.some(picked)
        keys = [*SYSTEM, *sorted(self.model.labels)]
        adding = {keys[pick % len(keys)] for pick in add}
        removing = {keys[pick % len(keys)] for pick in remove} - adding
        if not adding | removing:
            return None
        named, known = dict(self.model.labels), self.by_name
        body = {
            "addLabelIds": sorted(known.get(named.get(key, ""), key) for key in adding),
            "removeLabelIds": sorted(known.get(named.get(key, ""), key) for key in removing),
        }
        if len(ids) == 1:
            return (
                lambda gmail: gmail.call("messages.modify", id=ids[0], body=body),
                lambda model: model.relabel(ids, adding, removing),
            )
        return (
            lambda gmail: gmail.call("messages.batchModify", body={**body, "ids": ids}),
            lambda model: model.relabel(ids, adding, removing),
        )

    def a_google_trash(self, pick: int, method: str) -> Doing:
        """Out of Trash it does not come back into the inbox."""
        (id,) = self.some([pick])
        add, remove = (("TRASH",), ()) if method == "trash" else ((), ("TRASH",))
        return (
            lambda gmail: getattr(gmail.messages, method)(id),
            lambda model: model.relabel([id], add, remove),
        )

    def a_google_creation(self, name: str) -> Doing:
        return lambda gmail: gmail.labels.create(name), lambda model: model.create(name)

    def a_google_renaming(self, pick: int, new: str) -> Doing | None:
        """Those below it keep their names."""
        if not self.model.labels:
            return None
        old = self.own(pick)
        id = LabelId(self.by_name[old])
        return lambda gmail: gmail.labels.patch(id, name=new), lambda model: model.name(old, new)

    def a_google_deletion(self, pick: int) -> Doing | None:
        if not self.model.labels:
            return None
        name = self.own(pick)
        id = LabelId(self.by_name[name])
        return lambda gmail: gmail.labels.delete(id), lambda model: model.delete(name)

    def a_creation(self, name: str) -> Doing:
        return lambda gmail: gmail.create_label(name), lambda model: model.create(name)

    def a_renaming(self, pick: int, new: str) -> Doing | None:
        if not self.model.labels:
            return None
        old = self.own(pick)
        return lambda gmail: gmail.rename_label(old, new), lambda model: model.rename(old, new)

    def a_deletion(self, pick: int) -> Doing | None:
        if not self.model.labels:
            return None
        name = self.own(pick)
        return lambda gmail: gmail.delete_label(name), lambda model: model.delete(name)

    def an_undo(self, pick: int) -> Doing | None:
        numbers = [
            number
            for number, change in sorted(self.model.changes.items())
            if not change.undone and number not in self.untold
        ]
        if not numbers:
            return None
        number = numbers[pick % len(numbers)]
        try:
            deepcopy(self.model).undo(number)
        except Taken:  # it takes the label that somebody made again: tests/services/undo
            return None
        return lambda gmail: gmail.undo(number), lambda model: model.undo(number)


SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]


def run(*, examples: int, steps: int) -> None:
    run_state_machine_as_test(
        Comparison,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            report_multiple_bugs=False,
            suppress_health_check=SLOW,
            database=None,
        ),
    )


@pytest.mark.timeout(900)  # a failure is made small first
def test_changes_and_undos_do_what_the_rules_say() -> None:
    run(examples=8, steps=20)


@pytest.mark.soak
@pytest.mark.timeout(5400)
def test_changes_and_undos_do_what_the_rules_say_for_long() -> None:
    run(examples=300, steps=40)
