"""`gmail.preferences`: the settings page of Gmail, verb by verb."""

from __future__ import annotations

from dataclasses import dataclass

from gmailkit.auth.scopes import ONLY_BY_SERVICE_ACCOUNT
from gmailkit.errors import Refused
from gmailkit.model.send_as import SendAs
from gmailkit.model.settings import (
    AutoForwarding,
    Delegate,
    ForwardingAddress,
    ImapSettings,
    LanguageSettings,
    PopSettings,
    VacationSettings,
)
from gmailkit.services.settings.change import Agree, Changes
from gmailkit.services.settings.delegates import DelegateSettings
from gmailkit.services.settings.filters import FilterRule, FilterSettings
from gmailkit.services.settings.forwarding import Forwarding
from gmailkit.services.settings.reading import Imap, Language, Pop
from gmailkit.services.settings.send_as import SendAsSettings
from gmailkit.services.settings.vacation import Vacation


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """All settings. `delegates` is None where only a service account may look."""

    vacation: VacationSettings
    forwarding: AutoForwarding
    forwarding_addresses: tuple[ForwardingAddress, ...]
    send_as: tuple[SendAs, ...]
    filters: tuple[FilterRule, ...]
    delegates: tuple[Delegate, ...] | None
    language: LanguageSettings
    imap: ImapSettings
    pop: PopSettings


class Preferences:
    """Every change is recorded in the journal, with what was there before, and then made.

    The verbs of `asking(agree)` first hand what they would do to `agree`, and do it only when that
    says True. `gmail.settings` is the floor below: Google's own calls, which replace whole objects.

    >>> gmail.preferences.vacation.on(subject="Away", text="Back on Monday.", end="2026-12-31")
    """

    def __init__(self, changes: Changes) -> None:
        self._changes = changes
        self.vacation = Vacation(changes)
        self.forwarding = Forwarding(changes)
        self.send_as = SendAsSettings(changes)
        self.filters = FilterSettings(changes)
        self.delegates = DelegateSettings(changes)
        self.language = Language(changes)
        self.imap = Imap(changes)
        self.pop = Pop(changes)

    def asking(self, agree: Agree) -> Preferences:
        return Preferences(self._changes.asking(agree))

    def summary(self) -> Summary:
        """All of them, in 13 units. Needs gmail.readonly."""
        return Summary(
            vacation=self.vacation.show(),
            forwarding=self.forwarding.show(),
            forwarding_addresses=self.forwarding.list(),
            send_as=self.send_as.list(),
            filters=self.filters.list(),
            delegates=self._delegates(),
            language=self.language.show(),
            imap=self.imap.show(),
            pop=self.pop.show(),
        )

    def _delegates(self) -> tuple[Delegate, ...] | None:
        try:
            return self.delegates.list()
        except Refused as refused:
            if refused.hint != ONLY_BY_SERVICE_ACCOUNT:
                raise
            return None
