"""users.settings.sendAs."""

from __future__ import annotations

from dataclasses import replace

from gmailkit.sandbox import verification
from gmailkit.sandbox.parameters import Body, choice
from gmailkit.sandbox.refusal import exists, invalid, not_found, precondition
from gmailkit.sandbox.route import Call, Route
from gmailkit.sandbox.routes.settings import BOTH, READ, SHARING, email_of, said
from gmailkit.sandbox.sanitise import sanitise
from gmailkit.sandbox.state.send_as import SendAs

_FIELDS = (
    "sendAsEmail displayName replyToAddress signature isPrimary isDefault treatAsAlias smtpMsa "
    "verificationStatus"
).split()
_MSA = ("host", "port", "username", "password", "securityMode")
_MODES = ("securityModeUnspecified", "none", "ssl", "starttls")
_PATH = "settings/sendAs"
_ONE = f"{_PATH}/{{sendAsEmail}}"


def list_send_as(call: Call) -> dict[str, object]:
    return {"sendAs": [_shown(one) for one in call.state.send_as.all(call.user)]}


def get_send_as(call: Call) -> dict[str, object]:
    return _shown(find(call))


def create_send_as(call: Call) -> dict[str, object]:
    """Open: Gmail tries the SMTP service first (not here), and may ask nobody for an address of the
    own domain (here each is pending).
    """
    call.check_delegated()
    new = _merged(call.body, SendAs(email_of(call.body, "sendAsEmail")))
    with call.state.database.change():
        if call.state.send_as.find(call.user, new.email):
            raise exists()
        call.state.send_as.put(call.user, new)
        _verify(call, new)
    return _shown(new)


def update_send_as(call: Call) -> dict[str, object]:
    """All that can be written becomes what the body says; the default stays the default."""
    old = _writable(call)
    kept = SendAs(old.email, primary=old.primary, default=old.default, status=old.status)
    return _changed(call, _merged(call.body, kept))


def patch_send_as(call: Call) -> dict[str, object]:
    """What the body leaves out (or gives as null) stays."""
    return _changed(call, _merged(call.body, _writable(call)))


def delete_send_as(call: Call) -> None:
    call.check_delegated()
    old = find(call)
    if old.primary:
        raise invalid("The primary address cannot be deleted")
    with call.state.database.change():
        call.state.send_as.remove(call.user, old.email)
        for key, kept in call.state.settings.all(call.user.n, "smimeInfo").items():
            if kept["sendAsEmail"] == old.email.lower():
                call.state.settings.remove(call.user.n, "smimeInfo", key)


def verify_send_as(call: Call) -> None:
    call.check_delegated()
    old = find(call)
    if old.status != "pending":
        raise precondition("The verification status must be pending")
    with call.state.database.change():
        _verify(call, old)


def find(call: Call) -> SendAs:
    """The one the path names. Refuses 404."""
    found = call.state.send_as.find(call.user, call.path["sendAsEmail"])
    if found is None:
        raise not_found()
    return found


def _writable(call: Call) -> SendAs:
    """Refuses 403 for other than the primary address, but to service accounts."""
    old = find(call)
    if not old.primary:
        call.check_delegated()
    if call.body.text("sendAsEmail", old.email).lower() != old.email.lower():
        raise invalid("Send-as address in body and URL do not match")
    return old


def _changed(call: Call, new: SendAs) -> dict[str, object]:
    with call.state.database.change():
        call.state.send_as.put(call.user, new)
    return _shown(new)


def _verify(call: Call, one: SendAs) -> None:
    verification.ask(call.state, call.user, one.email, "Send Mail as you by")


def _merged(body: Body, old: SendAs) -> SendAs:
    """`old` with what the body says; what is read-only is passed over, as Gmail does."""
    new = replace(
        old,
        name=body.text("displayName", old.name).strip(),
        reply_to=_reply_to(body, old),
        signature=sanitise(body.text("signature", old.signature)),
        default=_default(body, old),
        treat_as_alias=_treat_as_alias(body, old),
        smtp_msa=_smtp_msa(body) or old.smtp_msa,
    )
    if not new.name.isprintable():
        raise invalid("Invalid display name")
    if new.primary and (new.treat_as_alias or new.smtp_msa):
        raise invalid("treatAsAlias and smtpMsa apply to custom from addresses only")
    return new


def _reply_to(body: Body, old: SendAs) -> str:
    """An empty text takes it away."""
    if not body.has("replyToAddress"):
        return old.reply_to
    return email_of(body, "replyToAddress") if body.text("replyToAddress") else ""


def _treat_as_alias(body: Body, old: SendAs) -> bool:
    return body.flag("treatAsAlias") if body.has("treatAsAlias") else old.treat_as_alias


def _default(body: Body, old: SendAs) -> bool:
    """Open: a pending address as the default. Refused here."""
    if not body.has("isDefault"):
        return old.default
    if not body.flag("isDefault"):
        raise invalid("The only legal value of isDefault is true")
    if old.status == "pending":
        raise precondition("A pending address cannot be the default")
    return True


def _smtp_msa(body: Body) -> dict[str, object] | None:
    """User name and password are write-only: they are read and forgotten."""
    msa = body.inner("smtpMsa", _MSA)
    if msa is None:
        return None
    host, port = msa.text("host"), msa.number("port")
    mode = choice(msa, "securityMode", _MODES, _MODES[0])
    msa.text("username"), msa.text("password")
    if not host or port is None or not 0 < port < 65_536 or mode == _MODES[0]:
        raise invalid("Invalid SMTP service: host, port and securityMode are required")
    return {"host": host, "port": port, "securityMode": mode}


def _shown(one: SendAs) -> dict[str, object]:
    """Only custom addresses have a verificationStatus."""
    return said(
        {
            "sendAsEmail": one.email,
            "displayName": one.name,
            "replyToAddress": one.reply_to,
            "signature": one.signature,
            "isPrimary": one.primary,
            "isDefault": one.default,
            "treatAsAlias": one.treat_as_alias,
            "verificationStatus": "" if one.primary else one.status,
        }
    ) | ({"smtpMsa": dict(one.smtp_msa)} if one.smtp_msa else {})


ROUTES = (
    Route("settings.sendAs.list", "GET", _PATH, list_send_as, READ),
    Route("settings.sendAs.get", "GET", _ONE, get_send_as, READ),
    Route("settings.sendAs.create", "POST", _PATH, create_send_as, SHARING, fields=_FIELDS),
    Route("settings.sendAs.update", "PUT", _ONE, update_send_as, BOTH, fields=_FIELDS),
    Route("settings.sendAs.patch", "PATCH", _ONE, patch_send_as, BOTH, fields=_FIELDS),
    Route("settings.sendAs.delete", "DELETE", _ONE, delete_send_as, SHARING),
    Route("settings.sendAs.verify", "POST", f"{_ONE}/verify", verify_send_as, SHARING),
)
