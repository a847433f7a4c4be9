"""Settings of a backup put back: labels with their colours, filters, vacation, signatures ...

What is there and not in the backup stays. All that is written goes through the journal, and undo
takes it back. What only an administrator's service account may set is named, not set.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, cast

from msgspec.structs import replace

from gmailkit.backup.accounts import one_account
from gmailkit.backup.crypt.given import Identity
from gmailkit.backup.events import LabelList, Setting
from gmailkit.backup.folder import Backup
from gmailkit.backup.place import name_of
from gmailkit.client.client import Client
from gmailkit.errors import GmailKitError, NotFound, Refused, to_type
from gmailkit.record.journal import Call
from gmailkit.rules.filters import forwards, key_of
from gmailkit.services import days
from gmailkit.services.backup.settings import settings
from gmailkit.services.changes.make import make_calls
from gmailkit.services.changes.sure import check_untouched
from gmailkit.services.changes.words import filter_in_words, in_words, values_in_words
from gmailkit.services.connect import Connection
from gmailkit.services.copying.into_gmail.labels import Made, make_labels
from gmailkit.services.copying.into_gmail.naming import name_here
from gmailkit.services.days import When
from gmailkit.services.labels import LabelNames
from gmailkit.wire.methods import find

Raw = Mapping[str, Any]
_LABELS = ("addLabelIds", "removeLabelIds")
_SHOWN = ("color", "messageListVisibility", "labelListVisibility")
_USUAL = {"messageListVisibility": "show", "labelListVisibility": "labelShow"}
_WHOLE = {  # settings that are one object, written whole: how each is read and written
    "vacation": ("settings.getVacation", "settings.updateVacation"),
    "imap": ("settings.getImap", "settings.updateImap"),
    "pop": ("settings.getPop", "settings.updatePop"),
    "language": ("settings.getLanguage", "settings.updateLanguage"),
}
_OBJECTS = ("settings.update", "settings.sendAs.")  # what is changed there has values
_SIGNED = ("displayName", "replyToAddress", "signature")  # of an address to send from
_SHARED = {  # only a service account may write these
    "auto_forwarding": "settings.updateAutoForwarding",
    "delegates": "settings.delegates.create",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsPlan:
    """What would be written into `account`: `labels` are made first, then `calls`, of which those
    that make filters name labels by their names. `same` things are as they were saved already.
    `left` says what cannot come back, and why. `units` is the price of it all.
    """

    path: Path
    origin: str
    account: str
    as_of: datetime | None
    what: str  # for the journal
    labels: tuple[Call, ...]
    calls: tuple[Call, ...]
    same: int
    left: tuple[str, ...]
    units: int

    @property
    def words(self) -> tuple[str, ...]:
        """A line for each thing that would be written."""
        made = (
            values_in_words(each) if each.method.startswith(_OBJECTS) else in_words(each)
            for each in self.calls
        )
        return (*map(in_words, self.labels), *made)


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsRestored:
    """What was written; `numbers` are those of the journal, the last one first, for `undo`.
    `renamed` as in `Restored`.
    """

    plan: SettingsPlan
    numbers: tuple[int, ...]
    renamed: Mapping[str, str]


def plan_settings(
    connection: Connection,
    path: Path,
    *,
    origin: str = "",
    as_of: When | None = None,
    identity: Identity = None,
) -> SettingsPlan:
    """What `restore_settings` would do; nothing is changed. 7 units.

    `as_of` takes them as they were known then. Raises what `Backup.open` raises, NotFound where the
    backup holds no settings, UsageError where whose they are is not said.
    """
    moment = days.as_of(as_of, clock=connection.clock)
    with Backup.open(path, as_of=moment, identity=identity) as folder:
        account = one_account(folder, origin)
        saved = SavedSettings.of(folder, account)
    if saved.empty:
        raise NotFound(
            f"{name_of(path)} holds no settings of {account}.",
            hint=f"The next backup saves those of today: {to_type('backup', name_of(path))}",
        )
    what = f"restore settings of {account} from {name_of(path)}"
    return plan_of(connection, saved, path=path, origin=account, as_of=moment, what=what)


def plan_of(
    connection: Connection,
    saved: SavedSettings,
    *,
    path: Path,
    origin: str,
    what: str,
    as_of: datetime | None = None,
) -> SettingsPlan:
    """The same of settings that are known, whatever they are from."""
    planner = _Planner(connection, saved)
    planner.plan()
    prices = connection.client.prices
    return SettingsPlan(
        path=path,
        origin=origin,
        account=connection.address,
        as_of=as_of,
        what=what,
        labels=tuple(planner.labels),
        calls=tuple(planner.calls),
        same=planner.same,
        left=tuple(planner.left),
        units=sum(find(each.method).price(prices) for each in (*planner.labels, *planner.calls)),
    )


def restore_settings(connection: Connection, plan: SettingsPlan) -> SettingsRestored:
    """Write them, as one change of the journal, and one before it for the labels that are made.

    Raises Refused where the sign-in does not allow it, Conflict where something was changed since
    the plan; nothing is written then.
    """
    client, journal = connection.client, connection.journal
    for method in dict.fromkeys(each.method for each in (*plan.labels, *plan.calls)):
        connection.check_allowed(method)
    for call in plan.calls:
        check_untouched(client, call)
    made = make_labels(client, journal, f"{plan.what}: labels", plan.labels)
    numbers = [made.number] if made.number else []
    if plan.calls:
        calls = [replace(each, body=_with_ids(each, made)) for each in plan.calls]
        numbers.insert(0, make_calls(client, journal, plan.what, calls).number)
    return SettingsRestored(plan=plan, numbers=tuple(numbers), renamed=made.renamed)


@dataclass(frozen=True, slots=True)
class SavedSettings:
    """Labels and settings of an account, as Gmail's API gave them."""

    labels: tuple[Raw, ...]
    settings: Mapping[str, Any]

    @classmethod
    def of_account(cls, client: Client) -> SavedSettings:
        """As they are now; what this sign-in may not read is not among them. 14 units."""
        found = {name: value for name, value in settings(client) if not _is_error(value)}
        return cls(tuple(_listed(client)), found)

    @classmethod
    def of(cls, folder: Backup, account: str) -> SavedSettings:
        """As a backup holds them."""
        listed = folder.latest(account, LabelList)
        found = {
            name: event.value
            for name in ("filters", "send_as", *_WHOLE, *_SHARED)
            if (event := folder.latest(account, Setting, name))
        }
        return cls(listed.labels if listed else (), found)

    @property
    def empty(self) -> bool:
        return not (self.labels or self.settings)

    def many(self, name: str) -> list[Raw]:
        found = self.settings.get(name)
        return cast("list[Raw]", found) if isinstance(found, list) else []


