"""Speaking SMTP."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractContextManager
from functools import partial
from typing import TYPE_CHECKING, Unpack

from gmailkit.gmail.connected import Connected
from gmailkit.services import sending

if TYPE_CHECKING:
    from gmailkit.model.outgoing import Outgoing
    from gmailkit.services.sending.once import Sent
    from gmailkit.services.sending.words import Words
    from gmailkit.services.smtp import Standing
    from gmailkit.transport.smtp.envelope import Return
    from gmailkit.transport.smtp.transcript import Hear


class Speaking(Connected):
    """Over smtp.gmail.com the full scope (gmailkit login --for full)."""

    def smtp(
        self,
        message: Outgoing | None = None,
        /,
        *,
        server: str | None = None,
        mail_from: str | None = None,
        rcpt: Iterable[str] = (),
        notify: Iterable[str] = (),
        returns: Return | None = None,
        key: str | None = None,
        hear: Hear | None = None,
        **words: Unpack[Words],
    ) -> Sent:
        """Send by SMTP: by `server` (a URL), else that of GMAILKIT_SMTP, else Gmail's own.

        `mail_from` and `rcpt` are the envelope, which the headers need not agree with; `notify`
        ("never", "success", "failure", "delay") and `returns` ("full", "headers") ask for reports.
        `hear` gets each line of the dialogue as it happens (docs/smtp.md). PartialError when some
        recipients were refused and the others have it; TryLater or Unreachable: it is kept, and
        tried again by `gmailkit outbox run`.
        """
        compose = partial(sending.write.write, self._connection)
        outgoing = self.enveloped(sending.write.composed(message, words, compose), rcpt)
        with self.over_smtp(
            server=server, mail_from=mail_from, notify=notify, returns=returns, hear=hear
        ):
            return sending.once.send(self._connection, outgoing, key=key, way="smtp")

    def enveloped(self, message: Outgoing, rcpt: Iterable[str]) -> Outgoing:
        """The same `message` to `rcpt`, whatever its headers say; without any as it is."""
        from gmailkit.services.smtp import enveloped

        return enveloped(self._connection, message, rcpt)

    def over_smtp(
        self,
        *,
        server: str | None = None,
        mail_from: str | None = None,
        notify: Iterable[str] = (),
        returns: Return | None = None,
        hear: Hear | None = None,
    ) -> AbstractContextManager[None]:
        """What leaves, or is kept, by way="smtp" inside goes as `smtp` would send it.

        >>> with gmail.over_smtp(server="smtps://me@mail.example.org"):
        ...     gmail.send_later(to="ann@example.com", text="Hi", at="tomorrow 9:00", way="smtp")
        """
        from gmailkit.services.smtp import over_smtp

        return over_smtp(
            self._connection,
            server=server,
            mail_from=mail_from,
            notify=notify,
            returns=returns,
            hear=hear,
        )

    def smtp_standing(self, server: str | None = None) -> Standing:
        """Which server that would be, and how it signs in there; nothing is connected to."""
        from gmailkit.services.smtp import standing

        return standing(self._connection, server)
