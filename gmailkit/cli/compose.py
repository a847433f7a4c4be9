"""The words of a message: from options, from stdin, or asked for as a classic mail program does."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gmailkit.cli import body
from gmailkit.cli.ask import ask, can_ask
from gmailkit.cli.state import State
from gmailkit.errors import UsageError

if TYPE_CHECKING:
    from gmailkit.gmail import Gmail

_BETWEEN_COMMAS = re.compile(r'(?:"(?:[^"\\]|\\.)*"|[^",])+')  # a quoted name may hold one


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What the options say; None where they say nothing."""

    to: Sequence[str]
    cc: Sequence[str]
    bcc: Sequence[str]
    subject: str | None
    body: str | None
    body_file: Path | None
    html: str | None
    attach: Sequence[Path]

    @property
    def nothing(self) -> bool:
        words = (self.subject, self.body, self.body_file, self.html)
        lists = (self.to, self.cc, self.bcc, self.attach)
        return all(word is None for word in words) and not any(lists)


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """A whole message in words."""

    sender: str | None
    to: Sequence[str]
    cc: Sequence[str]
    bcc: Sequence[str]
    subject: str
    text: str
    html: str
    attach: Sequence[Path]

    @property
    def empty(self) -> bool:
        return not (self.subject.strip() or self.text.strip() or self.html.strip() or self.attach)

    def arguments(self) -> dict[str, Any]:
        """For `Gmail.send` and `Gmail.compose`."""
        return {name: getattr(self, name) for name in self.__slots__}


def complete(state: State, gmail: Gmail, given: Given) -> Words:
    """Everything a message needs; the person is asked for what is missing, if there is one.

    Raises UsageError for two bodies, an unreadable file, or nobody to send to.
    """
    asking = can_ask(state)
    own = gmail.address if asking else ""  # not signed in? Better said before a letter is typed
    words = Words(
        sender=_ask_sender(state, own) if given.nothing and asking else None,
        to=_each(given.to) if given.to or given.cc or given.bcc else _ask_recipients(state, own),
        cc=_each(given.cc),
        bcc=_each(given.bcc),
        subject=_subject(state, given),
        text="",
        html=body.html(state, given.html or ""),
        attach=given.attach,
    )
    if asking:
        gmail.compose(**words.arguments())
    return replace(words, text=_text(state, given))


def _subject(state: State, given: Given) -> str:
    if given.subject is not None:
        return given.subject
    return ask(state, "Subject: ") if can_ask(state) else ""


def _ask_sender(state: State, own: str) -> str | None:
    from gmailkit.mime.address import check_address

    def check_own(answer: str) -> None:
        if check_address(answer).email.casefold() != own.casefold():
            raise UsageError(f"{answer} is not the address of this account.")

    return _ask_until_right(state, f"From [{own}]: ", check_own) or None


def _ask_recipients(state: State, own: str) -> list[str]:
    from gmailkit.mime.address import check_address
    from gmailkit.services.sending.words import ME

    def check_each(answer: str) -> None:
        for each in _each([answer]):
            check_address(own if each == ME else each)

    answer = _ask_until_right(state, "To: ", check_each) if can_ask(state) else ""
    if not answer:
        raise UsageError(
            "The message has no recipient.", hint="Name one: gmailkit send ann@example.com"
        )
    return _each([answer])


def _ask_until_right(state: State, prompt: str, check: Callable[[str], None]) -> str:
    """The answer that passes `check`; what is wrong is said, and the question comes again."""
    while True:
        answer = ask(state, prompt).strip()
        if not answer:
            return ""
        try:
            check(answer)
        except UsageError as error:
            state.out.before_asking(" ".join(filter(None, (error.message, error.hint))))
        else:
            return answer


def _each(given: Sequence[str]) -> list[str]:
    """One address an item, where commas separate several; whatever is odd is left as it is."""
    from gmailkit.services.sending.words import ME

    found: list[str] = []
    for text in given:
        parts = [part.strip() for part in _BETWEEN_COMMAS.findall(text)]
        parts = [part for part in parts if part]
        whole = (
            text.isprintable()
            and text.count('"') % 2 == 0
            and all("@" in part or part == ME for part in parts)
        )
        found += parts if whole and parts else [text]
    return found


def _text(state: State, given: Given) -> str:
    said = body.text(state, given.body, given.body_file)
    if said is not None:
        return said
    if given.html and (given.html == "-" or sys.stdin.isatty()):
        return ""  # the HTML is all the text there is
    return body.stdin(state)
