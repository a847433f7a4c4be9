"""Each of Google's methods that writes, with a mailbox on which it can be called.

`BACK` can be undone, `FOR_GOOD` cannot; each makes what the call needs, and says how it is called.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from typing import Any

from certificate_maker import authority, leaf, pkcs7, pkcs12
from fakes import FakeClock
from gmailkit.errors import NotFound
from gmailkit.gmail import Gmail
from gmailkit.sandbox import Sandbox

ME, ANN, BOB = (f"{name}@example.com" for name in ("me", "ann", "bob"))
MONTH = 31 * 86_400
Asking = dict[str, Any]
numbers = count()


def letter() -> bytes:
    number = next(numbers)
    return (
        f"From: {ANN}\r\nTo: {ME}\r\nSubject: Number {number}\r\n"
        f"Message-ID: <number.{number}@example.com>\r\n\r\nHello {number}\r\n"
    ).encode()


@dataclass(frozen=True)
class Box:
    """A mailbox with all that can be in one, seen by `other`, who leaves nothing in the journal."""

    sandbox: Sandbox
    clock: FakeClock
    gmail: Gmail
    other: Gmail

    def message(self, *labels: str) -> str:
        return self.sandbox.mail.put(ME, letter(), labels=labels or ("INBOX", "UNREAD"))

    def thread(self, *labels: str) -> str:
        return self.other.messages.get(self.message(*labels), format="minimal").thread_id

    def make(self, method: str, **asking: Any) -> Any:
        return self.other.call(method, **asking)

    def label(self) -> str:
        return str(self.make("labels.create", body={"name": f"Label {next(numbers)}"})["id"])

    def alias(self) -> str:
        email = f"shop{next(numbers)}@example.com"
        self.make("settings.sendAs.create", body={"sendAsEmail": email})
        return email

    def certificate(self, **more: Any) -> Asking:
        body = {"pkcs12": pkcs12(ME), "encryptedKeyPassword": "secret", **more}
        made = self.make("settings.sendAs.smimeInfo.insert", sendAsEmail=ME, body=body)
        return {"sendAsEmail": ME, "id": made["id"]}

    def key_pair(self) -> str:
        return str(self.make("settings.cse.keypairs.create", body=key_body())["keyPairId"])

    def state(self) -> dict[str, object]:
        """All that a call can change, by names; mail in Trash is as good as not there."""
        mail = self.sandbox.mail
        borne = {id: set(mail.labels_of(ME, id)) for id in mail.ids(ME)}
        said: dict[str, object] = {
            "mail": {id: labels for id, labels in borne.items() if "TRASH" not in labels},
            "labels": {(label.name, label.color) for label in self.other.labels.list()},
            "drafts": {d.id: d.message and d.message.id for d in self.other.drafts.list()},
        }
        for name in _READ:
            said[name] = self.make(f"settings.{name}", **_WHERE.get(name, {}))
        filters = self.make("settings.filters.list").get("filter", [])
        return said | {"filters": sorted(str({**each, "id": ""}) for each in filters)}


_READ = (
    "getVacation getImap getPop getLanguage getAutoForwarding sendAs.list delegates.list "
    "forwardingAddresses.list sendAs.smimeInfo.list cse.identities.list cse.keypairs.list"
).split()
_WHERE: dict[str, Asking] = {
    "sendAs.smimeInfo.list": {"sendAsEmail": ME},
    "cse.keypairs.list": {"pageSize": 100},
}


def key_body() -> Asking:
    held = {"kaclsKeyMetadata": {"kaclsUri": "https://kacls.example.com", "kaclsData": "c2VjcmV0"}}
    return {"pkcs7": pkcs7(leaf(ME)[1], authority()[1]), "privateKeyMetadata": [held]}


def forwarded(box: Box) -> Asking:
    email = f"far{next(numbers)}@example.com"
    box.make("settings.forwardingAddresses.create", body={"forwardingEmail": email})
    return {"forwardingEmail": email}


def with_identity(box: Box) -> Asking:
    """One at a time: of the mailbox itself."""
    body = {"emailAddress": ME, "primaryKeyPairId": box.key_pair()}
    with suppress(NotFound):
        box.make("settings.cse.identities.delete", cseEmailAddress=ME)
    box.make("settings.cse.identities.create", body=body)
    return {"cseEmailAddress": ME}


def without_identity(box: Box) -> Asking:
    box.make("settings.cse.identities.delete", **with_identity(box))
    return {"body": {"emailAddress": ME, "primaryKeyPairId": box.key_pair()}}


def strange(box: Box, email: str) -> Asking:
    """To the mailbox, which he does not read yet."""
    with suppress(NotFound):
        box.make("settings.delegates.delete", delegateEmail=email)
    return {"delegateEmail": email}


def disabled(box: Box) -> Asking:
    id = box.key_pair()
    box.make("settings.cse.keypairs.disable", keyPairId=id, body={})
    return {"keyPairId": id, "body": {}}


def kept(box: Box) -> str:
    return str(box.make("drafts.create", media=letter())["id"])


def set_to(name: str, first: Asking, then: Asking) -> Callable[[Box], Asking]:
    def prepare(box: Box) -> Asking:
        box.make(f"settings.update{name}", body=first)
        return {"body": then}

    return prepare


def bearing(box: Box) -> Asking:
    name = f"Borne {next(numbers)}"
    for _ in range(2):
        box.message("INBOX", name)
    (label,) = (each for each in box.other.labels.list() if each.name == name)
    return {"id": label.id}


STAR = {"addLabelIds": ["STARRED"], "removeLabelIds": ["INBOX"]}
BACK: dict[str, Callable[[Box], Asking]] = {
    "drafts.create": lambda box: {"media": letter()},
    "labels.create": lambda box: {"body": {"name": f"New {next(numbers)}"}},
    "labels.delete": bearing,
    "labels.patch": lambda box: {"id": box.label(), "body": {"name": f"Other {next(numbers)}"}},
    "labels.update": lambda box: {  # with counts, as labels.get gave it
        "id": (label := box.label()),
        "body": {**box.make("labels.get", id=label), "name": f"Other {next(numbers)}"},
    },
    "messages.batchModify": lambda box: {
        "body": {"ids": [box.message(), box.message("STARRED"), box.message("INBOX")], **STAR}
    },
    "messages.import": lambda box: {"media": letter(), "body": {"labelIds": ["INBOX"]}},
    "messages.insert": lambda box: {"media": letter(), "body": {"labelIds": ["INBOX"]}},
    "messages.modify": lambda box: {"id": box.message(), "body": STAR},
    "messages.trash": lambda box: {"id": box.message("INBOX", "STARRED")},
    "messages.untrash": lambda box: {"id": box.message("TRASH")},
    "settings.cse.identities.create": without_identity,
    "settings.cse.identities.delete": with_identity,
    "settings.cse.identities.patch": lambda box: {
        "emailAddress": with_identity(box)["cseEmailAddress"],
        "body": {"primaryKeyPairId": box.key_pair()},
    },
    "settings.cse.keypairs.disable": lambda box: {"keyPairId": box.key_pair(), "body": {}},
    "settings.cse.keypairs.enable": disabled,
    "settings.delegates.create": lambda box: {"body": strange(box, ANN)},
    "settings.delegates.delete": lambda box: {
        "delegateEmail": box.make("settings.delegates.create", body=strange(box, BOB))[
            "delegateEmail"
        ]
    },
    "settings.filters.create": lambda box: {
        "body": {"criteria": {"from": f"{next(numbers)}@x.org"}, "action": STAR}
    },
    "settings.filters.delete": lambda box: {
        "id": box.make(
            "settings.filters.create",
            body={"criteria": {"from": f"{next(numbers)}@x.org"}, "action": STAR},
        )["id"]
    },
    "settings.forwardingAddresses.create": lambda box: {
        "body": {"forwardingEmail": f"new{next(numbers)}@example.com"}
    },
    "settings.sendAs.create": lambda box: {
        "body": {"sendAsEmail": f"new{next(numbers)}@example.com"}
    },
    "settings.sendAs.patch": lambda box: {
        "sendAsEmail": ME,
        "body": {"signature": f"Mine {next(numbers)}"},
    },
    "settings.sendAs.smimeInfo.insert": lambda box: {
        "sendAsEmail": ME,
        "body": {"pkcs12": pkcs12(ME), "encryptedKeyPassword": "secret"},
    },
    "settings.sendAs.smimeInfo.setDefault": lambda box: [
        box.certificate(isDefault=True),
        box.certificate(),
    ][1],
    "settings.sendAs.update": lambda box: {
        "sendAsEmail": ME,
        "body": {
            **box.make("settings.sendAs.get", sendAsEmail=ME),
            "displayName": f"Me, too {next(numbers)}",
        },
    },
    "settings.updateAutoForwarding": lambda box: {
        "body": {
            "enabled": True,
            "disposition": "archive",
            "emailAddress": accepted(box),
        }
    },
    "settings.updateImap": set_to("Imap", {"enabled": False}, {"enabled": True}),
    "settings.updateLanguage": set_to(
        "Language", {"displayLanguage": "en"}, {"displayLanguage": "de"}
    ),
    "settings.updatePop": set_to(
        "Pop",
        {"accessWindow": "disabled", "disposition": "leaveInInbox"},
        {"accessWindow": "allMail", "disposition": "archive"},
    ),
    "settings.updateVacation": set_to(
        "Vacation",
        {"enableAutoReply": False},
        {"enableAutoReply": True, "responseSubject": "Away", "responseBodyPlainText": "x"},
    ),
    "threads.modify": lambda box: {"id": box.thread(), "body": STAR},
    "threads.trash": lambda box: {"id": box.thread()},
    "threads.untrash": lambda box: {"id": box.thread("TRASH")},
}
FOR_GOOD: dict[str, Callable[[Box], Asking]] = {
    "drafts.delete": lambda box: {"id": kept(box)},
    "drafts.send": lambda box: {"body": {"id": kept(box)}},
    "drafts.update": lambda box: {"id": kept(box), "media": letter()},
    "messages.batchDelete": lambda box: {"body": {"ids": [box.message(), box.message("TRASH")]}},
    "messages.delete": lambda box: {"id": box.message()},
    "messages.send": lambda box: {"media": letter()},
    "settings.cse.keypairs.create": lambda box: {"body": key_body()},
    "settings.cse.keypairs.obliterate": lambda box: later(box, disabled(box)),
    "settings.forwardingAddresses.delete": forwarded,
    "settings.sendAs.delete": lambda box: {"sendAsEmail": box.alias()},
    "settings.sendAs.smimeInfo.delete": lambda box: box.certificate(),
    "settings.sendAs.verify": lambda box: {"sendAsEmail": box.alias()},
    "threads.delete": lambda box: {"id": box.thread()},
}


def accepted(box: Box) -> str:
    email = str(forwarded(box)["forwardingEmail"])
    box.sandbox.mail.confirm(ME, email)
    return email


def later(box: Box, asking: Asking) -> Asking:
    box.clock.time += MONTH
    return asking
