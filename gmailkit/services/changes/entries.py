"""What the journal keeps of one of Google's own calls, read before it is made.

`WAYS` says of each method that writes how it is taken back; a test holds it against all there are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from msgspec.structs import replace

from gmailkit.client.client import Client
from gmailkit.errors import NotFound, Refused
from gmailkit.mime.parse import parse_headers
from gmailkit.model.ids import LabelId
from gmailkit.record.journal import Call
from gmailkit.services.api import MAIL, SECRETS, masked
from gmailkit.services.changes.states import (
    PLACES,
    TRASH,
    States,
    as_gmail_does,
    of_one,
    states,
    watched,
)
from gmailkit.services.changes.sure import (
    KEY_PAIR,
    as_now,
    certificates,
    equals,
    labels_named,
)
from gmailkit.services.labels.names import LabelNames
from gmailkit.wire.base64url import decode
from gmailkit.wire.call import Asked

_HEADER = 1 << 20  # bytes of a message among which its Message-ID stands
_BESIDE = frozenset({"fields", "quotaUser"})  # about the answer, not about what is done


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One call, or several: what is done to which messages, with what they bore, or a call.

    `moves` are messages with what they get and lose. `for_good`: it cannot be undone.
    """

    moves: tuple[tuple[str, frozenset[LabelId], frozenset[LabelId]], ...] = ()
    known: States
    calls: tuple[Call, ...] = ()
    for_good: bool = False


Look = Callable[[Client, Asked], Entry]


def entry_of(client: Client, asked: Asked) -> Entry:
    """Raises what the reading raises, but where the sign-in may not read: then it is for good."""
    look = WAYS[asked.method]
    if look is None:
        return Entry(known={})
    try:
        return look(client, asked)
    except Refused:
        return _for_good(client, asked)


def names_of(client: Client, labels: Iterable[LabelId]) -> Mapping[LabelId, str]:
    """1 unit where labels of one's own are among them: Gmail's bear their names as ids."""
    wanted = list(labels)
    if all(label.isupper() for label in wanted):
        return {label: label for label in wanted}
    return LabelNames.of(client).named(wanted)


# What is done to labels of messages


def _modified(client: Client, asked: Asked) -> Entry:
    """Labels of an administrator's classification are not among those that are read."""
    if any(asked.body.get(name) for name in _CLASSIFICATION):
        return _for_good(client, asked)
    add, remove = (
        frozenset(map(LabelId, asked.body.get(name) or ()))
        for name in ("addLabelIds", "removeLabelIds")
    )
    return _moved(client, asked, add, remove)


_CLASSIFICATION = ("addClassificationLabels", "removeClassificationLabelIds")


def _trashed(client: Client, asked: Asked) -> Entry:
    return _moved(client, asked, frozenset({TRASH}), frozenset())


def _untrashed(client: Client, asked: Asked) -> Entry:
    return _moved(client, asked, frozenset(), frozenset({TRASH}))


def _moved(
    client: Client, asked: Asked, add: frozenset[LabelId], remove: frozenset[LabelId]
) -> Entry:
    add, remove = as_gmail_does(add, remove)
    known = _known(client, asked, watched(add, remove))
    return Entry(moves=tuple((id, add, remove) for id in known), known=known)


def _known(client: Client, asked: Asked, labels: frozenset[LabelId]) -> States:
    """The messages that are there, with what they bear."""
    if asked.method.startswith("threads."):
        try:
            thread = client.threads.get(str(asked.params["id"]), format="minimal")
        except NotFound:
            return {}
        return {each.id: labels & frozenset(each.label_ids) for each in thread.messages}
    alone = [str(asked.params["id"])] if "id" in asked.params else []
    ids = list(dict.fromkeys(asked.body.get("ids") or alone))
    return of_one(client, ids[0], labels) if len(ids) == 1 else states(client, ids, labels)


def _deleted_mail(client: Client, asked: Asked) -> Entry:
    """Where it lay stands in the journal, and nothing brings it back."""
    known = _known(client, asked, PLACES)
    return Entry(
        moves=tuple((id, frozenset[LabelId](), frozenset[LabelId]()) for id in known),
        known=known,
        calls=(_call(asked, body={}, once=True),),
        for_good=True,
    )


