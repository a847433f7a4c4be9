"""Conversations, written like a play and turned into letters that answer and quote one another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from gmailkit.model.mail import Address, Attachment
from gmailkit.sandbox.sample.days import Days
from gmailkit.sandbox.sample.headers import date_text
from gmailkit.sandbox.sample.letter import Letter
from gmailkit.sandbox.sample.page import paragraphs
from gmailkit.sandbox.sample.people import PEOPLE, address
from gmailkit.sandbox.sample.producers import MERIDIAN

_UNITS = {"m": "minutes", "h": "hours", "d": "days"}
_DEEPEST_QUOTE = ">>>"


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """Who talks about what; `script` is a play in which a line with @ begins a turn:

        @bob +2h cc:carla file:plan.pdf STARRED

    is Bob, two hours (m, h, d) after the turn before, with an attachment out of `files`; words in
    capitals are labels of this one message.
    """

    key: str
    subject: str
    ago: int  # days since the first turn
    script: str
    people: str  # everybody who gets each message; a list address is a person too
    at: str = "09:00"
    labels: tuple[str, ...] = ()
    inbox: bool = False
    unread: int = 0  # that many of the last messages; never those of one's own
    charset: str = "utf-8"
    files: Mapping[str, Attachment] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    via: Address | None = None  # the mailing list that carries it


@dataclass(frozen=True, slots=True)
class _Turn:
    who: str
    after: timedelta
    words: str
    cc: tuple[str, ...] = ()
    bcc: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()


def letters_of(conversation: Conversation, days: Days) -> Iterator[Letter]:
    """The messages of a conversation, first one first."""
    turns = list(_turns(conversation.script))
    before: Letter | None = None
    date = days.ago(conversation.ago, conversation.at)
    for number, turn in enumerate(turns, 1):
        date += turn.after
        letter = _letter(conversation, turn, number, date, before)
        unread = number > len(turns) - conversation.unread
        letter = replace(letter, labels=_labels(conversation, turn, unread=unread))
        before = _with_body(letter, turn.words, before)
        yield before


def _turns(script: str) -> Iterator[_Turn]:
    for scene in f"\n{script.strip()}".split("\n@")[1:]:
        line, _, words = scene.partition("\n")
        yield _turn(line.split(), words.strip() + "\n")


def _turn(directions: list[str], words: str) -> _Turn:
    turn = _Turn(directions[0], timedelta(), words)
    for direction in directions[1:]:
        kind, _, value = direction.partition(":")
        if direction.startswith("+"):
            turn = replace(turn, after=timedelta(**{_UNITS[direction[-1]]: int(direction[1:-1])}))
        elif kind == "cc":
            turn = replace(turn, cc=tuple(value.split(",")))
        elif kind == "bcc":
            turn = replace(turn, bcc=tuple(value.split(",")))
        elif kind == "file":
            turn = replace(turn, files=tuple(value.split(",")))
        else:
            turn = replace(turn, labels=(*turn.labels, direction))
    return turn


def _letter(
    conversation: Conversation, turn: _Turn, number: int, date: datetime, before: Letter | None
) -> Letter:
    """The turn with its header; labels and body come later."""
    writer = PEOPLE[turn.who]
    to, cc = _recipients(conversation, turn, before)
    topic = {"Thread-Topic": conversation.subject} if writer.producer is MERIDIAN else {}
    return Letter(
        key=f"{conversation.key}/{number}",
        date=date,
        sender=writer.address,
        to=to,
        cc=cc,
        bcc=tuple(address(name) for name in turn.bcc),
        subject=f"Re: {conversation.subject}" if before else conversation.subject,
        refs=(*before.refs, before.message_id) if before else (),
        files=tuple(conversation.files[name] for name in turn.files),
        # Headers of the list are on what came back from it, not on what one has sent there.
        headers={**topic, **(conversation.headers if turn.who != "me" else {})},
        producer=writer.producer,
        charset=conversation.charset,
        zone=writer.zone,
    )


def _recipients(
    conversation: Conversation, turn: _Turn, before: Letter | None
) -> tuple[tuple[Address, ...], tuple[Address, ...]]:
    """An answer goes to who spoke last, everybody else is in copy; on a list, to the list."""
    others = [address(name) for name in conversation.people.split() if name != turn.who]
    extra = [address(name) for name in turn.cc]
    if conversation.via:
        return (conversation.via,), tuple(extra)
    if before is None or before.sender not in others:
        return tuple(others), tuple(extra)
    rest = [other for other in others if other != before.sender]
    return (before.sender,), tuple(dict.fromkeys([*rest, *extra]))


def _labels(conversation: Conversation, turn: _Turn, *, unread: bool) -> tuple[str, ...]:
    if turn.who == "me":
        return ("SENT", *conversation.labels, *turn.labels)
    tab = "CATEGORY_FORUMS" if conversation.via else "CATEGORY_PERSONAL"
    place = ("INBOX", tab) if conversation.inbox else (tab,)
    return (*place, *conversation.labels, *turn.labels, *(("UNREAD",) if unread else ()))


def _with_body(letter: Letter, words: str, before: Letter | None) -> Letter:
    text = words + (_quotation(letter, before) if before else "")
    html = paragraphs(text) if letter.producer.html else ""
    return replace(letter, text=text, html=html)


def _quotation(letter: Letter, before: Letter) -> str:
    """What was said before, in the manner of the program; the oldest layers fall away."""
    when = date_text(before.date, before.zone)[:-9]
    kept = [line for line in before.text.split("\n") if not line.startswith(_DEEPEST_QUOTE)]
    quoted = "".join(_quoted(line) for line in kept[:-1])
    if letter.producer is MERIDIAN:
        head = f"\n-----Original Message-----\nFrom: {before.sender.name}\nSent: {when}\n"
        return f"{head}Subject: {before.subject}\n\n{quoted}"
    return f"\nOn {when}, {before.sender} wrote:\n{quoted}"


def _quoted(line: str) -> str:
    blank = "" if not line or line.startswith(">") else " "
    return f">{blank}{line}\n"
