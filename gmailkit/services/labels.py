"""Labels by name, as people know them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches
from typing import cast

from gmailkit.client.client import Client
from gmailkit.errors import NotFound, UsageError
from gmailkit.model.ids import LabelId
from gmailkit.model.label import PALETTE, Label, LabelColor
from gmailkit.model.shape import from_json, to_json
from gmailkit.query.operators import place_meant
from gmailkit.record.journal import Call, Journal
from gmailkit.services.changes.make import make_calls

DEFAULT_TEXT = "#000000"
SEARCHED_ONLY = frozenset({"encryptedmail"})  # found by `label:`, and in no list of labels


class LabelNames:
    """The labels of a mailbox at one moment; names compare without case, as Gmail compares them.

    Every verb lists them anew (1 unit): a list that is kept would give a name that moved to another
    label meanwhile, and the wrong mail would be changed. Within a long run, an id that is not
    listed has them listed once more: a label may have been made elsewhere.
    """

    def __init__(
        self, labels: Iterable[Label], *, again: Callable[[], Iterable[Label]] | None = None
    ) -> None:
        self._again = again
        self._hidden: set[LabelId] = set()
        self._take(labels)

    def _take(self, labels: Iterable[Label]) -> None:
        self.labels = tuple(labels)
        self._by_name = {label.name.casefold(): label for label in self.labels}
        self._by_id = {label.id: label for label in self.labels}

    @classmethod
    def of(cls, client: Client) -> LabelNames:
        return cls(client.labels.list(), again=client.labels.list)

    def find(self, name: str) -> Label | None:
        return self._by_name.get(name.strip().casefold())

    def now(self, id: LabelId | None, name: str) -> Label:
        """The label of that id, renamed or not; else the one of that name. NotFound for neither."""
        return (self._by_id.get(id) if id else None) or self.get(name)

    def get(self, name: str) -> Label:
        """The label of that name; NotFound names the nearest ones."""
        label = self.find(name)
        if label is None:
            names = ", ".join(f'"{self._by_name[near].name}"' for near in self._near(name))
            raise NotFound(
                f'There is no label "{name}".',
                hint=f"Did you mean {names}?"
                if names
                else "`gmailkit labels list` shows the labels there are.",
            )
        return label

    def _near(self, name: str) -> list[str]:
        return get_close_matches(name.casefold(), self._by_name, n=3, cutoff=0.6)

    def check_searched(self, name: str) -> None:
        """NotFound unless `label:name` or `in:name` may mean one of these.

        Lenient, since nobody knows how Gmail folds: blanks, punctuation and accents do not count.
        """
        wanted = _folded(name)
        if wanted in SEARCHED_ONLY or wanted in map(_folded, self._by_name):
            return
        if not self._near(name) and (place := place_meant(name)):
            raise NotFound(
                f'There is no label "{name}", and no place in:{name}.',
                hint=f"Did you mean in:{place}?",
            )
        self.get(name)

    def name(self, id: LabelId) -> str:
        """The name of an id; the id itself for one that is not listed (Gmail hides some)."""
        if id not in self._by_id and id not in self._hidden and self._again:
            self._take(self._again())
            if id not in self._by_id:
                self._hidden.add(id)  # asked for once
        label = self._by_id.get(id)
        return label.name if label else id

    def named(self, ids: Iterable[LabelId]) -> Mapping[LabelId, str]:
        return {id: self.name(id) for id in ids}


def create_label(
    client: Client,
    journal: Journal,
    name: str,
    *,
    background: str | None = None,
    text: str | None = None,
) -> Label:
    """Make a label. Conflict when it exists; UsageError for a colour that is not Gmail's."""
    body = to_json(Label(name=name, color=check_color(background, text)))
    call = Call(method="labels.create", body=cast("Mapping[str, object]", body))
    return _made(client, journal, f"create label {name}", [call])[0]


def rename_label(client: Client, journal: Journal, name: str, new: str) -> tuple[Label, ...]:
    """Rename a label and those nested under it, which Gmail's API would leave behind.

    The nested ones go first: stopped half way, the same call finishes the rest.
    """
    names = LabelNames.of(client)
    label = _own(names.get(name))
    nested = [below for below in names.labels if below.name.startswith(f"{label.name}/")]
    calls = [
        _patch(each, {"name": new + each.name[len(label.name) :]}) for each in (*nested, label)
    ]
    return _made(client, journal, f"rename label {label.name} to {new}", calls)


def delete_label(client: Client, journal: Journal, name: str) -> Label:
    """Delete a label; its messages stay, and the journal keeps which ones carried it: `undo` makes
    it again and puts it back on them.

    Labels nested under it stay too.
    """
    label = _own(LabelNames.of(client).get(name))
    carrying = [
        ref.id for ref in client.messages.list(label_ids=[label.id], include_spam_trash=True)
    ]
    former = client.call("labels.get", id=label.id)
    call = Call(method="labels.delete", params={"id": label.id}, former=former)
    make_calls(
        client,
        journal,
        f"delete label {label.name}",
        [call],
        carrying={label.id: carrying},
        names={label.id: label.name},
    )
    return label


def color_label(
    client: Client, journal: Journal, name: str, *, background: str, text: str | None = None
) -> Label:
    """Colour a label from Gmail's palette (`model.label.PALETTE`)."""
    color = check_color(background, text)
    assert color is not None  # noqa: S101 - for the type checker: there is a background
    label = _own(LabelNames.of(client).get(name))
    call = _patch(label, {"color": to_json(color)})
    return _made(client, journal, f"colour label {label.name}", [call])[0]


def _patch(label: Label, body: Mapping[str, object]) -> Call:
    former = cast("Mapping[str, object]", to_json(label))
    return Call(method="labels.patch", params={"id": label.id}, former=former, body=body)


def _made(client: Client, journal: Journal, what: str, calls: Iterable[Call]) -> tuple[Label, ...]:
    done = make_calls(client, journal, what, calls)
    return tuple(from_json(call.answer, Label) for call in done.calls)


def check_color(background: str | None, text: str | None) -> LabelColor | None:
    """Both halves of a label's colour, or None for none; UsageError for one Gmail refuses."""
    if background is None and text is None:
        return None
    if background is None:
        raise UsageError("A text colour needs a background colour.", hint="Give both.")
    color = LabelColor(
        background_color=background.lower(), text_color=(text or DEFAULT_TEXT).lower()
    )
    for value in (color.background_color, color.text_color):
        if value not in PALETTE:
            raise UsageError(
                f"{value} is not a label colour of Gmail's.",
                hint=f"Near it: {', '.join(_nearest(value))}.",
            )
    return color


def _folded(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name.casefold())
    return "-".join(re.findall(r"[^\W_]+", re.sub(r"[\u0300-\u036f]", "", plain)))


def _own(label: Label) -> Label:
    if label.type == "system":
        raise UsageError(f"{label.name} is Gmail's own label and cannot be changed.")
    return label


def _nearest(value: str) -> list[str]:
    """Three palette colours by distance in RGB, or by spelling when `value` is not a colour."""
    try:
        wanted = _rgb(value)
    except ValueError:
        return sorted(PALETTE)[:3]
    return sorted(
        PALETTE,
        key=lambda color: sum((a - b) ** 2 for a, b in zip(_rgb(color), wanted, strict=True)),
    )[:3]


def _rgb(value: str) -> tuple[int, int, int]:
    digits = value.removeprefix("#")
    if len(digits) != 6:
        raise ValueError(value)
    return int(digits[0:2], 16), int(digits[2:4], 16), int(digits[4:6], 16)
