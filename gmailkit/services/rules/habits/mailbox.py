"""What was done by hand in Gmail.

Which message bears which label is listed, 5 units for 500; From, To, List-Id and subject are read,
20 units a message, unless they were seen before. What filters and rules do is no handiwork: which
mail they catch is asked by a search each.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from gmailkit.client.fetch import fetch
from gmailkit.errors import NotFound, QueryError
from gmailkit.model.envelope import Envelope
from gmailkit.model.ids import LabelId
from gmailkit.model.message import MessageRef
from gmailkit.query.labels import is_system
from gmailkit.query.text import to_text
from gmailkit.query.tree import Everything, Field, In, Node, Place, Words, all_of, any_of, negate
from gmailkit.rules.habits.propose import OnLook, propose
from gmailkit.rules.habits.seen import ARCHIVE, IMPORTANT, STAR, TRASH, Effect, Mailbox, Seen
from gmailkit.rules.nodes import node_of
from gmailkit.rules.rule import Action, Rule
from gmailkit.services.asking import asked, find_refs
from gmailkit.services.connect import Connection
from gmailkit.services.labels import LabelNames
from gmailkit.services.quota import estimate
from gmailkit.services.rules.files import read_if_any
from gmailkit.services.rules.habits.suggest import Suggestions, suggestions
from gmailkit.services.rules.plan import listed
from gmailkit.services.rules.run import since_node
from gmailkit.services.search import envelopes, find_ids, reading_units
from gmailkit.services.sending.parent import own_addresses
from gmailkit.wire.methods import find

LAST_YEAR = "1y"
LIMIT = 5_000
_STATES = tuple(map(LabelId, ("INBOX", "UNREAD", "STARRED", "IMPORTANT", "TRASH")))
_EFFECTS = (STAR, IMPORTANT, TRASH)
_ELSEWHERE = (Place.SENT, Place.DRAFT, Place.CHATS, Place.SPAM)
OnProgress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class SuggestPlan:
    """What is looked at: `refs`, the newest first; `more` says that there is older mail, too.

    Of so many the headers are `known`. `units` are about what it costs, `seconds` by the quota
    (None: unpaced).
    """

    path: Path
    within: Node
    refs: tuple[MessageRef, ...]
    more: bool
    known: int
    units: int
    seconds: float | None


def plan_suggest(
    connection: Connection, path: Path, *, since: str = LAST_YEAR, limit: int = LIMIT
) -> SuggestPlan:
    """Which mail there is since a day (2026-01-31) or for an age (1y), and what reading it costs;
    nothing is read yet. 5 units for 500 messages, and 2.

    Raises UsageError for a file that is none of rules or a limit below 1, QueryError for `since`.
    """
    rules = read_if_any(path)
    client = connection.client
    within = since_node(since) or Everything()
    received = all_of((within, *(negate(In(place)) for place in _ELSEWHERE)))
    found = find_refs(
        client, asked(client, to_text(received)), include_spam_trash=True, limit=limit
    )
    refs = tuple(found)
    known = connection.cache.get(ref.id for ref in refs)
    lists = len(_looked_at(LabelNames.of(client))) + len(listed(connection)) + len(rules.all)
    units = reading_units(refs, known, client.prices)
    units += lists * find("messages.list").price(client.prices)
    return SuggestPlan(
        path=path,
        within=within,
        refs=refs,
        more=found.cut,
        known=len(known),
        units=units,
        seconds=estimate(connection, units).seconds,
    )


def suggest(
    connection: Connection,
    plan: SuggestPlan,
    *,
    on_progress: OnProgress = lambda done, total: None,
    on_look: OnLook = lambda kind, kinds: None,
) -> Suggestions:
    """The rules that the habits suggest; nothing is changed, neither in Gmail nor in the file.

    Needs gmail.readonly. Messages that are gone meanwhile are left out. Once all
    is read, `on_look` is told which of how many kinds of habits is looked for.
    """
    me = frozenset(each.casefold() for each in own_addresses(connection))
    notes: list[str] = []
    wanted = frozenset(ref.id for ref in plan.refs)
    borne = _borne(connection, plan, wanted)
    done = _done(connection, plan, wanted, notes)
    mails = []
    read = envelopes(connection.client, connection.cache, plan.refs)
    for count, envelope in enumerate(read, 1):
        on_progress(count, len(plan.refs))
        mail = _seen(envelope, borne.get(envelope.id, set()), done.get(envelope.id, set()))
        if mail.sender.casefold() not in me:
            mails.append(mail)
    now = connection.clock.now()
    habits = propose(Mailbox(mails, now=now), me=me, written=_Written(connection), on_look=on_look)
    return suggestions(habits, mails, plan.path, now=now, more=plan.more, notes=notes)


class _Written:
    """Whether mail was sent to somebody, ever. 5 units for each who is asked about."""

    def __init__(self, connection: Connection) -> None:
        self._client = connection.client
        self._known: dict[str, bool] = {}

    def __call__(self, address: str) -> bool:
        if address not in self._known:
            fields = (Field.TO, Field.CC, Field.BCC)
            whom = any_of(Words(address, field, exact=True) for field in fields)
            query = to_text(all_of((In(Place.SENT), whom)))
            self._known[address] = any(True for _ in find_ids(self._client, query, limit=1))
        return self._known[address]


def _looked_at(names: LabelNames) -> dict[LabelId, str]:
    own = {label.id: label.name for label in names.labels if not is_system(label.id)}
    return {**{id: str(id) for id in _STATES}, **own}


def _borne(
    connection: Connection, plan: SuggestPlan, wanted: frozenset[str]
) -> dict[str, set[str]]:
    """The labels of each message, by name. Categories are Gmail's work."""
    client = connection.client
    labels = _looked_at(LabelNames.of(client))
    within = asked(client, to_text(plan.within))

    def listing(label: LabelId) -> list[str]:
        found = find_refs(client, within, label_ids=[label], include_spam_trash=True)
        try:
            return [ref.id for ref in found if ref.id in wanted]
        except NotFound:  # it is gone meanwhile
            return []

    borne: dict[str, set[str]] = {}
    for label, future in fetch(labels, listing):
        for id in future.result():
            borne.setdefault(id, set()).add(labels[label])
    return borne


