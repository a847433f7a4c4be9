"""Sending mail."""

from __future__ import annotations

from gmailkit.gmail.connected import Connected
from gmailkit.model.mail import Address
from gmailkit.services.send import Files, Recipients, Sent, compose, send


class Sending(Connected):
    """gmail.send is enough."""

    def send(
        self,
        *,
        to: Recipients = (),
        cc: Recipients = (),
        bcc: Recipients = (),
        subject: str = "",
        text: str = "",
        html: str = "",
        attach: Files = (),
        sender: str | Address | None = None,
        reply_to: Recipients = (),
    ) -> Sent:
        """Send one message, at most once. 100 units.

        A recipient "me" is the own address. `attach` takes paths or Attachment objects, one or
        several. Raises UsageError before anything leaves for bad addresses, line breaks in headers,
        missing or too large attachments.
        """

        def own_address() -> str:
            return self.address

        mail = compose(
            to=to,
            cc=cc,
            bcc=bcc,
            subject=subject,
            text=text,
            html=html,
            attach=attach,
            sender=sender,
            reply_to=reply_to,
            own_address=own_address,
            clock=self._clock,
        )
        return send(self._client, self._connection.journal, mail, own_address=own_address)
