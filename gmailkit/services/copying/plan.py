"""What a copy from one store to another would do; nothing is changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Container, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from gmailkit.backup.place import url_of
from gmailkit.errors import BudgetSpent, CannotDo, GmailKitError, UsageError, to_type
from gmailkit.model.ids import HIDDEN
from gmailkit.model.item import Can, Ref
from gmailkit.query.labels import is_system
from gmailkit.query.parse import parse
from gmailkit.query.scope import reaches_spam_and_trash
from gmailkit.query.tree import After, Node, all_of
from gmailkit.record.bandwidth import GMAIL
from gmailkit.services import days
from gmailkit.services.copying.into_gmail.plan import IntoGmail, plan_into
from gmailkit.services.copying.mapping import MARKS, Mapped, Mapping
from gmailkit.services.copying.settling import go_to
from gmailkit.services.days import When
from gmailkit.services.places import Places
from gmailkit.services.quota import estimate
from gmailkit.services.searched import searched
from gmailkit.services.surveying import lost
from gmailkit.stores.backup.target import NOBODY
from gmailkit.stores.gmail import GmailSource, GmailTarget, name_of_mailbox
from gmailkit.stores.imap import ImapStore
from gmailkit.stores.locate import ACCOUNTS, SERVERS, Location, locate
from gmailkit.stores.maildir.names import folder_of
from gmailkit.stores.opening import abilities_of
from gmailkit.stores.protocol import Limited, Settling, Source
from gmailkit.wire.methods import find

TOO_LONG = "(too long)"  # what a label is called for which no folder can be named


@dataclass(frozen=True, slots=True)
class Move:
    """A label of the source, what it is called in the target (None: left away), and how many of the
    messages to copy bear it.
    """

    label: str
    called: str | None
    messages: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyPlan:
    """`refs` of the source would be copied, in its order; those of Spam and Trash (`left_out`) not.

    `bytes` is None where nobody knows, and estimated where `about`. `lost` says in words what the
    source knows and the target cannot hold. `into` is what is special about a mailbox of Gmail as
    the target. `units` and `seconds` are those of reading and adding, None where nobody knows.
    `planning` are those that the plan took, which each run makes anew. `wanted` says in words which
    part of the source it is.
    """

    source: Location
    target: Location
    names: tuple[str, str]
    wanted: str
    mapping: Mapping
    refs: tuple[Ref, ...]
    before: int
    left_out: int
    bytes: int | None
    about: bool
    moves: tuple[Move, ...]
    lost: tuple[str, ...]
    into: IntoGmail | None
    units: int
    seconds: float | None
    planning: int = 0
    notes: tuple[str, ...] = ()

    @property
    def days(self) -> float:
        """How long it takes where Gmail takes no more than by IMAP, or gives no more by it."""
        by_imap = self.source.scheme == "imap+gmail"
        giving = (self.bytes or 0) / GMAIL["imap"].down if by_imap else 0
        return max(self.into.days if self.into else 0, giving)


def plan_copy(
    places: Places,
    source: str,
    target: str,
    *,
    query: str = "",
    since: When | None = None,
    rules: Iterable[str] = (),
    mark: str | None = None,
    everywhere: bool = False,
    skip: Container[Ref] = (),
    on_seen: Callable[[int], None] = lambda count: None,
) -> CopyPlan:
    """What copying the messages of one store that match into another would do.

    `since` is the day or moment from which on they were received, `rules` are those of
    `copying.mapping`, `mark` the label that Gmail gives to all that comes ("copied/" and the day
    for None, none for ""). `everywhere`: with what lies in Spam and Trash. What stands in `skip`
    is no matter of this copy. `on_seen` hears how many messages were looked at. The target is not
    touched, nor made. Raises UsageError, QueryError, CannotDo for a target that takes no messages,
    and what opening the stores raises.
    """
    here, there = places.locate(source), _whose(places.locate(target, to_make=True))
    mapping, can, wanted = Mapping.of(rules), _abilities(places, there), part_of(query, since)
    _apart(here, there)
    plain = places.source(here)
    if isinstance(plain, Settling):
        go_to(places, plain, plain.name, there)
    said = ["copy", query, f"since {since}" if since else "", mapping.text]
    planning = _Planning(
        places=places,
        here=here,
        there=there,
        plain=plain,
        opened=Mapped(plain, mapping, on_seen),
        mapping=mapping,
        wanted=" ".join(filter(None, said)),
        hidden=hidden_in(wanted, everywhere=everywhere),
        lost=lost(plain.can, can),
    )
    coming = (ref for ref in searched(plain, wanted) if ref not in skip)
    try:
        if there.scheme == "gmail":
            return planning.into_gmail(coming, mark)
        return planning.plan(coming)
    except BudgetSpent as error:
        error.hint = (
            "Each run makes a plan before it copies, which for an account lists its labels: allow "
            "more. With --dry-run and without --budget it is said how much that takes."
        )
        raise


@dataclass(frozen=True, slots=True, kw_only=True)
class _Planning:
    """What is known before a message was looked at."""

    places: Places
    here: Location
    there: Location
    plain: Source
    opened: Mapped
    mapping: Mapping
    wanted: str
    hidden: frozenset[str]
    lost: tuple[str, ...]

    def into_gmail(self, coming: Iterable[Ref], mark: str | None) -> CopyPlan:
        connection = self.places.connection(self.there)
        _apart_accounts(self.plain, connection.address)
        into = plan_into(
            connection,
            self.opened,
            coming,
            wanted=self.wanted,
            mark=mark,
            prefix="copied/",
            hidden=self.hidden,
        )
        return self._made(into.refs, into.left_out, into)

    def plan(self, coming: Iterable[Ref]) -> CopyPlan:
        passing = _Passing(self.hidden)
        refs = tuple(passing.of(self.opened, coming))
        return self._made(refs, passing.left_out, None)

    def _made(self, refs: tuple[Ref, ...], left_out: int, into: IntoGmail | None) -> CopyPlan:
        size = _bytes_of(self.opened, refs)
        notes = tuple(getattr(self.plain, "notes", ()))
        notes += tuple(_warnings(self.places, self.there, size or 0))
        units, seconds = _cost(self.places, self.here, len(refs), into)
        return CopyPlan(
            source=self.here,
            target=self.there,
            names=(self.plain.name, f"gmail:{into.account}" if into else str(self.there)),
            wanted=self.wanted,
            mapping=self.mapping,
            refs=refs,
            before=into.before if into else 0,
            left_out=left_out,
            bytes=_estimated(self.plain, refs) if size is None else size,
            about=isinstance(self.plain, GmailSource),
            moves=_moves(self.opened, refs, self.mapping, partial(_called, self.there, into)),
            lost=self.lost,
            into=into,
            units=units,
            seconds=seconds,
            planning=self.places.spent,
            notes=notes,
        )


def _warnings(places: Places, target: Location, size: int) -> Iterator[str]:
    """Where a server has too little room for all that may come, or could give none of it back."""
    if target.scheme not in SERVERS or not size:
        return
    with suppress(GmailKitError), places.anew(target) as there:  # adding to it says why
        room = there.room() if isinstance(there, Limited) else None
        if room is not None and room < size:
            yield (
                f"{target} has room for {room:,} bytes, and up to {size:,} may come: what fits "
                "comes, and the copy says how many are left."
            )
        if isinstance(there, ImapStore) and not there.has_trash():
            yield f"{target} has no Trash: undo takes nothing back before a folder Trash is made."


def _whose(target: Location) -> Location:
    """A backup keeps mail under an account, so that it can be looked for there."""
    if target.scheme != "backup" or target.user:
        return target
    return locate(f"{target}#{NOBODY}")


def part_of(query: str, since: When | None) -> Node:
    """Which messages of a source are meant. Raises QueryError and UsageError."""
    every = [parse(query)]
    if since is not None:
        every.append(After(int(days.first_moment(since).timestamp())))
    return all_of(every)


def hidden_in(wanted: Node, *, everywhere: bool) -> frozenset[str]:
    """Labels of what is left out: Spam and Trash, unless all is wanted or a search names them."""
    return frozenset() if everywhere or reaches_spam_and_trash(wanted) else HIDDEN


def _abilities(places: Places, target: Location) -> Can:
    """Of the target, which is not opened for it: that might make it. Raises CannotDo."""
    if target.scheme == "gmail":
        return GmailTarget.can
    if not target.scheme:
        raise UsageError(
            f"There is nothing at {target.path}.",
            hint=f"Say what to make of it: maildir:{target.path}, mbox:{target.path},"
            f" eml:{target.path} or backup:{target.path}",
        )
    can = abilities_of(target.scheme) or places.abilities(target)
    if Can.WRITE not in can:
        raise CannotDo(
            f"{target.scheme}: is only read; nothing can be copied into it.",
            hint="Name another target: gmail:, maildir:, mbox:, eml:, backup:",
        )
    return can


def _apart(source: Location, target: Location) -> None:
    if source.scheme == "gmail" and target.scheme == "backup":
        raise UsageError(
            "Mail of Gmail gets into a backup by backing it up, under its own ids.",
            hint=to_type("backup", target.path),
        )
    if {source.scheme, target.scheme} & {*SERVERS, *ACCOUNTS}:
        if str(source) == str(target):
            raise _same(str(source))
        return
    one, other = (Path(each.path).expanduser().resolve() for each in (source, target))
    if url_of(source.path) or url_of(target.path):
        return
    if one == other or one in other.parents or other in one.parents:
        raise UsageError(
            f"{target} and {source} lie in one another.",
            hint="Copy to another place: what is read is never changed.",
        )


def _apart_accounts(source: Source, address: str) -> None:
    if source.name == name_of_mailbox(address):
        raise _same(source.name)


def _same(name: str) -> UsageError:
    return UsageError(
        f"{name} is both what is read and what is added to.",
        hint="Name two: first what is copied, then where to.",
    )


def _estimated(source: Source, refs: tuple[Ref, ...]) -> int | None:
    return source.mean_size(refs) * len(refs) if isinstance(source, GmailSource) else None


def _cost(
    places: Places, source: Location, count: int, into: IntoGmail | None
) -> tuple[int, float | None]:
    """Two accounts have a quota each: reading and adding take the longer of both."""
    units, seconds = (into.units, into.seconds) if into else (0, None)
    if source.scheme == "gmail":
        connection = places.connection(source)
        reading = count * find("messages.get").price(connection.client.prices)
        units += reading
        each = estimate(connection, reading).seconds
        seconds = max(filter(None, [seconds, each]), default=None)
    return units, seconds


class _Passing:
    """Counts what is copied and what is left out."""

    def __init__(self, hidden: frozenset[str]) -> None:
        self._hidden = hidden
        self.left_out = 0

    def of(self, source: Mapped, refs: Iterable[Ref]) -> Iterator[Ref]:
        for ref, facts in source.survey(refs):
            if facts and facts.labels & self._hidden:
                self.left_out += 1
            else:
                yield ref


def _moves(
    source: Mapped, refs: Iterable[Ref], mapping: Mapping, called: Callable[[str], str]
) -> tuple[Move, ...]:
    counts: Counter[str] = Counter()
    for ref in refs:
        if facts := source.seen.get(ref):
            counts.update(facts.labels)
    labels = sorted(counts.keys() - MARKS, key=lambda each: (not is_system(each), each))
    known = {label: mapping.label(label) for label in labels}
    return tuple(
        Move(label, None if name is None else called(name), counts[label])
        for label, name in known.items()
    )


def _called(target: Location, into: IntoGmail | None, label: str) -> str:
    if into:
        return into.renamed.get(label, label)
    if target.scheme == "maildir":
        folder = folder_of(label)
        return TOO_LONG if folder is None else folder or "INBOX"
    return label


def _bytes_of(source: Mapped, refs: Iterable[Ref]) -> int | None:
    sizes = [facts.size for ref in refs if (facts := source.seen.get(ref))]
    return None if None in sizes else sum(size for size in sizes if size)
