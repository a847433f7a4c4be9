"""Who else may use this mailbox."""

from __future__ import annotations

from gmailkit.model.settings import Delegate
from gmailkit.services.settings.change import Changes, SettingChange, Step


class DelegateSettings:
    """All of it is for service accounts (gmail.settings.basic and gmail.settings.sharing)."""

    def __init__(self, changes: Changes) -> None:
        self._changes = changes

    def list(self) -> tuple[Delegate, ...]:
        """1 unit."""
        return self._changes.client.settings.delegates.list()

    def add(self, address: str) -> SettingChange:
        """Let somebody of the same organisation in, by primary address. 100 units."""
        step = Step(
            method="settings.delegates.create", body={"delegateEmail": address}, kind=Delegate
        )
        change = SettingChange(
            what=f"let {address} use this mailbox", after=Delegate(delegate_email=address)
        )
        return self._changes.make(change, step)

    def remove(self, address: str) -> SettingChange:
        """Let somebody in no longer. 6 units; NotFound when nobody of that address may."""
        former = self._changes.client.settings.delegates.get(address)
        step = Step(
            method="settings.delegates.delete",
            params={"delegateEmail": former.delegate_email},
            former={"delegateEmail": former.delegate_email},
        )
        what = f"let {former.delegate_email} use this mailbox no longer"
        return self._changes.make(SettingChange(what=what, before=former), step)