@dataclass(slots=True)
class _Planner:
    connection: Connection
    saved: SavedSettings
    labels: list[Call] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    same: int = 0

    @property
    def client(self) -> Client:
        return self.connection.client

    def plan(self) -> None:
        self._labels()
        self._filters()
        self._addresses()
        for name, (get, update) in _WHOLE.items():
            value = self.saved.settings.get(name)
            if isinstance(value, dict):
                self._whole(value, get, update)
        self._shared()

    def _take(self, call: Call, *, changes: bool) -> None:
        if changes:
            self.calls.append(call)
        else:
            self.same += 1

    def _labels(self) -> None:
        users = (each for each in _listed(self.client) if each.get("type") != "system")
        there = {str(each["name"]).casefold(): each for each in users}
        own = (each for each in self.saved.labels if each.get("type") != "system")
        for label in sorted(own, key=lambda each: str(each["name"])):  # a parent before its own
            name = self._name_here(str(label["name"]), there)
            shown = {key: label[key] for key in _SHOWN if label.get(key)}
            now = there.get(name.casefold())
            if now is None:
                self.labels.append(Call(method="labels.create", body={"name": name, **shown}))
            else:
                body = {k: v for k, v in shown.items() if now.get(k, _USUAL.get(k)) != v}
                former = {key: now[key] for key in ("id", "name", *_SHOWN) if key in now}
                params = {"id": now["id"]}
                call = Call(method="labels.patch", params=params, body=body, former=former)
                self._take(call, changes=bool(body))

    def _name_here(self, name: str, there: Mapping[str, Raw]) -> str:
        spelt = {key: str(each["name"]) for key, each in there.items()}
        found = name_here(name, spelt)
        if found.casefold() != name.casefold():
            self.left.append(f'The label "{name}" is called "{found}" here: Gmail takes no other.')
        return found

    def _filters(self) -> None:
        listed = _listed(self.client)
        here = {str(each["id"]): str(each["name"]) for each in listed}
        users = (str(each["name"]) for each in listed if each.get("type") != "system")
        spelt = {name.casefold(): name for name in users}
        names = {
            str(each["id"]): name_here(str(each["name"]), spelt)
            if each.get("type") != "system"
            else str(each["id"])
            for each in self.saved.labels
        }
        answer: Any = self.client.call("settings.filters.list")
        there = {_key(_named(each, here)) for each in answer.get("filter", [])}
        for each in self.saved.many("filters"):
            body = {k: v for k, v in _named(each, names).items() if k != "id"}
            lost = [id for id in _ids(each) if id.startswith("Label_") and id not in names]
            if _key(body) in there:
                self.same += 1
            elif lost:
                self._leave(each, "its label was deleted before it was saved")
            elif forwards(body) and not self._accepts(str(body["action"]["forward"])):
                self._leave(each, f"{body['action']['forward']} is no address to forward to here")
            else:
                there.add(_key(body))
                self.calls.append(Call(method="settings.filters.create", body=body))

    def _leave(self, filter: Raw, why: str) -> None:
        self.left.append(f"The filter for {filter_in_words(filter)} stays away: {why}.")

    def _accepts(self, address: str) -> bool:
        found = self.client.settings.forwarding_addresses.list()
        return any(
            each.forwarding_email.casefold() == address.casefold()
            and each.verification_status == "accepted"
            for each in found
        )

    def _addresses(self) -> None:
        answer: Any = self.client.call("settings.sendAs.list")
        there: list[Raw] = answer.get("sendAs", [])
        for each in self.saved.many("send_as"):
            now = next((one for one in there if _is_same_address(one, each)), None)
            if now is None:
                self.left.append(
                    f"{each['sendAsEmail']} is no address of this account to send from, and its"
                    " owner has to agree to that: gmailkit settings send-as add"
                )
                continue
            body = {k: each.get(k, "") for k in _SIGNED if each.get(k, "") != now.get(k, "")}
            if each.get("isDefault") and not now.get("isDefault"):
                body["isDefault"] = True
            call = Call(
                method="settings.sendAs.patch",
                params={"sendAsEmail": now["sendAsEmail"]},
                body=body,
                former=now,
                get="settings.sendAs.get",
            )
            if body and not now.get("isPrimary") and not self._may("settings.sendAs.create"):
                self.left.append(
                    f"The name and signature of the alias {now['sendAsEmail']} differ; only an"
                    " administrator's service account may set them."
                )
            else:
                self._take(call, changes=bool(body))

    def _whole(self, value: Raw, get: str, update: str) -> None:
        now = self.client.call(get)
        call = Call(method=update, body=dict(value), former=now, get=get)
        self._take(call, changes=_said(now) != _said(value))

    def _shared(self) -> None:
        if _said(self.saved.settings.get("auto_forwarding") or {}).get("enabled"):
            self.left.append(
                "All mail was forwarded; that is set by hand: gmailkit settings forwarding on"
            )
        if names := [str(each["delegateEmail"]) for each in self.saved.many("delegates")]:
            self.left.append(
                f"Others could read the mailbox ({', '.join(names)}); that is given by hand:"
                " gmailkit settings delegates add"
            )

    def _may(self, method: str) -> bool:
        try:
            self.connection.check_allowed(method)
        except Refused:
            return False
        return True


