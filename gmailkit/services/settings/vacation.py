"""The automatic reply."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from gmailkit.errors import UsageError
from gmailkit.model.settings import VacationSettings
from gmailkit.model.shape import to_millis
from gmailkit.services.days import When, first_moment, last_moment
from gmailkit.services.settings.change import Changes, SettingChange


class Vacation:
    """Reading takes gmail.readonly, writing gmail.settings.basic."""

    def __init__(self, changes: Changes) -> None:
        self._changes = changes

    def show(self) -> VacationSettings:
        """1 unit."""
        return self._changes.client.settings.get_vacation()

    def on(
        self,
        *,
        subject: str | None = None,
        text: str | None = None,
        html: str | None = None,
        start: When | None = None,
        end: When | None = None,
        contacts_only: bool = False,
        domain_only: bool = False,
    ) -> SettingChange:
        """Answer mail automatically; each sender gets one reply in four days. 6 units.

        Words that are None stay as they were; the rest is as said here: without `start` from now,
        without `end` until `off`. A day counts whole, in the zone of this machine: `end` is the
        last day. `html` goes before `text`, and giving one empties the other. UsageError for an
        end before the start or in the past, and for a reply without a word.
        """
        if text is not None and html is not None:
            raise UsageError("The reply is given twice.", hint="Give it as text or as HTML.")
        words = {
            "responseSubject": subject,
            "responseBodyPlainText": text if html is None else "",
            "responseBodyHtml": html if text is None else "",
        }
        changes = {
            **{key: value for key, value in words.items() if value is not None},
            **self._span(start, end),
            "enableAutoReply": True,
            "restrictToContacts": contacts_only,
            "restrictToDomain": domain_only,
        }
        return self._rewrite("turn the vacation reply on", changes, check=_check_words)

    def off(self) -> SettingChange:
        """Answer no longer; the words are kept. 6 units."""
        return self._rewrite("turn the vacation reply off", {"enableAutoReply": False})

    def _rewrite(
        self,
        what: str,
        changes: Mapping[str, object],
        *,
        check: Callable[[VacationSettings], None] = lambda after: None,
    ) -> SettingChange:
        return self._changes.rewrite(
            what,
            VacationSettings,
            get="settings.getVacation",
            update="settings.updateVacation",
            changes=changes,
            check=check,
        )

    def _span(self, start: When | None, end: When | None) -> dict[str, str | None]:
        first = first_moment(start) if start is not None else None
        last = last_moment(end) if end is not None else None
        now = datetime.fromtimestamp(self._changes.clock.now(), UTC)
        if last and last <= now:
            raise UsageError(f"The vacation would have ended already: {_shown(last)}.")
        if first and last and first >= last:
            raise UsageError(
                f"The vacation would end ({_shown(last)}) before it starts ({_shown(first)})."
            )
        return {
            "startTime": str(to_millis(first)) if first else None,
            "endTime": str(to_millis(last)) if last else None,
        }


def _check_words(after: VacationSettings) -> None:
    words = (after.response_subject, after.response_body_plain_text, after.response_body_html)
    if not any(word.strip() for word in words):
        raise UsageError("The reply has no word yet.", hint="Give --subject or --body.")


def _shown(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M %Z}"