# Labels and settings


def _label_deleted(client: Client, asked: Asked) -> Entry:
    """With all that bears it."""
    if not (former := _former(client, "labels.get", asked.params)):
        return Entry(known={}, calls=(_call(asked),))
    label = LabelId(str(asked.params["id"]))
    bearing = client.messages.list(label_ids=[label], include_spam_trash=True)
    known: States = {ref.id: frozenset({label}) for ref in bearing}
    return Entry(
        moves=tuple((id, frozenset[LabelId](), frozenset({label})) for id in known),
        known=known,
        calls=(_call(asked, former=former),),
    )


def _label_made(client: Client, asked: Asked) -> Entry:
    return _alone(asked, there=labels_named(client, str(asked.body.get("name", ""))))


def _filter_made(client: Client, asked: Asked) -> Entry:
    return _alone(asked, there=equals(client, asked.body))


def _read_by(get: str, *, whole: bool = True) -> Look:
    """What is written over, or deleted. Where the call writes all of it, undo compares it so."""

    def look(client: Client, asked: Asked) -> Entry:
        call = _call(asked, get=get if whole else "")
        former = as_now(client, _call(asked, get=get)) or {}
        return Entry(known={}, calls=(replace(call, former=former),))

    return look


def _made_under(field: str, get: str) -> Look:
    """What goes by an address: one that is there already is not made by this call."""

    def look(client: Client, asked: Asked) -> Entry:
        name = asked.body.get(field)
        found = name and _former(client, get, {_PARAMETERS.get(field, field): name})
        return _alone(asked, there=[str(name)] if found else [])

    return look


_PARAMETERS = {"emailAddress": "cseEmailAddress"}


def _lost(get: str) -> Look:
    """What was there is kept, and Gmail has no way back to it: it would ask its owner again."""

    def look(client: Client, asked: Asked) -> Entry:
        call = _call(asked, former=_former(client, get, asked.params), once=True)
        return Entry(known={}, calls=(call,), for_good=True)

    return look


def _certificate_made(client: Client, asked: Asked) -> Entry:
    return _alone(asked, there=[each["id"] for each in certificates(client, asked.params)])


def _certificate_chosen(client: Client, asked: Asked) -> Entry:
    there = certificates(client, asked.params)
    chosen = next((each for each in there if each.get("isDefault")), None)
    if chosen is None:  # nothing takes the choice away again
        return _for_good(client, asked)
    return _alone(asked, former=chosen)


def _switched(client: Client, asked: Asked) -> Entry:
    return _alone(asked, former=_former(client, KEY_PAIR, asked.params))


# Mail and drafts


def _put_in(client: Client, asked: Asked) -> Entry:
    """Messages of that Message-ID that are there: import may merge with one of them."""
    wanted = message_id(asked)
    if not wanted:
        return _alone(asked) if asked.method == "messages.insert" else _for_good(client, asked)
    sought = f"rfc822msgid:{wanted}"
    there = [ref.id for ref in client.messages.list(q=sought, include_spam_trash=True)]
    entry = _alone(asked, there=there, sought=sought)
    labels = frozenset(map(LabelId, asked.body.get("labelIds") or ()))
    if asked.method == "messages.insert" or len(there) != 1 or not labels:
        return entry
    # Gmail adds no second copy: the labels come to the one that is there.
    known = of_one(client, there[0], watched(labels, ()))
    moves = tuple((id, labels, frozenset[LabelId]()) for id in known)
    return Entry(moves=moves, known=known, calls=entry.calls)


def message_id(asked: Asked) -> str:
    """That of the message in a call, without its brackets; "" for none that Gmail can search."""
    raw = asked.media.part(0, _HEADER) if asked.media else b""
    if not raw and (text := str(asked.body.get("raw") or "")):
        raw = decode(text.replace("+", "-").replace("/", "_"))
    found = parse_headers(raw).message_id.strip("<> ")
    return "" if set(found) & set(' "(){}') else found