def _done(
    connection: Connection, plan: SuggestPlan, wanted: frozenset[str], notes: list[str]
) -> dict[str, set[Effect]]:
    """What filters and the rules of the file do to each message."""
    client = connection.client
    names = LabelNames.of(client)
    done: dict[str, set[Effect]] = {}
    for rule in (*_filters(connection, names), *read_if_any(plan.path).all):
        effects = _effects(rule.action, names)
        for id in _caught(connection, plan, rule, notes, wanted) if effects else ():
            done.setdefault(id, set()).update(effects)
    return done


def _filters(connection: Connection, names: LabelNames) -> Iterator[Rule]:
    for number, each in enumerate(listed(connection), 1):
        action = each.get("action", {})
        add = tuple(names.name(LabelId(id)) for id in action.get("addLabelIds", ()))
        remove = tuple(names.name(LabelId(id)) for id in action.get("removeLabelIds", ()))
        yield Rule(
            name=f"Filter {number}",
            criteria=each.get("criteria", {}),
            action=Action(add=add, remove=remove),
        )


def _effects(action: Action, names: LabelNames) -> set[Effect]:
    put_on = {Effect(label.name) for name in action.own if (label := names.find(name))}
    put_on |= {each for each in _EFFECTS if each.label in action.add}
    return put_on | ({ARCHIVE} if ARCHIVE.label in action.remove else set())


def _caught(
    connection: Connection,
    plan: SuggestPlan,
    rule: Rule,
    notes: list[str],
    wanted: frozenset[str],
) -> Iterable[str]:
    """Every message, where only Gmail knows which: better no suggestion than one that is there."""
    node, client = node_of(rule), connection.client
    try:
        if node is not None:
            query = asked(client, to_text(all_of((plan.within, node))))
            found = find_refs(client, query, include_spam_trash=True)
            return [ref.id for ref in found if ref.id in wanted]
    except (QueryError, NotFound) as error:
        why = error.message.rstrip(".")
    else:
        why = "only Gmail understands which mail it means"
    notes.append(f"{rule.name}: {why}; nothing that it does is suggested.")
    return wanted


def _seen(envelope: Envelope, labels: set[str], done: set[Effect]) -> Seen:
    return Seen(
        id=envelope.id,
        when=envelope.date,
        labels=frozenset(labels),
        sender=envelope.sender.email if envelope.sender else "",
        name=envelope.sender.name if envelope.sender else "",
        to=tuple(each.email for each in envelope.to),
        list_id=envelope.list_id,
        subject=envelope.subject,
        done=frozenset(done),
    )
