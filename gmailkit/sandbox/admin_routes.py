"""The commands of /__admin__, one function each."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from typing import TYPE_CHECKING, cast, get_args

from gmailkit.sandbox import payload
from gmailkit.sandbox.faults import ANY_TROUBLE
from gmailkit.sandbox.limits import Form, Limits
from gmailkit.sandbox.parameters import Body, Params, choice
from gmailkit.sandbox.policy import Policy
from gmailkit.sandbox.prices import Prices
from gmailkit.sandbox.refusal import invalid

if TYPE_CHECKING:
    from gmailkit.sandbox.server import Sandbox

_COUNTS = (
    "units_per_minute",
    "project_units_per_minute",
    "in_flight",
    "sends_per_day",
    "recipients_per_day",
    "units_per_second",
    "imap_sessions",
    "imap_download_per_day",
    "imap_upload_per_day",
    "pop3_download_per_day",
)


@dataclass(frozen=True, slots=True)
class Ask:
    """`names` are the fields the body holds, null ones too; `mail` a body of message/rfc822."""

    id: str
    params: Params
    body: Body
    names: frozenset[str]
    mail: bytes

    def text(self, name: str) -> str:
        """A field that must be there."""
        if not self.body.has(name):
            raise invalid(f"The field {name} is missing.")
        return self.body.text(name)

    def number(self, name: str) -> float:
        value = self.body.decimal(name)
        if value is None:
            raise invalid(f"The field {name} is missing.")
        return value


Answer = dict[str, object]
Act = Callable[["Sandbox", Ask], Answer]


@dataclass(frozen=True, slots=True)
class Command:
    act: Act
    fields: Sequence[str] = ()
    params: Sequence[str] = ()


def _users(sandbox: Sandbox, ask: Ask) -> Answer:
    users = sandbox.mail.users.all()
    return {"users": [{"address": user.address, "name": user.name} for user in users]}


def _add_user(sandbox: Sandbox, ask: Ask) -> Answer:
    user = sandbox.mail.add_user(ask.text("address"), ask.body.text("name"))
    return {"address": user.address, "name": user.name}


def _messages(sandbox: Sandbox, ask: Ask) -> Answer:
    user = ask.params.text("user")
    ids = sandbox.mail.ids(user)
    labels = ((id, sorted(sandbox.mail.labels_of(user, id))) for id in ids)
    return {"messages": [{"id": id, "labels": names} for id, names in labels]}


def _message(sandbox: Sandbox, ask: Ask) -> Answer:
    user = ask.params.text("user")
    raw = sandbox.mail.raw(user, ask.id)
    labels = sorted(sandbox.mail.labels_of(user, ask.id))
    return {"id": ask.id, "labels": labels, "raw": base64.urlsafe_b64encode(raw).decode()}


def _put_message(sandbox: Sandbox, ask: Ask) -> Answer:
    """As mail from outside, or as it is where labels are named."""
    user = ask.params.text("user") or ask.text("user")
    raw = ask.mail or payload.decode(ask.body, "raw")
    if not raw:
        raise invalid("The field raw is missing.")
    labels = ask.params.many("label") or ask.body.texts("labels")
    if labels:
        return {"id": sandbox.mail.put(user, raw, labels=labels)}
    return {"id": sandbox.deliver(user, raw, spam=ask.params.flag("spam") or ask.body.flag("spam"))}


def _requests(sandbox: Sandbox, ask: Ask) -> Answer:
    return {"requests": [{"verb": verb, "path": path} for verb, path in sandbox.requests]}


def _meter(sandbox: Sandbox, ask: Ask) -> Answer:
    user, meter = ask.params.text("user"), sandbox.meter
    return {
        "units": meter.units(user),
        "calls": meter.calls(user),
        "rejections": meter.rejections(user),
        "most_in_minute": meter.most_in_window(user, 60),
        "by_method": {
            method: {"calls": calls, "units": units}
            for method, (calls, units) in meter.by_method(user).items()
        },
    }


def _stranger(sandbox: Sandbox, ask: Ask) -> Answer:
    sandbox.meter.stranger(ask.text("user"), ask.number("units_per_second"))
    return {}


def _limits(sandbox: Sandbox, ask: Ask) -> Answer:
    return {**asdict(sandbox.meter.limits), "latency": sandbox.meter.latency}


def _set_limits(sandbox: Sandbox, ask: Ask) -> Answer:
    """All of them: what is not named gets Gmail's own value, null lifts a limit."""
    counts = {name: ask.body.number(name) for name in _COUNTS if name in ask.names}
    if any(count is not None and count < 0 for count in counts.values()):
        raise invalid("A limit is 0 or more, or null for none.")
    prices = cast(Prices, choice(ask.body, "prices", get_args(Prices), "new"))
    form = cast(Form, choice(ask.body, "form", get_args(Form), "RESOURCE_EXHAUSTED"))
    sandbox.meter.limits = Limits(prices=prices, form=form, **counts)
    sandbox.meter.latency = max(0.0, ask.body.decimal("latency") or 0.0)
    return _limits(sandbox, ask)


def _lift_limits(sandbox: Sandbox, ask: Ask) -> Answer:
    sandbox.meter.lift()
    return _limits(sandbox, ask)


