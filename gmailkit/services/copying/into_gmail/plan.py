"""What would come into a mailbox of Gmail; nothing is changed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from gmailkit.errors import NotFound, UsageError
from gmailkit.model.ids import HIDDEN
from gmailkit.model.item import Ref
from gmailkit.query.labels import is_system
from gmailkit.record.copies import Copies, UnderWay
from gmailkit.services.connect import Connection
from gmailkit.services.copying.into_gmail.naming import name_here
from gmailkit.services.labels import LabelNames
from gmailkit.services.labels.names import MOST
from gmailkit.services.quota import estimate
from gmailkit.services.surveying import survey
from gmailkit.stores.gmail import CHAT, DRAFT, name_of_mailbox
from gmailkit.stores.protocol import Source
from gmailkit.wire.methods import find

IMPORT, LIST = "messages.import", "messages.list"
A_DAY = 500_000_000  # bytes that Gmail takes by IMAP, by its page of bandwidth limits


@dataclass(frozen=True, slots=True, kw_only=True)
class IntoGmail:
    """What would come: `refs` of the source, in its order.

    `before` were brought by a run that was cut short, and are not among `refs`; nor are the
    `left_out`, which lie in Spam or Trash. `bytes` is None where nobody knows. `labels` are the
    names that they bear, `create` those that would be made, `renamed` those that Gmail would not
    take by their names, and what they are called there; `mark` the one that everything bears which
    is added ("": none). `drafts` come as drafts, `chats` as mail. `units` are those of looking for
    each message and of adding it, if none of them is there; `seconds` the time they take within the
    quota at least, None where nobody knows.
    """

    account: str
    refs: tuple[Ref, ...]
    bytes: int | None
    before: int
    left_out: int
    drafts: int
    chats: int
    labels: tuple[str, ...]
    create: tuple[str, ...]
    renamed: Mapping[str, str]
    mark: str
    units: int
    seconds: float | None

    @property
    def days(self) -> float:
        """How long it takes where Gmail takes no more than by IMAP. Open: whether it does here; it
        stops long restores now and then ("User-rate limit exceeded"), which go on then.
        """
        return (self.bytes or 0) / A_DAY


def plan_into(
    connection: Connection,
    source: Source,
    refs: Iterable[Ref],
    *,
    wanted: str,
    mark: str | None,
    prefix: str,
    hidden: frozenset[str] = HIDDEN,
) -> IntoGmail:
    """What bringing these would do. `wanted` says in words which part of the source they are, so
    that a run that was cut short is known again. `mark` is a label, `prefix` and the day for None,
    none for "". What bears a label of `hidden` is left out.

    Raises UsageError for another mark than the run had that was cut short, and where the mailbox
    would have more labels than Gmail takes.
    """
    with connection.copies() as copies:
        number = copies.open(source.name, name_of_mailbox(connection.address), wanted)
        mark = _mark(connection, copies, number, mark, prefix)
        seen = _Seen(hidden=hidden)
        coming = tuple(seen.passing(source, copies.unsettled(number, seen.counted(refs))))
    names = LabelNames.of(connection.client)
    own = {name for name in seen.labels if not is_system(name)}
    users = (label.name for label in names.labels if label.type != "system")
    there = {name.casefold(): name for name in users}
    called = _called(sorted(own), dict(there))
    labels = tuple(sorted({*called.values(), *filter(None, [mark])}))
    create = tuple(name for name in labels if not names.find(name))
    _check_room(len(there) + len(create))
    prices = connection.client.prices
    each = find(LIST).price(prices) + find(IMPORT).price(prices)
    units = len(coming) * each + len(create) * find("labels.create").price(prices)
    return IntoGmail(
        account=connection.address,
        refs=coming,
        bytes=seen.bytes,
        before=seen.count - len(coming) - seen.left_out,
        left_out=seen.left_out,
        drafts=seen.drafts,
        chats=seen.chats,
        labels=labels,
        create=create,
        renamed={a: b for a, b in called.items() if a.casefold() != b.casefold()},
        mark=mark,
        units=units,
        seconds=estimate(connection, units).seconds,
    )


def _called(names: Iterable[str], there: dict[str, str]) -> dict[str, str]:
    """Names that differ in case alone are one label to Gmail, and may be two elsewhere."""
    found = {}
    for name in names:
        found[name] = name_here(name, there)
        there.setdefault(found[name].casefold(), found[name])
    return found


def _check_room(labels: int) -> None:
    """UsageError before anything is made, where Gmail would refuse one of the last labels."""
    if labels > MOST:
        raise UsageError(
            f"The mailbox would have {labels:,} labels, and Gmail takes {MOST:,}.",
            hint="Restore a part of the mail, which bears fewer: --query.",
        )


def _mark(
    connection: Connection, copies: Copies, number: int, wanted: str | None, prefix: str
) -> str:
    """What goes on goes on under its first label."""
    before = under_way(connection, copies, number)
    if before and wanted not in (None, before.mark):
        raise UsageError(
            f"This {'restore' if prefix.startswith('restored') else 'copy'} was cut short under"
            f' the label "{before.mark}".',
            hint=f"Leave the label away to go on, or take it back: gmailkit undo {before.change}",
        )
    if before:
        return before.mark
    if wanted is not None:
        return wanted
    day = datetime.fromtimestamp(connection.clock.now(), UTC).astimezone()
    return f"{prefix}{day:%Y-%m-%d}"


def under_way(connection: Connection, copies: Copies, number: int) -> UnderWay | None:
    """What a run that was cut short has begun. One that was taken back, or of which the journal
    knows nothing any more, begins anew.
    """
    begun = copies.under_way(number)
    if begun is None:
        return None
    try:
        change = connection.journal.find(begun.change)
    except NotFound:
        change = None
    if change and not change.undone_by and change.time.isoformat() == begun.since:
        return begun
    copies.finish(number)
    return None


@dataclass(slots=True)
class _Seen:
    """What the messages are that pass by."""

    hidden: frozenset[str]
    count: int = 0
    labels: set[str] = field(default_factory=set)
    bytes: int | None = 0
    left_out: int = 0
    drafts: int = 0
    chats: int = 0

    def counted(self, refs: Iterable[Ref]) -> Iterator[Ref]:
        for ref in refs:
            self.count += 1
            yield ref

    def passing(self, source: Source, refs: Iterable[Ref]) -> Iterator[Ref]:
        for ref, facts in survey(source, refs):
            if facts is None:  # it cannot be read: bringing it says why
                yield ref
                continue
            if facts.labels & self.hidden:
                self.left_out += 1
                continue
            known = self.bytes is not None and facts.size is not None
            self.bytes = (self.bytes or 0) + (facts.size or 0) if known else None
            self.labels |= facts.labels
            self.drafts += DRAFT in facts.labels
            self.chats += CHAT in facts.labels
            yield ref
