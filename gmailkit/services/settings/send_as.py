"""The addresses this mailbox sends from, and the signature of each."""

from __future__ import annotations

from html import escape

from gmailkit.errors import NotFound, UsageError
from gmailkit.model.send_as import SendAs
from gmailkit.model.shape import from_json
from gmailkit.services.settings.change import Changes, Raw, SettingChange, Step

_METHODS = "settings.sendAs"


class SendAsSettings:
    """Anybody with gmail.readonly may look, and edit the primary address with gmail.settings.basic.
    The rest is for service accounts (gmail.settings.sharing), others are Refused.
    """

    def __init__(self, changes: Changes) -> None:
        self._changes = changes

    def list(self) -> tuple[SendAs, ...]:
        """The primary address and the aliases. 1 unit."""
        return self._changes.client.settings.send_as.list()

    def get(self, address: str = "") -> SendAs:
        """One of them; without `address` the default, which new mail is sent from. 1 unit."""
        there = self.list()
        for each in there:
            if each.send_as_email.casefold() == address.casefold() or (
                not address and each.is_default
            ):
                return each
        raise NotFound(
            f"{address or 'No default address'} is none that this mailbox sends from.",
            hint="There are: " + ", ".join(each.send_as_email for each in there),
        )

    def add(
        self,
        address: str,
        *,
        name: str = "",
        reply_to: str = "",
        treat_as_alias: bool = True,
    ) -> SettingChange:
        """Add an alias, sent through Gmail; its owner may have to follow a link in a mail.

        100 units. One with an SMTP server of its own: `gmail.settings.send_as.create`.
        """
        body: dict[str, object] = {
            "sendAsEmail": address,
            "displayName": name,
            "replyToAddress": reply_to,
            "treatAsAlias": treat_as_alias,
        }
        return self._changes.make(
            SettingChange(what=f"send as {address} too", after=from_json(body, SendAs)),
            Step(method=f"{_METHODS}.create", body=body, kind=SendAs),
        )

    def edit(
        self,
        address: str,
        *,
        name: str | None = None,
        reply_to: str | None = None,
        treat_as_alias: bool | None = None,
    ) -> SettingChange:
        """Change what is not None; "" empties. 101 units.

        Gmail keeps the old name without a word where an administrator wants it so: see `kept`.
        """
        said = {"displayName": name, "replyToAddress": reply_to, "treatAsAlias": treat_as_alias}
        changes = {key: value for key, value in said.items() if value is not None}
        if not changes:
            raise UsageError("Nothing to edit.", hint="Give --name or --reply-to.")
        return self._patch(f"edit the address {address}", address, changes)

    def default(self, address: str) -> SettingChange:
        """Send new mail from this address. 101 units."""
        return self._patch(f"send new mail from {address}", address, {"isDefault": True})

    def verify(self, address: str) -> SettingChange:
        """Mail the owner of a pending address once more. 101 units."""
        found = self.get(address)
        return self._changes.make(
            SettingChange(
                what=f"mail {found.send_as_email} once more to be verified",
                before=found,
                after=found,
            ),
            Step(method=f"{_METHODS}.verify", params={"sendAsEmail": found.send_as_email}),
        )

    def remove(self, address: str) -> SettingChange:
        """Send from this alias no longer. 7 units."""
        former = self._raw(self.get(address).send_as_email)
        before = from_json(former, SendAs)
        if before.is_primary:
            raise UsageError(f"{before.send_as_email} is the mailbox itself and cannot be removed.")
        return self._changes.make(
            SettingChange(what=f"send as {before.send_as_email} no longer", before=before),
            Step(
                method=f"{_METHODS}.delete",
                params={"sendAsEmail": before.send_as_email},
                former=former,
            ),
        )

    def sign(self, html: str, *, address: str = "") -> SettingChange:
        """Give an address (the default one) a signature in HTML; "" for none. 102 units.

        Gmail's web page puts it below new mail; mail sent by this API goes without.
        """
        found = self.get(address).send_as_email
        verb = "set the signature of" if html else "clear the signature of"
        return self._patch(f"{verb} {found}", found, {"signature": html})

    def _patch(self, what: str, address: str, changes: Raw) -> SettingChange:
        """A patch leaves alone what it does not name."""
        former = self._raw(address)
        before, after = from_json(former, SendAs), from_json({**former, **changes}, SendAs)
        return self._changes.make(
            SettingChange(what=what, before=before, after=after, idle=before == after),
            Step(
                method=f"{_METHODS}.patch",
                params={"sendAsEmail": before.send_as_email},
                body=changes,
                former=former,
                kind=SendAs,
                get=f"{_METHODS}.get",
            ),
        )

    def _raw(self, address: str) -> Raw:
        return self._changes.client.call(f"{_METHODS}.get", sendAsEmail=address)


def html_of(text: str) -> str:
    """Plain text as HTML: lines stay lines."""
    return "<br>".join(escape(line, quote=False) for line in text.rstrip("\n").split("\n"))
