"""What policy.toml says about a message before it leaves.

Judged are the bytes that leave, whatever else is said of them. What may be read as a recipient is
judged as one; what has left is counted from the ledger, over all ways.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache

from gmailkit.errors import Refused, to_type
from gmailkit.mime.digest import digest_with_sender
from gmailkit.mime.parse import parse
from gmailkit.model.mail import Attachment, Mail
from gmailkit.model.outgoing import Outgoing
from gmailkit.policy.addresses import narrow
from gmailkit.policy.kinds import File, plain_name
from gmailkit.policy.rules import SPANS, Facts, Rules, Verdict
from gmailkit.policy.rules import judge as judge_by
from gmailkit.record.ledger import Entry, Stage
from gmailkit.services.connect import Connection
from gmailkit.services.policies import policies, rules_for

__all__ = ["Verdict", "judge"]

_RECIPIENTS = ("to", "cc", "bcc", "resent-to", "resent-cc", "resent-bcc")
_ADDRESS = re.compile(r"""[^\s<>"(),;:\[\]]+@[^\s<>"(),;:\[\]]+""")
_HEADER_END = re.compile(rb"\r?\n\r?\n")
_LOOSE_NAME = re.compile(rb"^(?:resent-)?(?:to|cc|bcc)[ \t]+:", re.IGNORECASE | re.MULTILINE)
_BARE_CR = re.compile(rb"\r(?!\n)|\0")
_FIELD = re.compile(rb"(?:From [^\n]{1,200}\n)?[A-Za-z][\w-]{0,76}[ \t]*:")
_BEFORE = b"\xef\xbb\xbf \t\r\n"  # what may stand before the header of a message in a file
_NESTED = 8  # messages within messages
_LEFT: tuple[Stage, ...] = ("sent", "sending", "unknown")
_LEAVING: tuple[Stage, ...] = ("new", "drafting", "drafted")
_line: ContextVar[Line | None] = ContextVar("line", default=None)


@dataclass(slots=True)
class Line:
    """The line of the ledger whose message leaves; `judged` in this run, or not yet."""

    key: str
    judged: bool = False


def judge(connection: Connection, message: Outgoing, *, now: bool = True) -> Verdict:
    """Raises Refused that names the rule and its place when the message may not leave.

    Unless it leaves `now`, caps are not looked at. Raises UsageError when a policy.toml cannot be
    read: then nothing may leave.
    """
    also = [each.email for each in message.recipients]
    verdict = judge_bytes(connection, message.raw, also=also, now=now)
    if line := _line.get():
        line.judged = True
    return verdict


def judge_bytes(
    connection: Connection,
    raw: bytes,
    *,
    also: Iterable[str] = (),
    now: bool = True,
    before: Entry | None = None,
) -> Verdict:
    """The same for a finished message; it goes to `also` too. `before` is its line."""
    if not policies(connection.settings):
        return Verdict()
    own = _own(connection)
    facts = _with(_facts(raw), own, also)
    counts = (lambda: _counts(connection, before=before)) if now else None
    return judge_by(rules_for(connection.settings, own), facts, counts)


def judge_line(connection: Connection, key: str, raw: bytes, *, also: Iterable[str] = ()) -> None:
    """The same for what an earlier run wrote down and now leaves: Refused too when it would have to
    be approved, unless somebody has approved these very words.
    """
    if not policies(connection.settings):
        return
    entry = connection.sends.find(key)
    verdict = judge_bytes(connection, raw, also=also, before=entry)
    if verdict.park and not (entry and entry.approved == digest_with_sender(raw)):
        raise Refused(
            f"The message waits for approval ({verdict.rule}).",
            rule="approval",
            hint=to_type("outbox", "approve", key),
        )


def judge_facts(connection: Connection, *recipients: str, strange: str = "") -> None:
    """Whether mail may go to them that Gmail makes by itself; Refused too when it would wait."""
    if not policies(connection.settings):
        return
    own = _own(connection)
    facts = Facts(own=own, recipients=recipients, strange=strange)
    if (verdict := judge_by(rules_for(connection.settings, own), facts)).park:
        raise cannot_wait(verdict)


def judge_caps(connection: Connection, key: str) -> None:
    """Once more, just before what stands in the ledger leaves: of several processes that saw room
    for one more message at once, the first goes on, or none where they ask in the same moment.
    """
    rules = [each for each in _rules(connection) if each.caps]
    entry = connection.sends.find(key) if rules else None
    if entry is None:
        return
    facts = Facts(own="", recipients=entry.to)
    bare = (_caps_alone(each) for each in rules)
    judge_by(bare, facts, lambda: _counts(connection, before=entry))


@contextmanager
def leaving(key: str) -> Iterator[None]:
    """What leaves meanwhile, in this thread, is the message of that line."""
    token = _line.set(Line(key))
    try:
        yield
    finally:
        _line.reset(token)


def line_now() -> Line | None:
    """The line whose message is leaving; None when what leaves has no line."""
    return _line.get()


def cannot_wait(verdict: Verdict) -> Refused:
    return Refused(
        f"This needs approval: {verdict.rule}. Nothing was sent.",
        rule="approval",
        hint="`gmailkit send` parks a message until it is approved; this way cannot.",
    )


def _rules(connection: Connection) -> tuple[Rules, ...]:
    if not policies(connection.settings):
        return ()
    return rules_for(connection.settings, _own(connection))


def _own(connection: Connection) -> str:
    try:
        return connection.address
    except Refused:  # a token that may only send, and not tell whose it is
        return ""


def _caps_alone(rules: Rules) -> Rules:
    return Rules(source=rules.source, section=rules.section, lines=rules.lines, caps=rules.caps)


def _with(facts: Facts, own: str, also: Iterable[str]) -> Facts:
    return replace(facts, own=own, recipients=_each_once([*facts.recipients, *also]))


@lru_cache(maxsize=2)  # asked again when it is kept, and when it leaves
def _facts(raw: bytes) -> Facts:
    mail = parse(raw)
    lines = [value for name, value in mail.headers if name.strip().lower() in _RECIPIENTS]
    listed = [each.email for each in (*mail.to, *mail.cc, *mail.bcc)]
    whole = [email for email in listed if "@" in email]
    mentioned = [found.strip(".'") for line in lines for found in _ADDRESS.findall(line)]
    attached = tuple(_attached(mail))
    return Facts(
        own="",
        recipients=_each_once(whole),
        mentioned=_each_once(mentioned),
        files=tuple(_file(each) for each, _ in attached),
        hidden=_hidden(attached),
        size=len(raw),
        strange=_strange(raw, len(whole) < len(listed)),
    )


def _strange(raw: bytes, incomplete: bool) -> str:
    """Why Gmail might read other recipients than we do; "" when it cannot."""
    end = _HEADER_END.search(raw)
    header = raw[: end.start()] if end else raw
    if incomplete:
        return "a recipient has no domain"
    if _BARE_CR.search(header):
        return "its header holds a carriage return or a NUL by itself"
    if _LOOSE_NAME.search(header):
        return "a header's name is followed by a blank"
    return ""


def _attached(mail: Mail, depth: int = 0) -> Iterator[tuple[Attachment, int]]:
    """What is attached, also to messages that are attached themselves, and how deep it lies."""
    for each in mail.attachments:
        yield each, depth
        if depth < _NESTED and _is_message(each):
            yield from _attached(parse(each.content.lstrip(_BEFORE)), depth + 1)


def _is_message(attachment: Attachment) -> bool:
    """Whether somebody may open it as one: by its type, its name, or since it begins like one."""
    named = plain_name(attachment.filename).endswith(".eml")
    typed = attachment.content_type in ("message/rfc822", "message/global")
    return typed or named or bool(_FIELD.match(attachment.content.lstrip(_BEFORE)))


def _hidden(attached: Iterable[tuple[Attachment, int]]) -> str:
    """Why there may be attachments that we do not see; "" when we see them all."""
    for each, depth in attached:
        if each.content_type == "message/partial":
            return "it is a piece of a message that is put together elsewhere"
        if each.content_type.startswith("multipart/"):
            return "its parts are nested too deep, or broken"
        if depth == _NESTED and _is_message(each):
            return f"messages are nested in it deeper than {_NESTED}"
    return ""


def _file(attachment: Attachment) -> File:
    return File.of(attachment.filename, attachment.content_type, attachment.content)


def _each_once(emails: Iterable[str]) -> tuple[str, ...]:
    return tuple({narrow(each): each for each in emails}.values())


def _counts(
    connection: Connection, *, before: Entry | None = None
) -> Mapping[tuple[str, str], int]:
    """What left within each span, what may have, and what is on its way, `before` a line of ours.

    A line of the future counts: the clock was put back.
    """
    now, counts = connection.sends.now(), Counter[tuple[str, str]]()
    since = now - timedelta(seconds=max(SPANS.values()))
    for entry in connection.sends.entries(states=(*_LEFT, *_LEAVING), changed_since=since):
        if not _counts_too(entry, before):
            continue
        for span, seconds in SPANS.items():
            if entry.updated > now - timedelta(seconds=seconds):
                counts[span, "messages"] += 1
                counts[span, "recipients"] += len(entry.to)
    return counts


def _counts_too(entry: Entry, before: Entry | None) -> bool:
    if before is not None and entry.key == before.key:
        return False
    if entry.state in _LEFT:
        return True
    return entry.aim == "sent" and (before is None or _place(entry) < _place(before))


def _place(entry: Entry) -> tuple[datetime, str]:
    return entry.created, entry.key
