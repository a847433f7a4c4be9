"""One label made, renamed, coloured, deleted; through the journal."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from secrets import token_hex
from typing import cast

from gmailkit.client.client import Client
from gmailkit.errors import Conflict, UsageError, to_type
from gmailkit.model.ids import LabelId
from gmailkit.model.label import Label
from gmailkit.model.shape import from_json, to_json
from gmailkit.record.journal import Call, Change, Journal
from gmailkit.services.changes.make import make_calls
from gmailkit.services.connect import Connection
from gmailkit.services.labels.colors import check_color
from gmailkit.services.labels.names import LabelNames, check_new
from gmailkit.services.rules.own import NamingRule, naming_rules


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelsChange:
    """What labels became, or were before they were deleted; several where nested ones were renamed.

    `number` is that of the change in the journal, for `undo`. `rules` of files still name what was
    renamed; each with the name to write there.
    """

    labels: tuple[Label, ...]
    number: int
    rules: tuple[tuple[NamingRule, str], ...] = ()

    @property
    def label(self) -> Label:
        """The one that was made, coloured or deleted."""
        return self.labels[0]


def create_label(
    client: Client,
    journal: Journal,
    name: str,
    *,
    background: str | None = None,
    text: str | None = None,
) -> LabelsChange:
    """Make a label. Conflict when it exists; UsageError for a colour that is not Gmail's, or a name
    that it refuses.
    """
    check_new(name)
    body = to_json(Label(name=name, color=check_color(background, text)))
    call = Call(method="labels.create", body=cast("Mapping[str, object]", body))
    return _made(client, journal, f"create label {name}", [call])


def with_labels(
    client: Client,
    wanted: Iterable[str],
    *,
    allowed: Callable[[str], None] = lambda method: None,
) -> tuple[LabelNames, tuple[Call, ...]]:
    """The labels there are once those of `wanted` that are missing are made, and the calls that
    make them: part of the change that needs them, which knows them by ids that stand in.

    `allowed` raises Refused where the sign-in does not let one be made.
    """
    names = LabelNames.of(client)
    missing = [name.strip() for name in wanted if not names.find(name)]
    if not missing:
        return names, ()
    for name in missing:
        check_new(name)
    allowed("labels.create")
    calls = tuple(making(name) for name in missing)
    new = (Label(id=call.stands_in, name=str(call.body["name"])) for call in calls)
    return LabelNames((*names.labels, *new)), calls


def making(name: str) -> Call:
    """The call that makes a label for the rest of a change. Ids that stand in are never borne
    twice: the journal follows each for ever.
    """
    stands_in = LabelId(f"to be made {token_hex(8)}")
    return Call(method="labels.create", body={"name": name}, stands_in=stands_in)


def rename_label(connection: Connection, name: str, new: str) -> LabelsChange:
    """Rename a label and those nested under it, which Gmail's API would leave behind.

    Stopped half way, the same call finishes the rest. Conflict, before anything is renamed, when a
    label of a new name is there already.
    """
    check_new(new)
    client, journal = connection.client, connection.journal
    names = LabelNames.of(client)
    label = own(names.get(name))
    labels = {each.id: each for each in names.labels if each.type != "system"}
    moves = renames({id: each.name for id, each in labels.items()}, label.id, new)
    calls = [patch(labels[id], {"name": name}) for id, name in moves.items()]
    done = _made(client, journal, f"rename label {label.name} to {new}", calls)
    written = {labels[id].name.casefold(): name for id, name in moves.items()}
    naming = naming_rules(connection, written)
    return replace(done, rules=tuple((each, written[each.label.casefold()]) for each in naming))


def renames(names: Mapping[LabelId, str], label: LabelId, new: str) -> dict[LabelId, str]:
    """The new names of a label and of those nested under it, in an order in which Gmail takes them.

    The nested ones go first, so that what is stopped half way can be done again; but after it where
    only the spelling changes, since Gmail wants them spelt alike. Raises Conflict.
    """
    former = names[label]
    depth, under = former.count("/") + 1, f"{former}/".casefold()
    below = {
        id: "/".join([new, *name.split("/")[depth:]])
        for id, name in names.items()
        if name.casefold().startswith(under) and id != label
    }
    moves = {**below, label: new}
    taken = {name.casefold(): name for id, name in names.items() if id not in moves}
    for id, name in moves.items():
        if other := taken.get(name.casefold()):
            raise Conflict(
                f'There is a label "{other}" already; nothing was renamed.',
                hint=to_type("labels", "merge", former, other)
                if id == label
                else "Rename or merge that one first.",
            )
    return {label: new, **below} if new.casefold() == former.casefold() else moves


def delete_label(client: Client, journal: Journal, name: str) -> LabelsChange:
    """Delete a label; its messages stay, and the journal keeps which ones carried it: `undo` makes
    it again and puts it back on them.

    Labels nested under it stay too.
    """
    label = own(LabelNames.of(client).get(name))
    done = delete_all(client, journal, [label], f"delete label {label.name}")
    return LabelsChange(labels=(label,), number=done.number)


def delete_all(
    client: Client,
    journal: Journal,
    labels: Sequence[Label],
    what: str,
    calls: Iterable[Call] = (),
) -> Change:
    """Delete labels, after other `calls`, as one change; the journal keeps what carried them."""
    return make_calls(
        client,
        journal,
        what,
        [*calls, *(deletion(client, label) for label in labels)],
        carrying={
            label.id: [
                ref.id
                for ref in client.messages.list(label_ids=[label.id], include_spam_trash=True)
            ]
            for label in labels
        },
        names={label.id: label.name for label in labels},
    )


def color_label(
    client: Client, journal: Journal, name: str, *, background: str, text: str | None = None
) -> LabelsChange:
    """Colour a label from Gmail's palette (`model.label.PALETTE`)."""
    color = check_color(background, text)
    assert color is not None  # noqa: S101 - for the type checker: there is a background
    label = own(LabelNames.of(client).get(name))
    call = patch(label, {"color": to_json(color)})
    return _made(client, journal, f"colour label {label.name}", [call])


def deletion(client: Client, label: Label) -> Call:
    """The call that deletes a label, with what `undo` needs to make it again."""
    former = client.call("labels.get", id=label.id)
    return Call(method="labels.delete", params={"id": label.id}, former=former)


def patch(label: Label, body: Mapping[str, object]) -> Call:
    """The call that changes what `body` has."""
    former = cast("Mapping[str, object]", to_json(label))
    return Call(method="labels.patch", params={"id": label.id}, former=former, body=body)


def _made(client: Client, journal: Journal, what: str, calls: Iterable[Call]) -> LabelsChange:
    done = make_calls(client, journal, what, calls)
    labels = tuple(from_json(call.answer, Label) for call in done.calls)
    return LabelsChange(labels=labels, number=done.number)


def own(label: Label) -> Label:
    """The label; UsageError for one of Gmail's own."""
    if label.type == "system":
        raise UsageError(f"{label.name} is Gmail's own label and cannot be changed.")
    return label
