"""Whether a call whose answer was lost was made: looked up in Gmail."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from msgspec.structs import replace

from gmailkit.client.client import Client
from gmailkit.errors import Conflict, NotFound
from gmailkit.record.journal import Call, Change
from gmailkit.services.changes.words import in_words

Raw = Mapping[str, Any]
_KEPT = "id,threadId,labelIds"  # of a message: not what it says
KEY_PAIR, SWITCH = "settings.cse.keypairs.get", "enablementState"
LABEL_FIELDS = ("name", "color", "messageListVisibility", "labelListVisibility")


def answer_if_made(client: Client, call: Call) -> Raw | None:
    """What Gmail has where the call was made, None where it was not, or nobody can tell."""
    if look := _LOOKS.get(call.method):
        return look(client, call)
    if call.sought:
        return _put_in(client, call)
    return _changed(client, call) if call.get else None


def answer_in_full(client: Client, call: Call, answer: Raw) -> Raw:
    """The answer to a call that was asked for some fields of it alone; as it is where no more can
    be read.
    """
    match call.method, answer.get("id"):
        case "drafts.create", str(id):
            return client.call("drafts.get", id=id, format="minimal", fields="id,message(id)")
        case "messages.import" | "messages.insert", str(id):
            return client.call("messages.get", id=id, format="minimal", fields=_KEPT)
    return answer_if_made(client, call) or answer


def can_tell(call: Call) -> bool:
    """Whether that says anything at all about such a call."""
    return bool(call.method in _LOOKS or call.sought or call.get)


def check_untouched(client: Client, call: Call) -> None:
    """Conflict where what a call writes over is not as it was when that was written down: whether
    the call was made or not, somebody set it since.
    """
    get, params, names = call.get, call.params, {*call.former, *call.body}
    match call.method:
        case "labels.patch" | "labels.update" if call.former:
            get, names = "labels.get", names & {*LABEL_FIELDS}
        case "settings.sendAs.smimeInfo.setDefault":
            get, names = "settings.sendAs.smimeInfo.get", {"isDefault"}
            params = {**params, "id": call.former.get("id")}
    if not get:
        return
    if call.method.endswith(".patch"):
        names &= {*call.body}
    found = as_now(client, replace(call, get=get, params=params)) or {}
    if not holds(found, {name: call.former.get(name) for name in names}):
        raise Conflict(f"It was changed since, elsewhere, and stays so: {in_words(call)}.")


def doubts(change: Change) -> tuple[str, ...]:
    """Sentences about calls of a change that was cut short, of which nobody can tell whether they
    were made: neither finishing nor undoing it does anything about them.
    """
    if change.state != "done" or change.for_good:
        return ()
    unsure = (each for each in change.calls if not each.made and not can_tell(each))
    return tuple(f"Nobody can tell whether this was done: {in_words(each)}." for each in unsure)


def with_there(client: Client, calls: Iterable[Call]) -> tuple[Call, ...]:
    """The calls, with what is like that which they make and was there before: were the answer
    lost, it would be taken for what was made, and taken back.

    Conflict where it is a label: there are never two of one name.
    """
    calls = tuple(calls)
    return tuple(_with_there(client, call, calls) for call in calls)


def _with_there(client: Client, call: Call, calls: Iterable[Call]) -> Call:
    if call.method == "settings.filters.create" and not call.former:
        return replace(call, there=equals(client, call.body))
    if call.method == "labels.create" and not call.former:
        found = _created_label(client, call)
        # A name of Gmail's own is refused by Gmail, in words of its own.
        if (
            found
            and found.get("type") != "system"
            and all(each.params.get("id") != found["id"] for each in calls)
        ):
            raise Conflict(
                f'A label "{found["name"]}" exists already.',
                hint="Names differ by more than case; see `gmailkit labels list`.",
            )
    return call


def as_now(client: Client, call: Call) -> Raw | None:
    """What the call writes over, as it is now; None where it is gone."""
    params = {_NAMES.get((call.get, key), key): value for key, value in call.params.items()}
    try:
        return client.call(call.get, **params)
    except NotFound:
        return None


# Google calls one parameter by two names.
_NAMES = {("settings.cse.identities.get", "emailAddress"): "cseEmailAddress"}


def written(call: Call) -> Raw:
    """Of a label what can be written: it comes with counts too, which change by themselves."""
    return {name: call.body[name] for name in LABEL_FIELDS if name in call.body}


def holds(found: Raw, wanted: Raw) -> bool:
    """Whether all that is wanted is there; Gmail leaves out what is false, 0 or empty."""
    return all((found.get(name) or None) == (value or None) for name, value in wanted.items())


def certificates(client: Client, params: Raw) -> list[dict[str, Any]]:
    """Those of an address, the parameter sendAsEmail. 5 units."""
    found = client.call("settings.sendAs.smimeInfo.list", sendAsEmail=params["sendAsEmail"])
    there = found.get("smimeInfo", [])
    assert isinstance(there, list)  # noqa: S101 - for the type checker: Gmail's form
    return there


def labels_named(client: Client, name: str) -> tuple[str, ...]:
    """The ids of labels of that name, however it is spelt: one, or none. 1 unit."""
    labels = client.call("labels.list").get("labels", [])
    assert isinstance(labels, list)  # noqa: S101 - for the type checker: Gmail's form
    return tuple(each["id"] for each in labels if each["name"].casefold() == name.casefold())


def equals(client: Client, filter: Raw) -> tuple[str, ...]:
    """The ids of filters that do the same. 1 unit."""
    return tuple(each["id"] for each in _filters(client) if holds(each, filter))


def _created_label(client: Client, call: Call) -> Raw | None:
    wanted = str(call.body["name"])
    made = [id for id in labels_named(client, wanted) if id not in call.there]
    return client.call("labels.get", id=made[0]) if made else None


def _created_filter(client: Client, call: Call) -> Raw | None:
    made = (each for each in _filters(client) if holds(each, call.body))
    return next((each for each in made if each["id"] not in call.there), None)


def _filters(client: Client) -> list[dict[str, Any]]:
    filters = client.call("settings.filters.list").get("filter", [])
    assert isinstance(filters, list)  # noqa: S101 - for the type checker: Gmail's form
    return filters


def _deleted(get: str) -> Callable[[Client, Call], Raw | None]:
    def look(client: Client, call: Call) -> Raw | None:
        return {} if as_now(client, replace(call, get=get)) is None else None

    return look


def _changed(client: Client, call: Call) -> Raw | None:
    found = as_now(client, call)  # None: somebody deleted it since
    return found if found is not None and holds(found, call.body) else None


def _changed_label(client: Client, call: Call) -> Raw | None:
    return _changed(client, replace(call, get="labels.get", body=written(call)))


def _created_certificate(client: Client, call: Call) -> Raw | None:
    """The only one that was not there before: which of several it is, nobody can tell."""
    new = [each for each in certificates(client, call.params) if each["id"] not in call.there]
    return new[0] if len(new) == 1 else None


def _chosen_certificate(client: Client, call: Call) -> Raw | None:
    found = as_now(client, replace(call, get="settings.sendAs.smimeInfo.get"))
    return found if found and found.get("isDefault") else None


def _switched(state: str) -> Callable[[Client, Call], Raw | None]:
    """A key pair: it was the other thing before, or Gmail would have refused."""

    def look(client: Client, call: Call) -> Raw | None:
        found = as_now(client, replace(call, get=KEY_PAIR)) or {}
        made = found.get(SWITCH) == state != call.former.get(SWITCH)
        return found if made else None

    return look


def _made_under(get: str, field: str, parameter: str = "") -> Callable[[Client, Call], Raw | None]:
    """What goes by an address, unless it was there before."""

    def look(client: Client, call: Call) -> Raw | None:
        params = {parameter or field: call.body[field]}
        return None if call.there else as_now(client, Call(method="", params=params, get=get))

    return look


def _put_in(client: Client, call: Call) -> Raw | None:
    """A message that its Message-ID finds, and that was not there before."""
    found = client.messages.list(q=call.sought, include_spam_trash=True)
    made = next((ref.id for ref in found if ref.id not in call.there), None)
    return client.call("messages.get", id=made, format="minimal", fields=_KEPT) if made else None


_LOOKS: dict[str, Callable[[Client, Call], Raw | None]] = {
    "labels.create": _created_label,
    "labels.delete": _deleted("labels.get"),
    "labels.patch": _changed_label,
    "labels.update": _changed_label,
    "settings.cse.identities.create": _made_under(
        "settings.cse.identities.get", "emailAddress", "cseEmailAddress"
    ),
    "settings.cse.identities.delete": _deleted("settings.cse.identities.get"),
    "settings.cse.keypairs.disable": _switched("disabled"),
    "settings.cse.keypairs.enable": _switched("enabled"),
    "settings.delegates.create": _made_under("settings.delegates.get", "delegateEmail"),
    "settings.delegates.delete": _deleted("settings.delegates.get"),
    "settings.filters.create": _created_filter,
    "settings.filters.delete": _deleted("settings.filters.get"),
    "settings.forwardingAddresses.create": _made_under(
        "settings.forwardingAddresses.get", "forwardingEmail"
    ),
    "settings.sendAs.create": _made_under("settings.sendAs.get", "sendAsEmail"),
    "settings.sendAs.smimeInfo.insert": _created_certificate,
    "settings.sendAs.smimeInfo.setDefault": _chosen_certificate,
}
