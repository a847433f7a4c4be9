"""`users.settings.sendAs` of the Gmail API, with `smimeInfo` below it."""

from __future__ import annotations

from typing import Literal

from gmailkit.model.send_as import SendAs, SendAsPage, SmimeInfo, SmimeInfoPage, SmtpMsa
from gmailkit.wire import base64url
from gmailkit.wire.call import Wire


class SendAsAddresses:
    """The addresses this mailbox may send from.

    Anybody may read them and edit the primary one; all else is for service accounts with
    domain-wide delegation (gmail.settings.sharing), others are Refused. Last line of each method:
    its price, least scope.
    """

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self.smime_info = SmimeInfos(wire)

    def list(self) -> tuple[SendAs, ...]:
        """All addresses, the primary one included.

        1 unit; gmail.settings.basic.
        """
        return self._wire.call("settings.sendAs.list", SendAsPage).send_as

    def get(self, send_as_email: str) -> SendAs:
        """1 unit; gmail.settings.basic."""
        return self._wire.call("settings.sendAs.get", SendAs, send_as_email=send_as_email)

    def create(self, send_as: SendAs) -> SendAs:
        """Add an alias: Gmail tests `smtp_msa` if there is one, and may ask the owner by mail.

        100 units; gmail.settings.sharing.
        """
        return self._wire.call("settings.sendAs.create", SendAs, body=send_as)

    def patch(
        self,
        send_as_email: str,
        *,
        display_name: str | None = None,
        reply_to_address: str | None = None,
        signature: str | None = None,
        is_default: Literal[True] | None = None,
        treat_as_alias: bool | None = None,
        smtp_msa: SmtpMsa | None = None,
    ) -> SendAs:
        """Change what is given, leave the rest; "" empties a field.

        `signature` is HTML and comes back sanitised. Where the administrator forbids another
        display name, it stays as it was without a word: look at the answer. To have another
        default, make that one the default.
        100 units; gmail.settings.basic.
        """
        changes = {
            "displayName": display_name,
            "replyToAddress": reply_to_address,
            "signature": signature,
            "isDefault": is_default,
            "treatAsAlias": treat_as_alias,
            "smtpMsa": smtp_msa,
        }
        body = {field: value for field, value in changes.items() if value is not None}
        return self._wire.call(
            "settings.sendAs.patch", SendAs, send_as_email=send_as_email, body=body
        )

    def update(self, send_as: SendAs) -> SendAs:
        """Replace the whole of `send_as.send_as_email`; `patch` is cheaper and spares the rest.

        100 units; gmail.settings.basic.
        """
        return self._wire.call(
            "settings.sendAs.update", SendAs, send_as_email=send_as.send_as_email, body=send_as
        )

    def verify(self, send_as_email: str) -> None:
        """Mail the owner of a pending address once more.

        100 units; gmail.settings.sharing.
        """
        self._wire.do("settings.sendAs.verify", send_as_email=send_as_email)

    def delete(self, send_as_email: str) -> None:
        """Take the alias off, and its verification with it; the primary address cannot go.

        5 units; gmail.settings.sharing.
        """
        self._wire.do("settings.sendAs.delete", send_as_email=send_as_email)


class SmimeInfos:
    """The S/MIME certificates of an address; for Google Workspace with hosted S/MIME."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def list(self, send_as_email: str) -> tuple[SmimeInfo, ...]:
        """5 units; gmail.settings.basic."""
        return self._wire.call(
            "settings.sendAs.smimeInfo.list", SmimeInfoPage, send_as_email=send_as_email
        ).smime_info

    def get(self, send_as_email: str, id: str) -> SmimeInfo:
        """5 units; gmail.settings.basic."""
        return self._wire.call(
            "settings.sendAs.smimeInfo.get", SmimeInfo, send_as_email=send_as_email, id=id
        )

    def insert(
        self, send_as_email: str, pkcs12: bytes, *, encrypted_key_password: str = ""
    ) -> SmimeInfo:
        """Upload a key with its certificate chain (PKCS #12, RFC 7292); it is never given back.

        5 units; gmail.settings.basic.
        """
        body = SmimeInfo(
            pkcs12=base64url.encode(pkcs12), encrypted_key_password=encrypted_key_password
        )
        return self._wire.call(
            "settings.sendAs.smimeInfo.insert", SmimeInfo, send_as_email=send_as_email, body=body
        )

    def set_default(self, send_as_email: str, id: str) -> None:
        """Sign with this certificate from now on.

        5 units; gmail.settings.basic.
        """
        self._wire.do("settings.sendAs.smimeInfo.setDefault", send_as_email=send_as_email, id=id)

    def delete(self, send_as_email: str, id: str) -> None:
        """Delete the certificate and its key from Gmail for good.

        5 units; gmail.settings.basic.
        """
        self._wire.do("settings.sendAs.smimeInfo.delete", send_as_email=send_as_email, id=id)
