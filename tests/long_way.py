"""A mailbox that has all that mailboxes have, and what of it lies in a store: read by nothing of
ours but where a format is only ours.
"""

from __future__ import annotations

import imaplib
import json
import mailbox
import os
import random
import re
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

from imapclient import imap_utf7

import dovecot
from gmailkit.model.item import Item
from gmailkit.sandbox import Sandbox
from gmailkit.sandbox.load import load
from gmailkit.stores.backup import BackupStore

BEGIN = datetime(2019, 1, 1, tzinfo=UTC)
OWN = (
    *("Work", "Work/Receipts", "Work/Receipts/2026/Q1/March/31", "Ünï/日本語/深い/ラベル"),
    *("comma, ed", "A & B", "a.b/c.d", "Gr\u00f6\u00dfe", "Gro\u0308\u00dfe", "😀/🎉", "&AC4-"),
    *("Junk", "papierkorb", "Papierkorb2", "Inbox/sub", "sent/2026", "cur/new/tmp", 'quo"te'),
    *("50% *off*", "=?UTF-8?Q?a?=", "-", "~tilde", "#hash", "x" * 120, "[Gmail]ish", "back\\slash"),
)
PLACES = ("SENT", "SPAM", "TRASH", "IMPORTANT", "CATEGORY_PROMOTIONS", "CATEGORY_UPDATES")
ELSEWHERE = ("WORK", "a.B", "PAPIERKORB2/Below")  # what the second account has, otherwise spelt
_STARS = frozenset({"YELLOW_STAR"})  # which Gmail takes from nobody


@dataclass(frozen=True)
class Put:
    """What the sandbox takes."""

    raw: bytes
    labels: tuple[str, ...]
    date: datetime
    thread: None = None


@dataclass(slots=True)
class Kept:
    """What a store says of one message; None where it cannot say that. `labels` are those of
    people, and `marks` those of Gmail, UNREAD among them. `places` are where it lies, the same one
    twice where it is doubled.
    """

    labels: set[str] = field(default_factory=set)
    marks: set[str] = field(default_factory=set)
    date: int | None = None
    thread: str | None = None
    places: list[str] = field(default_factory=list)


Lies = dict[bytes, Kept]  # by the bytes with CRLF


def with_crlf(raw: bytes) -> bytes:
    return re.sub(rb"\r?\n", b"\r\n", raw)


