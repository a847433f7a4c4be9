"""`users.settings` of the Gmail API: what stands on the settings page of Gmail, as far as it goes.

Every `update_...` replaces the whole object: what is left out is switched off or emptied. Read
first, then `msgspec.structs.replace` what is to change.
"""

from __future__ import annotations

from gmailkit.client.cse import Cse
from gmailkit.client.delegates import Delegates
from gmailkit.client.filters import Filters
from gmailkit.client.forwarding_addresses import ForwardingAddresses
from gmailkit.client.send_as import SendAsAddresses
from gmailkit.model.settings import (
    AutoForwarding,
    ImapSettings,
    LanguageSettings,
    PopSettings,
    VacationSettings,
)
from gmailkit.wire.call import Wire


class MailSettings:
    """Last line of each method: its price, least scope. gmail.modify reads, but never writes."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self.filters = Filters(wire)
        self.forwarding_addresses = ForwardingAddresses(wire)
        self.send_as = SendAsAddresses(wire)
        self.delegates = Delegates(wire)
        self.cse = Cse(wire)

    def get_vacation(self) -> VacationSettings:
        """The automatic reply.

        1 unit; gmail.settings.basic.
        """
        return self._wire.call("settings.getVacation", VacationSettings)

    def update_vacation(self, vacation: VacationSettings) -> VacationSettings:
        """Replace the automatic reply; the answer is as Gmail cleaned it (HTML is sanitised).

        UsageError when it is on but has neither subject nor body, or ends before it starts.
        5 units; gmail.settings.basic.
        """
        return self._wire.call("settings.updateVacation", VacationSettings, body=vacation)

    def get_auto_forwarding(self) -> AutoForwarding:
        """Whether all new mail is forwarded, and where to.

        1 unit; gmail.settings.basic.
        """
        return self._wire.call("settings.getAutoForwarding", AutoForwarding)

    def update_auto_forwarding(self, forwarding: AutoForwarding) -> AutoForwarding:
        """Replace it; a service account with domain-wide delegation alone may, others are Refused.

        The address must be an accepted one of `forwarding_addresses`.
        5 units; gmail.settings.sharing.
        """
        return self._wire.call("settings.updateAutoForwarding", AutoForwarding, body=forwarding)

    def get_imap(self) -> ImapSettings:
        """1 unit; gmail.settings.basic."""
        return self._wire.call("settings.getImap", ImapSettings)

    def update_imap(self, imap: ImapSettings) -> ImapSettings:
        """Replace it; a consumer account keeps IMAP on whatever is written.

        5 units; gmail.settings.basic.
        """
        return self._wire.call("settings.updateImap", ImapSettings, body=imap)

    def get_pop(self) -> PopSettings:
        """1 unit; gmail.settings.basic."""
        return self._wire.call("settings.getPop", PopSettings)

    def update_pop(self, pop: PopSettings) -> PopSettings:
        """Replace it.

        100 units; gmail.settings.basic.
        """
        return self._wire.call("settings.updatePop", PopSettings, body=pop)

    def get_language(self) -> LanguageSettings:
        """5 units; gmail.settings.basic."""
        return self._wire.call("settings.getLanguage", LanguageSettings)

    def update_language(self, language: LanguageSettings) -> LanguageSettings:
        """Replace it; the answer may be a near variant of the tag that was asked for.

        5 units; gmail.settings.basic.
        """
        return self._wire.call("settings.updateLanguage", LanguageSettings, body=language)