def _clock(sandbox: Sandbox, ask: Ask) -> Answer:
    return {"now": datetime.fromtimestamp(sandbox.clock.now(), UTC).isoformat()}


def _move_clock(sandbox: Sandbox, ask: Ask) -> Answer:
    if ask.body.has("set"):
        sandbox.clock.set(_time(ask.text("set")))
    else:
        sandbox.clock.advance(ask.number("advance"))
    return _clock(sandbox, ask)


def _faults(sandbox: Sandbox, ask: Ask) -> Answer:
    faults = sandbox.faults
    return {"waiting": faults.orders, "fired": dict(faults.fired)}


def _add_faults(sandbox: Sandbox, ask: Ask) -> Answer:
    body = ask.body
    if body.has("rate"):
        kinds = body.texts("kinds") or ANY_TROUBLE
        method = body.text("method") or None
        sandbox.faults.rate(
            ask.number("rate"), seed=body.number("seed") or 0, kinds=kinds, method=method
        )
    else:
        sandbox.faults.add(ask.text("order"))
    return _faults(sandbox, ask)


def _clear_faults(sandbox: Sandbox, ask: Ask) -> Answer:
    sandbox.faults.clear()
    return _faults(sandbox, ask)


def _token(sandbox: Sandbox, ask: Ask) -> Answer:
    scopes = ask.body.texts("scopes") or ("gmail.modify",)
    lasting = ask.body.flag("lasting")
    return {"access_token": sandbox.issue_token(ask.text("user"), scopes, lasting=lasting)}


def _app_password(sandbox: Sandbox, ask: Ask) -> Answer:
    return {"app_password": sandbox.app_password(ask.text("user"))}


def _hide(sandbox: Sandbox, ask: Ask) -> Answer:
    """The whole list; an empty one shows all."""
    sandbox.hide_from_imap(ask.text("user"), ask.body.texts("labels"))
    return {}


def _add_service_account(sandbox: Sandbox, ask: Ask) -> Answer:
    return sandbox.add_service_account(ask.body.text("name", "robot"))


def _delegate(sandbox: Sandbox, ask: Ask) -> Answer:
    """The whole list; an empty one takes the line out."""
    client_id, scopes = ask.text("client_id"), ask.body.texts("scopes")
    if scopes:
        sandbox.delegate(client_id, scopes)
    else:
        sandbox.undelegate(client_id)
    return {}


def _policy(sandbox: Sandbox, ask: Ask) -> Answer:
    said = asdict(sandbox.policy)
    return {k: sorted(v) if isinstance(v, frozenset) else v for k, v in said.items()}


def _set_policy(sandbox: Sandbox, ask: Ask) -> Answer:
    """All of it: what is not named gets the value of a new sandbox."""
    body = ask.body
    sandbox.policy = Policy(
        testing=body.flag("testing"),
        test_users=frozenset(body.texts("test_users")) if body.has("test_users") else None,
        internal_to=body.text("internal_to"),
        blocked=body.flag("blocked"),
        client_deleted=body.flag("client_deleted"),
        suspended=frozenset(body.texts("suspended")),
        without_mail=frozenset(body.texts("without_mail")),
    )
    return _policy(sandbox, ask)


def _client(sandbox: Sandbox, ask: Ask) -> Answer:
    return sandbox.client_file()


def _reset(sandbox: Sandbox, ask: Ask) -> Answer:
    sandbox.reset()
    return {}


ROUTES = {
    ("GET", "users"): Command(_users),
    ("POST", "users"): Command(_add_user, ("address", "name")),
    ("GET", "messages"): Command(_messages, params=("user",)),
    ("GET", "messages/{id}"): Command(_message, params=("user",)),
    ("POST", "messages"): Command(
        _put_message, ("user", "raw", "labels", "spam"), ("user", "label", "spam")
    ),
    ("GET", "requests"): Command(_requests),
    ("GET", "meter"): Command(_meter, params=("user",)),
    ("POST", "strangers"): Command(_stranger, ("user", "units_per_second")),
    ("GET", "limits"): Command(_limits),
    ("PUT", "limits"): Command(_set_limits, (*_COUNTS, "prices", "form", "latency")),
    ("DELETE", "limits"): Command(_lift_limits),
    ("GET", "clock"): Command(_clock),
    ("POST", "clock"): Command(_move_clock, ("advance", "set")),
    ("GET", "faults"): Command(_faults),
    ("POST", "faults"): Command(_add_faults, ("order", "rate", "seed", "kinds", "method")),
    ("DELETE", "faults"): Command(_clear_faults),
    ("POST", "tokens"): Command(_token, ("user", "scopes", "lasting")),
    ("POST", "appPasswords"): Command(_app_password, ("user",)),
    ("PUT", "hidden"): Command(_hide, ("user", "labels")),
    ("POST", "serviceAccounts"): Command(_add_service_account, ("name",)),
    ("PUT", "delegations"): Command(_delegate, ("client_id", "scopes")),
    ("GET", "policy"): Command(_policy),
    ("PUT", "policy"): Command(_set_policy, [field.name for field in fields(Policy)]),
    ("GET", "client"): Command(_client),
    ("POST", "reset"): Command(_reset),
}


def _time(text: str) -> datetime:
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        time = None
    if time is None or time.tzinfo is None:
        raise invalid(f"{text!r} is no time such as 2026-06-01T12:00:00Z.")
    return time