def mail(count: int, corpus: Path | None, dice: random.Random) -> Iterator[Put]:
    """So many: conversations, drafts, spam, equal ones, and what the corpus has."""
    odd = [*load(corpus / "mime"), *load(corpus / "intl"), *load(corpus / "real")] if corpus else []
    odd = [raw for raw in odd[: count // 3] if raw.strip() and len(raw) < 100_000]
    for raw in odd:
        yield Put(raw, _labels(dice), BEGIN + timedelta(seconds=dice.randrange(10**8)))
    left = count - len(odd)
    twins = left // 50
    letters = [_letter(number, dice) for number in range(left - twins)]
    yield from letters
    replies = [each for each in letters if b"References: <" in each.raw]  # of one conversation each
    for each in dice.sample(replies, twins):
        yield Put(each.raw, _labels(dice), each.date)


def _letter(number: int, dice: random.Random) -> Put:
    first = number - number % 4
    date = BEGIN + timedelta(seconds=number * 9000 + dice.randrange(9000))
    said = date - timedelta(days=number % 3)  # another day than Gmail knows
    lines = [
        "From: Ann Lee <ann@example.com>",
        "To: me@example.com",
        f"Subject: {'Re: ' if number % 4 else ''}Talk {first} über Größe",
        f"Date: {format_datetime(said)}",
        f"Message-ID: <{number}@long.example>",
        *([f"References: <{first}@long.example>"] if number % 4 else []),
        "",
        f"From here {number}",
        *(">From there", "word " * dice.randrange(300), ""),
    ]
    raw = ("\n" if number % 7 == 0 else "\r\n").join(lines).encode()
    if number % 40 == 4:  # of no conversation: a draft comes back as one of its own
        raw = re.sub(rb"Subject: [^\r\n]*", b"Subject: Draft %d" % number, raw)
        return Put(re.sub(rb"References: .*\r?\n", b"", raw), ("DRAFT",), date)
    return Put(raw, _labels(dice), date)


def _labels(dice: random.Random) -> tuple[str, ...]:
    some = dice.sample(OWN, dice.choice((0, 1, 1, 2, 3)))
    places = dice.sample(PLACES, dice.choice((0, 0, 1, 2)))
    inbox = [] if {"SPAM", "TRASH"} & {*places} else dice.sample(["INBOX"], dice.randrange(2))
    stars = dice.choice(((), (), (), ("STARRED",), ("STARRED", "YELLOW_STAR")))
    return (*some, *places, *inbox, *stars, *dice.sample(["UNREAD"], dice.randrange(2)))


def in_gmail(sandbox: Sandbox, address: str) -> Lies:
    """What its server holds."""
    user, found = sandbox.mail.users.get(address).n, Lies()
    for id in sandbox.mail.ids(address):
        stored = sandbox.mail.messages.find(user, id)
        assert stored
        every = sandbox.mail.labels_of(address, id)
        marks = {each for each in every if each.isupper() and each.isascii() and each not in _OWN}
        one = Kept(every - marks, marks, stored.date_ms // 1000, stored.thread, [address])
        _note(found, sandbox.mail.raw(address, id), one)
    return found


_OWN = {*OWN, *ELSEWHERE}


def in_imap(server: dovecot.Dovecot, user: str) -> Lies:
    """By Python's own client, without a word of ours."""
    found = Lies()
    with imaplib.IMAP4("127.0.0.1", server.ports["imap"]) as session:
        session.login(user, dovecot.WORD)
        for line in session.list()[1]:
            assert isinstance(line, bytes)
            at = re.fullmatch(rb'\(([^)]*)\) "/" (.*)', line)
            assert at, line
            if b"\\Noselect" in at[1]:
                continue
            quoted = at[2] if at[2].startswith(b'"') else b'"%b"' % at[2]
            assert session.select(quoted.decode(), readonly=True)[0] == "OK", line
            plain = imap_utf7.decode(re.sub(rb"\\(.)", rb"\1", quoted[1:-1]))
            _folder(session, plain, {each.decode() for each in at[1].split()}, found)
    return found


def _folder(session: imaplib.IMAP4, name: str, marks: set[str], found: Lies) -> None:
    label = re.sub(
        r"(?:=[0-9A-F]{2})+",
        lambda hit: bytes.fromhex(hit[0].replace("=", "")).decode(errors="replace"),
        name,
    )
    special = {"\\Sent": "SENT", "\\Junk": "SPAM", "\\Trash": "TRASH", "\\Drafts": "", "": ""}
    place = next((special[mark] for mark in marks if mark in special), None)
    for got in session.uid("fetch", "1:*", "(FLAGS INTERNALDATE BODY.PEEK[])")[1]:
        if not isinstance(got, tuple):
            continue
        flags = set(re.search(rb"FLAGS \(([^)]*)\)", got[0])[1].decode().split())  # type: ignore[index]
        one = Kept(marks=_marks_of_imap(flags), places=[name])
        if place is not None or name in ("INBOX", "Archive"):
            one.marks |= {"INBOX"} if name == "INBOX" else {place} - {"", None}  # type: ignore[arg-type]
        else:
            one.labels.add(label)
        tell = imaplib.Internaldate2tuple(got[0])
        one.date = int(time.mktime(tell)) if tell else None
        _note(found, got[1], one)


def _marks_of_imap(flags: set[str]) -> set[str]:
    found = {"$Important": "IMPORTANT", "\\Flagged": "STARRED", "\\Draft": "DRAFT"}
    marks = {mark for flag, mark in found.items() if flag in flags}
    marks |= {flag[len("$Gmail_") :].upper() for flag in flags if flag.startswith("$Gmail_")}
    return marks if "\\Seen" in flags else marks | {"UNREAD"}


def in_maildir(root: Path) -> Lies:
    """The files that lie there. Places of Gmail's own have names of ours: they are passed over."""
    found = Lies()
    for folder, _, files in os.walk(root):
        if not folder.endswith(("/cur", "/new")):
            continue
        name = Path(folder).parent.relative_to(root).as_posix()
        label = "/".join(imap_utf7.decode(part.encode()) for part in name[1:].split("."))
        for each in files:
            letters = each.rpartition(":2,")[2]
            marks = {"STARRED"} if "F" in letters else set()
            marks |= {"DRAFT"} if "D" in letters else set()
            marks |= set() if "S" in letters else {"UNREAD"}
            path = Path(folder) / each
            one = Kept({label} & {*OWN}, marks, int(path.stat().st_mtime), places=[folder])
            _note(found, path.read_bytes(), one)
    return found


def in_mbox(path: Path) -> Lies:
    """By Python's own reader; our lines are told by their last one, which says how long it is."""
    found = Lies()
    box = mailbox.mbox(path, create=False)
    keys = box.keys()
    for key in keys:
        head, _, text = box.get_bytes(key).partition(b"\nX-Gmailkit: ")
        line, _, body = text.partition(b"\n")
        facts = json.loads(line)
        raw = re.sub(rb"(?m)^>(>*From )", rb"\1", body)[: facts["length"]]
        assert head.isascii()
        own = {*facts["labels"]} & {*OWN}
        flags = {*facts["flags"]}
        marks = {*facts["labels"]} - own | {"STARRED" for each in flags if each == "flagged"}
        marks |= {"DRAFT" for each in flags if each == "draft"}
        marks |= set() if "seen" in flags else {"UNREAD"}
        one = Kept(own, marks, facts["date_ms"] // 1000, places=[f"{facts['labels']} {flags}"])
        _note(found, raw, one)
    box.close()
    return found


def in_backup(path: Path) -> Lies:
    found = Lies()
    with BackupStore(path, "imported@localhost") as store:
        for _, item in store.fetch(store.refs()):
            assert isinstance(item, Item)
            own = {*item.labels} & {*OWN}
            marks = {*item.labels} - own
            marks |= {"STARRED"} if "flagged" in item.flags else set()
            marks |= {"DRAFT"} if "draft" in item.flags else set()
            marks |= set() if "seen" in item.flags else {"UNREAD"}
            date = int(item.received.timestamp()) if item.received else None
            _note(found, item.content.bytes, Kept(own, marks, date, places=[""]))
    return found


def _note(found: Lies, raw: bytes, one: Kept) -> None:
    """Equal ones are one, with the labels and marks of all; read where one is."""
    key = with_crlf(raw)
    if not (there := found.get(key)):
        found[key] = one
        return
    unread = "UNREAD" in there.marks and "UNREAD" in one.marks
    there.labels |= one.labels
    there.places += one.places
    there.marks = (there.marks | one.marks) - (set() if unread else {"UNREAD"})


def differences(
    was: Lies, now: Lies, *, marks: Iterable[str], dates: bool
) -> dict[str, list[bytes]]:
    """What `now` has otherwise, by words: of these marks, and of dates where it keeps them."""
    said = defaultdict[str, list[bytes]](list)
    for raw in was.keys() ^ now.keys():
        said["missing" if raw in was else "extra"].append(raw)
    for raw in was.keys() & now.keys():
        one, other = was[raw], now[raw]
        if len({*other.places}) < len(other.places):
            said["twice"].append(raw)
        if {each.casefold() for each in one.labels} != {each.casefold() for each in other.labels}:
            said[f"labels {one.labels} {other.labels}"].append(raw)
        if (one.marks & {*marks}) != (other.marks & {*marks}):
            said[f"marks {one.marks} {other.marks}"].append(raw)
        if dates and one.date != other.date:
            said[f"date {one.date} {other.date}"].append(raw)
    return dict(said)


def conversations(lies: Lies) -> set[frozenset[bytes]]:
    """Of our own letters, by their names: which are one."""
    found = defaultdict[str | None, set[bytes]](set)
    for raw, kept in lies.items():
        name = re.search(rb"Message-ID: <(\d+)@long.example>", raw)
        if name and "DRAFT" not in kept.marks:
            found[kept.thread].add(name[1])
    return {frozenset(each) for each in found.values()}
