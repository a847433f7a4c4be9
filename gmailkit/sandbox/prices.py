"""What Gmail charges for each of its methods, in quota units (reference/quota).

A table of the sandbox's own, so that a slip in the client's table shows.
"""

from __future__ import annotations

from typing import Literal

Prices = Literal["new", "old"]

# Price in both tables. Open: methods that the new table leaves out keep the old price; those that
# both leave out cost 5 (language, S/MIME, client-side encryption, labels.patch), or what their
# closest sibling costs where that is more (sendAs.patch).
_SAME = {
    "getProfile": 1,
    "stop": 50,
    "watch": 100,
    "drafts.create": 10,
    "drafts.delete": 10,
    "drafts.list": 5,
    "drafts.send": 100,
    "drafts.update": 15,
    "history.list": 2,
    "labels.create": 5,
    "labels.delete": 5,
    "labels.get": 1,
    "labels.list": 1,
    "labels.patch": 5,
    "labels.update": 5,
    "messages.batchDelete": 50,
    "messages.batchModify": 50,
    "messages.delete": 10,
    "messages.import": 25,
    "messages.insert": 25,
    "messages.list": 5,
    "messages.modify": 5,
    "messages.send": 100,
    "messages.untrash": 5,
    "threads.delete": 20,
    "threads.list": 10,
    "threads.modify": 10,
    "threads.untrash": 10,
    "settings.getAutoForwarding": 1,
    "settings.getImap": 1,
    "settings.getLanguage": 5,
    "settings.getPop": 1,
    "settings.getVacation": 1,
    "settings.updateAutoForwarding": 5,
    "settings.updateImap": 5,
    "settings.updateLanguage": 5,
    "settings.updatePop": 100,
    "settings.updateVacation": 5,
    "settings.delegates.create": 100,
    "settings.delegates.delete": 5,
    "settings.delegates.get": 1,
    "settings.delegates.list": 1,
    "settings.filters.create": 5,
    "settings.filters.delete": 5,
    "settings.filters.get": 1,
    "settings.filters.list": 1,
    "settings.forwardingAddresses.create": 100,
    "settings.forwardingAddresses.delete": 5,
    "settings.forwardingAddresses.get": 1,
    "settings.forwardingAddresses.list": 1,
    "settings.sendAs.create": 100,
    "settings.sendAs.delete": 5,
    "settings.sendAs.get": 1,
    "settings.sendAs.list": 1,
    "settings.sendAs.patch": 100,
    "settings.sendAs.update": 100,
    "settings.sendAs.verify": 100,
    "settings.sendAs.smimeInfo.delete": 5,
    "settings.sendAs.smimeInfo.get": 5,
    "settings.sendAs.smimeInfo.insert": 5,
    "settings.sendAs.smimeInfo.list": 5,
    "settings.sendAs.smimeInfo.setDefault": 5,
    "settings.cse.identities.create": 5,
    "settings.cse.identities.delete": 5,
    "settings.cse.identities.get": 5,
    "settings.cse.identities.list": 5,
    "settings.cse.identities.patch": 5,
    "settings.cse.keypairs.create": 5,
    "settings.cse.keypairs.disable": 5,
    "settings.cse.keypairs.enable": 5,
    "settings.cse.keypairs.get": 5,
    "settings.cse.keypairs.list": 5,
    "settings.cse.keypairs.obliterate": 5,
}
_OLD_AND_NEW = {
    "drafts.get": (5, 20),
    "messages.attachments.get": (5, 20),
    "messages.get": (5, 20),
    "messages.trash": (5, 20),
    "threads.get": (10, 40),
    "threads.trash": (10, 20),
}

PRICES: dict[Prices, dict[str, int]] = {
    "old": _SAME | {name: old for name, (old, _) in _OLD_AND_NEW.items()},
    "new": _SAME | {name: new for name, (_, new) in _OLD_AND_NEW.items()},
}
