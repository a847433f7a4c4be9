"""Asks the sandbox, lets the model of a mailbox do the same, and compares the answers."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from hypothesis.stateful import RuleBasedStateMachine

from fakes import FakeClock
from gmailkit.sandbox import Sandbox
from gmailkit.sandbox.exchange import Request
from mailbox_model import Letter, Mailbox, Message, Refused
from sandbox_caller import ME, base64url

SYSTEM = ("INBOX", "UNREAD", "STARRED", "IMPORTANT", "SPAM", "TRASH")
GONE = "1a2b3c4d5e6f7081"


class Conversation(RuleBasedStateMachine):
    """A sandbox and a model that are told the same; no sockets, for thousands of calls."""

    def open(self) -> None:
        self.clock = FakeClock()
        self.sandbox = Sandbox(sample=False, clock=self.clock)
        self.model = Mailbox(now=self.clock.time)
        self.ever: list[str] = [GONE]
        self.drafts_ever: list[str] = ["r1"]
        self.labels_ever: list[str] = ["Label_99"]
        self.renew_token()

    def both(
        self,
        call: tuple[str, str],
        body: object,
        act: Callable[[dict[str, Any]], Message | list[Message] | None],
    ) -> None:
        status, said = self.ask(*call, body)
        refused = status >= 400
        try:
            done = act({"id": "", "message": {"id": ""}} if refused else said)
        except Refused as refusal:
            assert status == refusal.code, said
            return
        assert not refused, said
        if isinstance(done, Message):
            self.remember(done)
            self.compare(said.get("message", said), done)
        elif done is not None:
            answers = {message["id"]: message for message in said["messages"]}
            assert list(answers) == [message.id for message in done]
            for message in done:
                self.compare(answers[message.id], message)

    def compare(self, said: dict[str, Any], message: Message) -> None:
        assert said["id"] == message.id
        assert said["threadId"] == message.thread
        assert set(said.get("labelIds", [])) == message.labels

    def remember(self, message: Message) -> None:
        if message.id not in self.ever:
            self.ever.append(message.id)
        if message.draft and message.draft not in self.drafts_ever:
            self.drafts_ever.append(message.draft)

    def ask(self, verb: str, path: str, body: object = None) -> tuple[int, dict[str, Any]]:
        headers = {"host": "127.0.0.1", "authorization": f"Bearer {self.token}"}
        sent = b"" if body is None else json.dumps(body).encode()
        if body is not None:
            headers["content-type"] = "application/json"
        target = f"/gmail/v1/users/me/{path}"
        reply = self.sandbox._app.answer(Request(verb, target, headers, sent))
        said = json.loads(reply.body) if reply.body else {}
        assert reply.status < 500, said
        return reply.status, said

    def said(self, path: str, **params: object) -> dict[str, Any]:
        status, said = self.ask("GET", f"{path}?{urlencode(params)}")
        assert status == 200, said
        return said

    def ids(self, what: str, **params: object) -> list[str]:
        """All of a list, page after page."""
        found: list[str] = []
        while True:
            page = self.said(what, **params)
            found += [item["id"] for item in page.get(what, [])]
            if "nextPageToken" not in page:
                return found
            params["pageToken"] = page["nextPageToken"]

    def renew_token(self) -> None:
        self.token = self.sandbox.issue_token(ME, ["https://mail.google.com/"])

    # Choices; some of what was there once is gone

    @property
    def now_ms(self) -> int:
        return round(self.clock.now() * 1000)

    def message(self, pick: int) -> str:
        return choose(list(self.model.messages), self.ever, pick)

    def thread(self, pick: int | None) -> str:
        if pick is None:
            return ""
        threads = {message.thread: 0 for message in self.model.messages.values()}
        return choose(list(threads), [GONE], pick)

    def draft(self, pick: int) -> str:
        return choose(self.model.drafts(), self.drafts_ever, pick)

    def label(self, pick: int) -> str:
        return choose([*SYSTEM, *self.model.labels], self.labels_ever, pick)

    def own_label(self, pick: int) -> str:
        return choose(list(self.model.labels), self.labels_ever, pick)

    def own_letter(
        self, subject: str, parent: int | None, thread: int | None
    ) -> tuple[Letter, str]:
        """A letter to send, and the thread it asks for; its parent is mostly in that thread."""
        wanted = self.thread(thread)
        inside = [m for m in self.model.messages.values() if wanted in ("", m.thread)]
        if parent is None or not inside:
            return Letter(subject, f"<own{len(self.ever)}@mail.example.com>"), wanted
        answered = inside[parent % len(inside)].letter
        if parent % 2:
            subject = f"Re: {answered.key}"
        id = f"<own{len(self.ever)}@mail.example.com>"
        return Letter(subject, id, answered.message_id), wanted

    def draft_body(self, letter: Letter, thread: str) -> dict[str, object]:
        message = {"raw": base64url(letter.raw("x"))} | ({"threadId": thread} if thread else {})
        return {"message": message}

    def as_sent(self, said: dict[str, Any], letter: Letter) -> Letter:
        """With the Message-ID that Gmail gave it."""
        if not said["id"]:
            return letter
        asked = {"format": "metadata", "metadataHeaders": "Message-ID"}
        [header] = self.said(f"messages/{said['id']}", **asked)["payload"]["headers"]
        return letter._replace(message_id=header["value"])


def choose(present: list[str], ever: list[str], pick: int) -> str:
    """Mostly one that is there; one in ten may be gone."""
    known = ever if pick % 10 == 9 or not present else present
    return known[pick % len(known)]
