"""Random sequences of operations: the sandbox and a plain model of the documented rules agree."""

from __future__ import annotations

from email.utils import formatdate
from typing import Any, NamedTuple
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from mailbox_conversation import GONE, SYSTEM, Conversation
from mailbox_model import Letter, Message
from sandbox_caller import base64url

WEEK = 7 * 86_400
WORDS = ("apple", "pear", "plum")

picks = st.integers(0, 999)
subjects = st.sampled_from(["apple", "Re: apple", "pear", "RE: pear", "apple pear"])
message_ids = st.sampled_from([f"<{n}@mail.example.com>" for n in range(5)])
names = st.sampled_from(["Work", "WORK", "Home", "Home/Deep", "New"])
few = st.lists(picks, max_size=3)


class Point(NamedTuple):
    """A moment to which the history may be asked from."""

    history: str
    time: float
    mailbox: dict[str, frozenset[str]]


class Comparison(Conversation):
    """Each rule asks the sandbox, lets the model do the same, and compares the answers."""

    @initialize()
    def begin(self) -> None:
        self.open()
        self.points: list[Point] = []

    def teardown(self) -> None:
        if hasattr(self, "sandbox"):
            try:
                for point in self.points:
                    self.check_replay(point)
            finally:
                self.sandbox.stop()

    # What comes

    @rule(
        how=st.sampled_from(["", "/import"]),
        subject=subjects,
        message_id=message_ids,
        parent=st.none() | message_ids,
        thread=st.none() | picks,
        labels=few,
        age=st.integers(0, 3 * 86_400),
        by_header=st.booleans(),
    )
    def restore(
        self,
        how: str,
        subject: str,
        message_id: str,
        parent: str | None,
        thread: int | None,
        labels: list[int],
        age: int,
        by_header: bool,
    ) -> None:
        letter = Letter(subject, message_id, parent or "")
        date = int(self.clock.now()) - age
        wanted, chosen = self.thread(thread), [self.label(pick) for pick in labels]
        source = "dateHeader" if by_header else "receivedTime"
        body = {"raw": base64url(letter.raw(formatdate(date))), "labelIds": chosen}
        place = (date if by_header else round(self.clock.now(), 3)) * 1000
        act = self.model.import_ if how else self.model.insert
        self.both(
            ("POST", f"messages{how}?internalDateSource={source}"),
            body | ({"threadId": wanted} if wanted else {}),
            lambda said: act(said["id"], letter, chosen, wanted, round(place)),
        )

    @rule(subject=subjects, parent=st.none() | picks, thread=st.none() | picks)
    def send(self, subject: str, parent: int | None, thread: int | None) -> None:
        """Half of the replies answer a message of the thread that they name."""
        letter, wanted = self.own_letter(subject, parent, thread)
        body = {"raw": base64url(letter.raw("x"))} | ({"threadId": wanted} if wanted else {})

        def sent(said: dict[str, Any]) -> Message:
            return self.model.send(said["id"], self.as_sent(said, letter), wanted, self.now_ms)

        self.both(("POST", "messages/send"), body, sent)

    @rule(subject=subjects, parent=st.none() | picks, thread=st.none() | picks)
    def create_draft(self, subject: str, parent: int | None, thread: int | None) -> None:
        letter, wanted = self.own_letter(subject, parent, thread)

        def created(said: dict[str, Any]) -> Message:
            id = said["message"]["id"]
            return self.model.create_draft(id, said["id"], letter, wanted, self.now_ms)

        self.both(("POST", "drafts"), self.draft_body(letter, wanted), created)

    @precondition(lambda self: self.model.drafts())
    @rule(pick=picks, subject=subjects, parent=st.none() | picks, thread=st.none() | picks)
    def update_draft(self, pick: int, subject: str, parent: int | None, thread: int | None) -> None:
        draft = self.draft(pick)
        letter, wanted = self.own_letter(subject, parent, thread)

        def updated(said: dict[str, Any]) -> Message:
            self.model.draft(draft)
            id = said.get("message", {}).get("id", "")
            return self.model.update_draft(id, draft, letter, wanted, self.now_ms)

        self.both(("PUT", f"drafts/{draft}"), self.draft_body(letter, wanted), updated)

    @precondition(lambda self: self.model.drafts())
    @rule(pick=picks, subject=st.none() | subjects)
    def send_draft(self, pick: int, subject: str | None) -> None:
        """As stored, or with a new message."""
        draft = self.draft(pick)
        body: dict[str, object] = {"id": draft}
        letter = Letter(subject or "", "<new@mail.example.com>")
        if subject is not None:
            body |= self.draft_body(letter, "")

        def sent(said: dict[str, Any]) -> Message:
            self.model.draft(draft)
            if subject is not None:
                self.model.update_draft("between", draft, letter, "", self.now_ms)
            kept = self.model.draft(draft)
            kept.letter = self.as_sent(said, kept.letter)
            made = self.model.send_draft(said["id"], draft, self.now_ms)
            if made.thread == "between":
                made.thread = said["threadId"]  # of the message that was there for a moment
            return made

        self.both(("POST", "drafts/send"), body, sent)

    # What changes

    @precondition(lambda self: self.model.messages)
    @rule(
        how=st.sampled_from(["messages", "threads", "batch"]),
        several=st.lists(picks, min_size=1, max_size=4),
        add=few,
        remove=few,
    )
    def modify(self, how: str, several: list[int], add: list[int], remove: list[int]) -> None:
        added = {self.label(pick) for pick in add}
        removed = {self.label(pick) for pick in remove} - added
        if not added | removed:
            return
        body: dict[str, object] = {"addLabelIds": list(added), "removeLabelIds": list(removed)}
        id = self.message(several[0])
        if how == "messages":
            path = f"messages/{id}/modify"
            self.both(("POST", path), body, lambda _: self.model.modify(id, added, removed))
            return
        if how == "threads":
            thread = self.thread(several[0]) or GONE

            def relabelled(_: dict[str, Any]) -> list[Message]:
                self.model.modify_many([], added, removed)  # whether the labels are known
                self.model.modify_many(self.model.thread(thread), added, removed)
                return self.model.thread(thread)

            self.both(("POST", f"threads/{thread}/modify"), body, relabelled)
            return
        ids = [self.message(pick) for pick in several]
        present = [self.model.messages[id] for id in set(ids) & set(self.model.messages)]
        self.both(
            ("POST", "messages/batchModify"),
            body | {"ids": ids},
            lambda _: self.model.modify_many(present, added, removed),
        )

    @precondition(lambda self: self.model.messages)
    @rule(
        of=st.sampled_from(["messages", "threads"]),
        to=st.sampled_from(["trash", "untrash"]),
        pick=picks,
    )
    def move(self, of: str, to: str, pick: int) -> None:
        add, remove = (["TRASH"], []) if to == "trash" else ([], ["TRASH"])
        if of == "messages":
            id = self.message(pick)
            path = f"messages/{id}/{to}"
            self.both(("POST", path), None, lambda _: self.model.modify(id, add, remove))
            return
        thread = self.thread(pick) or GONE

        def moved(_: dict[str, Any]) -> list[Message]:
            self.model.modify_many(self.model.thread(thread), add, remove)
            return self.model.thread(thread)

        self.both(("POST", f"threads/{thread}/{to}"), None, moved)

    @precondition(lambda self: len(self.model.messages) > 2)
    @rule(
        how=st.sampled_from(["messages", "threads", "drafts", "batch"]),
        several=st.lists(picks, min_size=1, max_size=3),
    )
    def delete(self, how: str, several: list[int]) -> None:
        model = self.model
        if how == "batch":
            ids = [self.message(pick) for pick in several]
            present = [model.messages[id] for id in set(ids) & set(model.messages)]
            path = ("POST", "messages/batchDelete")
            self.both(path, {"ids": ids}, lambda _: model.remove(present))
            return
        id, act = {
            "messages": (self.message(several[0]), lambda id: [model.get(id)]),
            "threads": (self.thread(several[0]) or GONE, model.thread),
            "drafts": (self.draft(several[0]), lambda id: [model.draft(id)]),
        }[how]
        self.both(("DELETE", f"{how}/{id}"), None, lambda _: model.remove(act(id)))

    # Labels

    @rule(name=names)
    def create_label(self, name: str) -> None:
        def created(said: dict[str, Any]) -> None:
            self.model.name_label(said.get("id", "none yet"), name, new=True)
            self.labels_ever.append(said["id"])

        self.both(("POST", "labels"), {"name": name}, created)

    @precondition(lambda self: self.model.labels)
    @rule(pick=picks, name=names)
    def rename_label(self, pick: int, name: str) -> None:
        id = self.own_label(pick)
        act = self.model.name_label
        self.both(("PATCH", f"labels/{id}"), {"name": name}, lambda _: act(id, name, new=False))

    @precondition(lambda self: self.model.labels)
    @rule(pick=picks)
    def delete_label(self, pick: int) -> None:
        id = self.own_label(pick)
        self.both(("DELETE", f"labels/{id}"), None, lambda _: self.model.delete_label(id))

    # Time, and what is there

    @rule(seconds=st.sampled_from([1, 60, 86_400, 3 * 86_400, 30 * 86_400]))
    def wait(self, seconds: int) -> None:
        self.clock.time += seconds
        self.model.wait(self.clock.time)
        self.renew_token()

    @precondition(lambda self: len(self.points) > 1)
    @rule(pick=picks, size=st.sampled_from([1, 2, 500]))
    def replay(self, pick: int, size: int) -> None:
        self.check_replay(self.points[pick % len(self.points)], size)

    @rule(word=st.sampled_from(WORDS), sign=st.sampled_from(["", "-"]), all=st.booleans())
    def search(self, word: str, sign: str, all: bool) -> None:
        def hit(message: Message) -> bool:
            return (word in message.letter.key.split()) is not sign.startswith("-")

        found = self.model.listed(hit, all=all)
        query = {
            "q": f"{sign}subject:{word}",
            "includeSpamTrash": str(all).lower(),
            "maxResults": "2",
        }
        assert self.ids("messages", **query) == [message.id for message in found]
        assert self.ids("threads", **query) == threads_of(found)
        drafts = [message.draft for message in found if message.draft]
        assert self.ids("drafts", **query) == drafts

    @invariant()
    def the_lists_agree(self) -> None:
        everything = self.model.listed(all=True)
        assert self.ids("messages", includeSpamTrash="true") == [m.id for m in everything]
        assert self.ids("threads") == threads_of(self.model.listed())
        for label in (*SYSTEM, "SENT", "DRAFT", *self.model.labels):
            carriers = [message.id for message in everything if label in message.labels]
            listed = self.ids("messages", labelIds=label, includeSpamTrash="true", maxResults=3)
            assert listed == carriers, label
        profile = self.said("profile")
        threads = {message.thread for message in everything}
        assert profile["messagesTotal"] == len(everything)
        assert profile["threadsTotal"] == len(threads)
        labels = self.said("labels")["labels"]
        own = {label["id"]: label["name"] for label in labels if label["type"] == "user"}
        assert own == self.model.labels
        point = Point(profile["historyId"], self.clock.now(), self.model.snapshot())
        if not self.points or self.points[-1].history != point.history:
            self.points.append(point)

    def check_replay(self, point: Point, size: int = 500) -> None:
        """The history from any earlier moment on turns the mailbox of then into that of now."""
        asked = {"startHistoryId": point.history, "maxResults": size}
        status, page = self.ask("GET", f"history?{urlencode(asked)}")
        if status == 404:
            assert self.clock.now() - point.time > WEEK - 86_400  # an id lives from its making
            return
        mailbox = {id: set(labels) for id, labels in point.mailbox.items()}
        last = int(point.history)
        while True:
            for record in page.get("history", []):
                assert int(record["id"]) > last
                last = int(record["id"])
                apply(mailbox, record)
            if "nextPageToken" not in page:
                break
            page = self.said("history", **asked, pageToken=page["nextPageToken"])
        assert mailbox == {id: set(m.labels) for id, m in self.model.messages.items()}
        assert page["historyId"] == self.said("profile")["historyId"]


def threads_of(messages: list[Message]) -> list[str]:
    return list(dict.fromkeys(message.thread for message in messages))


def apply(mailbox: dict[str, set[str]], record: dict[str, Any]) -> None:
    """One record of the history, as the guide to synchronising says."""
    assert len([name for name in record if name not in ("id", "messages")]) == 1
    for change in record.get("messagesAdded", []):
        mailbox[change["message"]["id"]] = set(change["message"].get("labelIds", []))
    for change in record.get("messagesDeleted", []):
        mailbox.pop(change["message"]["id"])
    for change in record.get("labelsAdded", []):
        mailbox[change["message"]["id"]] |= set(change["labelIds"])
    for change in record.get("labelsRemoved", []):
        mailbox[change["message"]["id"]] -= set(change["labelIds"])


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
def test_the_sandbox_agrees_with_the_documented_rules() -> None:
    run(examples=12, steps=25)


@pytest.mark.soak
@pytest.mark.timeout(1800)
def test_the_sandbox_agrees_with_the_documented_rules_for_long() -> None:
    run(examples=500, steps=60)
