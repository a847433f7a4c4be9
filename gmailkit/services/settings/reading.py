"""How other programs read the mailbox, and the language of Gmail's pages."""

from __future__ import annotations

from typing import Literal

from gmailkit.model.settings import (
    AccessWindow,
    ExpungeBehavior,
    ImapSettings,
    LanguageSettings,
    PopSettings,
)
from gmailkit.services.settings.change import Changes, SettingChange
from gmailkit.services.settings.dispositions import DISPOSITIONS, Then

Expunge = Literal["archive", "trash", "delete"]
Window = Literal["all", "new"]
EXPUNGE: dict[Expunge, ExpungeBehavior] = {
    "archive": "archive",
    "trash": "trash",
    "delete": "deleteForever",
}
WINDOWS: dict[Window, AccessWindow] = {"all": "allMail", "new": "fromNowOn"}


class Imap:
    """Looking takes gmail.readonly, changing gmail.settings.basic."""

    def __init__(self, changes: Changes) -> None:
        self._changes = changes

    def show(self) -> ImapSettings:
        """1 unit."""
        return self._changes.client.settings.get_imap()

    def on(
        self,
        *,
        auto_expunge: bool | None = None,
        expunge: Expunge | None = None,
        max_folder_size: int | None = None,
    ) -> SettingChange:
        """Let IMAP programs in; what is None stays. 6 units.

        `auto_expunge`: at once when a program marks as deleted. `expunge`: what then becomes of a
        message whose last folder it was. `max_folder_size`: 0 (no limit), 1000, 2000, 5000, 10000.
        """
        changes: dict[str, object] = {
            "enabled": True,
            "autoExpunge": auto_expunge,
            "expungeBehavior": EXPUNGE[expunge] if expunge else None,
            "maxFolderSize": max_folder_size,
        }
        said = {key: value for key, value in changes.items() if value is not None}
        return self._rewrite("turn IMAP on", said)

    def off(self) -> SettingChange:
        """Let none in. A consumer account keeps IMAP on all the same; see `kept`. 6 units."""
        return self._rewrite("turn IMAP off", {"enabled": False})

    def _rewrite(self, what: str, changes: dict[str, object]) -> SettingChange:
        return self._changes.rewrite(
            what,
            ImapSettings,
            get="settings.getImap",
            update="settings.updateImap",
            changes=changes,
        )


class Pop:
    """Looking takes gmail.readonly, changing gmail.settings.basic."""

    def __init__(self, changes: Changes) -> None:
        self._changes = changes

    def show(self) -> PopSettings:
        """1 unit."""
        return self._changes.client.settings.get_pop()

    def on(self, *, mail: Window = "new", then: Then | None = None) -> SettingChange:
        """Give out all mail or what is new from now on; `then` is what becomes of it here (None: as
        it was). 101 units.
        """
        changes: dict[str, object] = {"accessWindow": WINDOWS[mail]}
        if then:
            changes["disposition"] = DISPOSITIONS[then]
        return self._rewrite("turn POP on", changes)

    def off(self) -> SettingChange:
        """Give out none. 101 units."""
        return self._rewrite("turn POP off", {"accessWindow": "disabled"})

    def _rewrite(self, what: str, changes: dict[str, object]) -> SettingChange:
        return self._changes.rewrite(
            what, PopSettings, get="settings.getPop", update="settings.updatePop", changes=changes
        )


class Language:
    """Looking takes gmail.readonly, changing gmail.settings.basic."""

    def __init__(self, changes: Changes) -> None:
        self._changes = changes

    def show(self) -> LanguageSettings:
        """5 units."""
        return self._changes.client.settings.get_language()

    def set(self, tag: str) -> SettingChange:
        """Show Gmail's pages in a language: an RFC 3066 tag. Gmail may take a near one: see `kept`.

        10 units.
        """
        return self._changes.rewrite(
            f"show Gmail in the language {tag}",
            LanguageSettings,
            get="settings.getLanguage",
            update="settings.updateLanguage",
            changes={"displayLanguage": tag},
        )