def _is_error(value: object) -> bool:
    return isinstance(value, GmailKitError)


def _listed(client: Client) -> list[Raw]:
    found: Any = client.call("labels.list").get("labels", [])
    return list(found)


def _ids(filter: Raw) -> Iterator[str]:
    for key in _LABELS:
        yield from filter.get("action", {}).get(key, ())


def _named(filter: Raw, names: Mapping[str, str]) -> dict[str, Any]:
    """The filter with names of labels in the place of their ids."""
    action = dict(filter.get("action", {}))
    for key in _LABELS:
        if key in action:
            action[key] = [names.get(id, id) for id in action[key]]
    return {**filter, "action": action}


def _key(filter: Raw) -> str:
    """Equal for filters that do the same: case does not tell names of labels apart."""
    names = {name: name.casefold() for name in _ids(filter)}
    return key_of(_named(filter, names))


def _with_ids(call: Call, made: Made) -> Raw:
    if call.method != "settings.filters.create":
        return call.body
    action = dict(call.body.get("action", {}))
    for key in _LABELS:
        if key in action:
            action[key] = [_id_of(made.renamed.get(name, name), made.names) for name in action[key]]
    return {**call.body, "action": action}


def _id_of(name: str, names: LabelNames) -> str:
    found = names.find(name)
    return found.id if found else name  # Gmail's own go by their names


def _is_same_address(one: Raw, other: Raw) -> bool:
    """The mailbox's own address is that of the other account, whatever it is."""
    if one.get("isPrimary") or other.get("isPrimary"):
        return bool(one.get("isPrimary") and other.get("isPrimary"))
    return str(one["sendAsEmail"]).casefold() == str(other["sendAsEmail"]).casefold()


def _said(raw: Raw) -> Raw:
    """Without what is false, 0 or empty: Gmail leaves those out when it answers."""
    return {key: value for key, value in raw.items() if value not in (False, 0, "", None, [])}
