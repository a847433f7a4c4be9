"""What was done by hand, as a backup shows it. Nobody is asked.

Labels are those of the moment a message was saved, and so is the time that it is looked at from.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from gmailkit.backup.accounts import one_account
from gmailkit.backup.crypt.given import Identity
from gmailkit.backup.folder import Backup
from gmailkit.backup.packs import Entry
from gmailkit.clock import SYSTEM_CLOCK, Clock
from gmailkit.errors import BackupDamaged
from gmailkit.mime.mailing_list import list_id
from gmailkit.mime.parse import parse, parse_headers
from gmailkit.model.counted import count_text
from gmailkit.model.mail import Address, Mail
from gmailkit.model.shape import from_millis
from gmailkit.query.labels import is_system
from gmailkit.query.match import Context
from gmailkit.rules.habits.propose import OnLook, propose
from gmailkit.rules.habits.seen import ARCHIVE, IMPORTANT, STAR, TRASH, Effect, Mailbox, Seen
from gmailkit.rules.nodes import node_of
from gmailkit.rules.rule import Rules
from gmailkit.services.rules.backtest import LAST_YEAR, document_of_entry, is_within
from gmailkit.services.rules.check import meeting
from gmailkit.services.rules.files import read_if_any
from gmailkit.services.rules.habits.suggest import Suggestions, suggestions
from gmailkit.services.rules.run import since_node
from gmailkit.stores.matching import LOOKED_AT
from gmailkit.zones import LOCAL

_LEFT_OUT = frozenset(("DRAFT", "CHAT", "SPAM"))
OnProgress = Callable[[int, int], None]
_EFFECTS = {each.label: each for each in (STAR, IMPORTANT, TRASH)}


def suggest_from_backup(
    rules: Path,
    folder: Path,
    *,
    account: str = "",
    since: str = LAST_YEAR,
    identity: Identity = None,
    clock: Clock = SYSTEM_CLOCK,
    on_progress: OnProgress = lambda done, total: None,
    on_look: OnLook = lambda kind, kinds: None,
) -> Suggestions:
    """The rules that the habits in a backup suggest; nothing is changed. One message at a time is
    held. Labels and habits are one person's: `account` says whose, where it holds several. Once
    all is read, `on_look` is told which of how many kinds of habits is looked for.

    Raises UsageError for a file that is none of rules or where nobody of several is named, NotFound
    for who has no mail there, QueryError for `since`, NoBackup.
    """
    found = _Reading(read_if_any(rules))
    within = since_node(since)
    with Backup.open(folder, identity=identity) as backup:
        whose = one_account(backup, account)
        own = (entry for entry in backup.entries() if entry.account == whose)
        entries = [entry for entry in own if _LEFT_OUT.isdisjoint(entry.labels)]
        newest = max((entry.date_ms for entry in entries), default=0) / 1000
        now = min(clock.now(), newest)
        for done, entry in enumerate(entries):
            on_progress(done, len(entries))
            sent = "SENT" in entry.labels
            if sent or is_within(entry, within, now):
                found.take(backup, entry, now)
        on_progress(len(entries), len(entries))
    mails = [mail for mail in found.mails if mail.sender.casefold() != whose]
    habits = propose(
        Mailbox(mails, now=now),
        me=[whose],
        written=found.written.__contains__,
        on_look=on_look,
    )
    return suggestions(habits, mails, rules, now=now, notes=found.notes())


@dataclass
class _Reading:
    """What the messages said, as they were read."""

    rules: Rules
    mails: list[Seen] = field(default_factory=list)
    written: set[str] = field(default_factory=set)
    damaged: int = 0

    def take(self, backup: Backup, entry: Entry, now: float) -> None:
        try:
            with backup.content(entry) as content:
                raw = content.part(0, LOOKED_AT)
        except BackupDamaged:
            self.damaged += 1
            return
        mail = parse(raw) if self.rules.all else parse_headers(raw)
        if "SENT" in entry.labels:
            whom = (*mail.to, *mail.cc, *mail.bcc)
            self.written.update(each.email.casefold() for each in whom)
        else:
            self.mails.append(_seen(entry, mail, self._done(entry, mail, entry.length, now)))

    def notes(self) -> Iterator[str]:
        for rule in self.rules.all:
            if node_of(rule) is None:
                yield f"{rule.name}: only Gmail understands which mail it means; looked past."
        if self.damaged:
            yield f"{count_text(self.damaged, 'message')} could not be read: see verify."

    def _done(self, entry: Entry, mail: Mail, size: int, now: float) -> frozenset[Effect]:
        """What the rules of the file do to it."""
        if not self.rules.all:
            return frozenset()
        context = Context(now=now, me=frozenset([entry.account]), zone=LOCAL)
        met = meeting(self.rules, document_of_entry(entry, mail, size), context)
        names = {name.casefold(): name for name in entry.labels.values()}
        added = {names.get(name.casefold(), name) for rule in met for name in rule.action.add}
        removed = {name for rule in met for name in rule.action.remove}
        effects = {_EFFECTS.get(name, Effect(name)) for name in added}
        return frozenset(effects | ({ARCHIVE} if ARCHIVE.label in removed else set()))


def _seen(entry: Entry, mail: Mail, done: frozenset[Effect]) -> Seen:
    sender = mail.sender or Address("")
    return Seen(
        id=entry.id,
        when=from_millis(entry.date_ms),
        labels=frozenset(_names(entry.labels.items())),
        sender=sender.email,
        name=sender.name,
        to=tuple(each.email for each in mail.to),
        list_id=list_id(mail.header("List-Id")).id,
        subject=mail.subject,
        done=done,
    )


def _names(labels: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Categories are Gmail's work."""
    for id, name in labels:
        if not id.startswith("CATEGORY_"):
            yield id if is_system(id) else name
