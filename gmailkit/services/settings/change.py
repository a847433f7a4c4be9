"""One change of a setting: planned from what is there, agreed to, recorded, then made.

Gmail's methods that write a setting replace all of it. So each is read as Gmail's own JSON, changed
in the fields that are meant, and written back whole: a field that this version does not know
survives.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from gmailkit.client.client import Client
from gmailkit.clock import SYSTEM_CLOCK, Clock
from gmailkit.errors import Conflict
from gmailkit.model.ids import LabelId
from gmailkit.model.shape import from_json
from gmailkit.record.journal import Call, Journal
from gmailkit.services.changes.make import make_calls
from gmailkit.services.labels.definitions import making
from gmailkit.wire.methods import find

Raw = Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingChange:
    """What would change, or did: `before` and `after` are typed objects, None where nothing is.

    `what` says it in words ("turn the vacation reply on"). `after` is what was asked for; `kept`,
    once it is `done`, what Gmail made of it: it cleans HTML, and an administrator may have
    forbidden a name. `idle`: all is as asked already, and nothing is written. `create` is a label
    that is made first, `units` the price of it all. `number` is that of the journal, for `undo`;
    None where nothing was changed, or nothing takes it back.
    """

    what: str
    before: Any = None
    after: Any = None
    kept: Any = None
    idle: bool = False
    done: bool = False
    create: str = ""
    units: int = 0
    number: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """The call that makes a change, and the JSON of what was there before, for the journal.

    A `body` that needs a label made first is a function of its id. `kind`: the type of the answer,
    if any. Where the call writes all of an object, `get` reads it.
    """

    method: str
    params: Mapping[str, Any] = field(default_factory=dict)
    body: Raw | Callable[[tuple[LabelId, ...]], Raw] | None = None
    former: Raw = field(default_factory=dict)
    kind: type[Any] | None = None
    get: str = ""


Agree = Callable[[SettingChange], bool]


class Changes:
    """Makes those changes to one mailbox that `agree` says yes to.

    `allowed` raises Refused for a method that the sign-in lacks: before anybody is asked.
    """

    def __init__(
        self,
        client: Client,
        journal: Callable[[], Journal],
        *,
        allowed: Callable[[str], None] = lambda method: None,
        agree: Agree | None = None,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        self.client = client
        self.clock = clock
        self._journal = journal
        self._allowed = allowed
        self._agree = agree

    def asking(self, agree: Agree) -> Changes:
        return Changes(
            self.client, self._journal, allowed=self._allowed, agree=agree, clock=self.clock
        )

    def make(self, change: SettingChange, step: Step) -> SettingChange:
        """The change, made unless it is idle or not agreed to.

        Raises what the call raises, and CannotWrite when it cannot be recorded: then nothing was
        changed.
        """
        methods = [step.method, *(["labels.create"] if change.create else [])]
        prices = self.client.prices
        units = 0 if change.idle else sum(find(name).price(prices) for name in methods)
        change = replace(change, units=units)
        if change.idle:
            return change
        for name in methods:
            self._allowed(name)
        if self._agree is not None:
            if not self._agree(change):
                return change
            self._check_unchanged(step)
        what = f"settings: {change.what}"
        label = [making(change.create)] if change.create else []
        body = step.body
        if callable(body):
            body = body(tuple(each.stands_in for each in label))
        call = Call(
            method=step.method,
            params=step.params,
            former=step.former,
            body=body or {},
            get=step.get,
        )
        done = make_calls(self.client, self._journal(), what, [*label, call])
        answer = done.calls[-1].answer
        return replace(
            change,
            done=True,
            kept=from_json(answer, step.kind) if step.kind else None,
            number=None if done.for_good else done.number,
        )

    def _check_unchanged(self, step: Step) -> None:
        """A person may think for an hour: what was changed meanwhile must not be undone."""
        if step.get and self.client.call(step.get, **step.params) != step.former:
            raise Conflict(
                "The setting was changed meanwhile, elsewhere; it is left as it is now.",
                hint="Run the same command again and look at what it shows.",
                method=step.get,
            )

    def rewrite(
        self,
        what: str,
        kind: type[Any],
        *,
        get: str,
        update: str,
        changes: Raw,
        check: Callable[[Any], None] = lambda after: None,
    ) -> SettingChange:
        """Read the whole object, change these fields, write all of it; None takes a field away.

        Where somebody is asked, it is read again after the yes; Conflict when it differs then.
        `check` raises when the whole would make no sense.
        """
        former = self.client.call(get)
        body = {key: value for key, value in {**former, **changes}.items() if value is not None}
        check(after := from_json(body, kind))
        return self.make(
            SettingChange(
                what=what,
                before=from_json(former, kind),
                after=after,
                idle=_said(former) == _said(body),
            ),
            Step(method=update, body=body, former=former, kind=kind, get=get),
        )


def _said(raw: Raw) -> Raw:
    """Without what is false, 0 or empty: Gmail leaves those out when it answers."""
    return {key: value for key, value in raw.items() if value not in (False, 0, "", None, [])}