def _by_itself(client: Client, asked: Asked) -> Entry:
    """All that takes it back stands in the call and its answer."""
    return _alone(asked)


def _for_good(client: Client, asked: Asked) -> Entry:
    return Entry(known={}, calls=(_call(asked, once=True),), for_good=True)


# How they are written down


def _alone(
    asked: Asked, *, former: Mapping[str, Any] = {}, there: Sequence[str] = (), sought: str = ""
) -> Entry:
    call = replace(_call(asked), former=former, there=tuple(there), sought=sought)
    return Entry(known={}, calls=(call,))


def _call(asked: Asked, **more: Any) -> Call:
    body = masked(asked.body, SECRETS | MAIL)
    once = asked.media is not None or body != asked.body
    params = {key: value for key, value in asked.params.items() if key not in _BESIDE}
    call = Call(method=asked.method, params=params, body=body, once=once)
    return replace(call, **more) if more else call


def _former(client: Client, get: str, params: Mapping[str, Any]) -> dict[str, object]:
    try:
        return client.call(get, **params)
    except NotFound:
        return {}


_CSE = "settings.cse"
# None: it changes neither mail nor settings.
WAYS: Mapping[str, Look | None] = {
    "drafts.create": _by_itself,
    "drafts.delete": _for_good,
    "drafts.send": _for_good,
    "drafts.update": _for_good,
    "labels.create": _label_made,
    "labels.delete": _label_deleted,
    "labels.patch": _read_by("labels.get", whole=False),
    "labels.update": _read_by("labels.get", whole=False),
    "messages.batchDelete": _deleted_mail,
    "messages.batchModify": _modified,
    "messages.delete": _deleted_mail,
    "messages.import": _put_in,
    "messages.insert": _put_in,
    "messages.modify": _modified,
    "messages.send": _for_good,
    "messages.trash": _trashed,
    "messages.untrash": _untrashed,
    "settings.cse.identities.create": _made_under("emailAddress", f"{_CSE}.identities.get"),
    "settings.cse.identities.delete": _read_by(f"{_CSE}.identities.get", whole=False),
    "settings.cse.identities.patch": _read_by(f"{_CSE}.identities.get"),
    "settings.cse.keypairs.create": _for_good,
    "settings.cse.keypairs.disable": _switched,
    "settings.cse.keypairs.enable": _switched,
    "settings.cse.keypairs.obliterate": _for_good,
    "settings.delegates.create": _made_under("delegateEmail", "settings.delegates.get"),
    "settings.delegates.delete": _read_by("settings.delegates.get", whole=False),
    "settings.filters.create": _filter_made,
    "settings.filters.delete": _read_by("settings.filters.get", whole=False),
    "settings.forwardingAddresses.create": _made_under(
        "forwardingEmail", "settings.forwardingAddresses.get"
    ),
    "settings.forwardingAddresses.delete": _lost("settings.forwardingAddresses.get"),
    "settings.sendAs.create": _made_under("sendAsEmail", "settings.sendAs.get"),
    "settings.sendAs.delete": _lost("settings.sendAs.get"),
    "settings.sendAs.patch": _read_by("settings.sendAs.get"),
    "settings.sendAs.smimeInfo.delete": _lost("settings.sendAs.smimeInfo.get"),
    "settings.sendAs.smimeInfo.insert": _certificate_made,
    "settings.sendAs.smimeInfo.setDefault": _certificate_chosen,
    "settings.sendAs.update": _read_by("settings.sendAs.get"),
    "settings.sendAs.verify": _for_good,
    "settings.updateAutoForwarding": _read_by("settings.getAutoForwarding"),
    "settings.updateImap": _read_by("settings.getImap"),
    "settings.updateLanguage": _read_by("settings.getLanguage"),
    "settings.updatePop": _read_by("settings.getPop"),
    "settings.updateVacation": _read_by("settings.getVacation"),
    "stop": None,
    "threads.delete": _deleted_mail,
    "threads.modify": _modified,
    "threads.trash": _trashed,
    "threads.untrash": _untrashed,
    "watch": None,
}
