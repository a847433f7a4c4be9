"""The rules, and what they say of a message: it may leave, it waits for approval, it is refused."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import NoReturn

from gmailkit.errors import Refused
from gmailkit.model.counted import count_text
from gmailkit.policy.addresses import Pattern, broad, is_public, narrow
from gmailkit.policy.kinds import File

Approval = str | tuple[Pattern, ...]  # "none", "all", "external", or for whom
CAPS = {
    "messages_per_hour": ("hour", "messages"),
    "messages_per_day": ("day", "messages"),
    "recipients_per_hour": ("hour", "recipients"),
    "recipients_per_day": ("day", "recipients"),
}
SPANS = {"hour": 3600, "day": 86_400}  # seconds, sliding


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """`park`: it may leave once somebody has approved it; `rule` says by which rule, and where."""

    park: bool = False
    rule: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the rules look at. `own` is the account's address ("" where nobody can tell).

    `recipients` are all that it goes to, once each; `mentioned` what stands among them and somebody
    might read as one more. `strange` is why its header cannot be judged, `hidden` why its
    attachments cannot.
    """

    own: str
    recipients: tuple[str, ...]
    mentioned: tuple[str, ...] = ()
    files: tuple[File, ...] = ()
    size: int = 0
    strange: str = ""
    hidden: str = ""

    @property
    def everybody(self) -> tuple[str, ...]:
        return (*self.recipients, *self.mentioned)


# How many messages, or recipients, left within a span: ("hour", "messages") -> 12.
Counts = Callable[[], Mapping[tuple[str, str], int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """One section. `lines` are the lines of its keys in `source`; None and () mean no rule."""

    source: str
    section: str = ""
    lines: Mapping[str, int] = field(default_factory=dict)
    sending: bool = True
    approval: Approval = "none"
    allow: tuple[Pattern, ...] | None = None
    deny: tuple[Pattern, ...] = ()
    internal: tuple[Pattern, ...] | None = None
    most: int | None = None
    caps: Mapping[str, int] = field(default_factory=dict)
    kinds: tuple[str, ...] | None = None
    forbidden_kinds: tuple[str, ...] = ()
    largest: int | None = None
    largest_message: int | None = None

    @property
    def names_recipients(self) -> bool:
        return bool(self.deny or self.approval != "none") or self.allow is not None

    @property
    def names_files(self) -> bool:
        return bool(self.forbidden_kinds) or (self.kinds, self.largest) != (None, None)

    @property
    def keys(self) -> frozenset[str]:
        """The rules that it has, by name."""
        return frozenset(key for key in self.lines if "=" not in key)

    def place(self, key: str, item: str = "") -> str:
        """Where a rule stands: /home/ann/.config/gmailkit/policy.toml, line 7."""
        line = self.lines.get(f"{key}={item}") or self.lines.get(key)
        return f"{self.source}, line {line}" if line else self.source

    def refuse(self, key: str, why: str, value: str, *, item: str = "", hint: str = "") -> NoReturn:
        raise Refused(
            f"{why}: {key} = {value} ({self.place(key, item)}). Nothing was sent.",
            rule=key,
            hint=hint or "Only a change of that file changes it.",
        )


@dataclass(frozen=True, slots=True)
class Policy:
    """What a policy.toml says: for every account, and for some by address."""

    general: Rules
    accounts: Mapping[str, Rules]

    @property
    def summary(self) -> str:
        """In a few words: "sending off; 3 rules", "7 rules, 1 account by itself"."""
        number = sum(len(rules.keys) for rules in (self.general, *self.accounts.values()))
        words = count_text(number, "rule")
        if self.accounts:
            words += f", {count_text(len(self.accounts), 'account')} apart"
        return words if self.general.sending else f"sending off; {words}"

    def rules_for(self, own: str) -> tuple[Rules, ...]:
        """All that hold for an account, however its section spells it; where nobody can tell which
        it is, all there are.
        """
        if not own:
            return (self.general, *self.accounts.values())
        mine = (rules for name, rules in self.accounts.items() if broad(name) == broad(own))
        return (self.general, *mine)


def judge(rules: Iterable[Rules], facts: Facts, counts: Counts | None = None) -> Verdict:
    """Every section holds by itself. Without `counts` the caps are not looked at.

    Raises Refused that names the rule, its value and its place.
    """
    verdict = Verdict()
    for each in rules:
        _check_sending(each)
        _check_recipients(each, facts)
        _check_files(each, facts)
        if counts and each.caps:
            _check_caps(each, facts, counts())
        verdict = verdict if verdict.park else _approval(each, facts)
    return verdict


def _check_sending(rules: Rules) -> None:
    if not rules.sending:
        rules.refuse("sending", "Sending is switched off", '"off"')


def _check_recipients(rules: Rules, facts: Facts) -> None:
    if facts.strange and rules.names_recipients:
        raise Refused(
            f"Nobody can say for sure whom this message goes to: {facts.strange}; and "
            f"{rules.source} has rules about recipients. Nothing was sent.",
            rule="recipients",
            hint="Write its addresses plainly.",
        )
    for email in facts.everybody:
        for pattern in rules.deny:
            if pattern.means(email):
                shown = f'"{pattern.text}"'
                rules.refuse(
                    "recipients.deny", f"{email} must get no mail", shown, item=pattern.text
                )
        allowed = rules.allow is None or _is_own(email, facts)
        if not allowed and not any(each.admits(email) for each in rules.allow or ()):
            shown = _list(each.text for each in rules.allow or ())
            rules.refuse("recipients.allow", f"{email} is not among those who may get mail", shown)
    if rules.most is not None and len(facts.recipients) > rules.most:
        why = f"A message with {len(facts.recipients)} recipients has too many"
        rules.refuse("recipients.most", why, str(rules.most))


def _check_files(rules: Rules, facts: Facts) -> None:
    if facts.hidden and rules.names_files:
        raise Refused(
            f"Nobody can say for sure what is attached to this message: {facts.hidden}; and "
            f"{rules.source} has rules about attachments. Nothing was sent.",
            rule="attachments",
            hint="Attach the files themselves.",
        )
    for file in facts.files:
        shown = file.name or "an attachment without a name"
        for kind in rules.forbidden_kinds:
            if file.is_one(kind):
                why = f"{shown} is of a type that must not leave"
                rules.refuse("attachments.deny", why, f'"{kind}"', item=kind)
        if rules.kinds is not None and not file.is_wholly(rules.kinds):
            why = f"{shown} is not of a type that may leave"
            rules.refuse("attachments.allow", why, _list(rules.kinds))
        if rules.largest is not None and file.size > rules.largest:
            why = f"{shown} is too large ({file.size:,} bytes)"
            rules.refuse("attachments.largest", why, f"{rules.largest:,} bytes")
    if rules.largest_message is not None and facts.size > rules.largest_message:
        why = f"The message is too large ({facts.size:,} bytes)"
        rules.refuse("attachments.largest_message", why, f"{rules.largest_message:,} bytes")


def _check_caps(rules: Rules, facts: Facts, left: Mapping[tuple[str, str], int]) -> None:
    for key, most in rules.caps.items():
        span, what = CAPS[key]
        more = 1 if what == "messages" else len(facts.recipients)
        if left[span, what] + more > most:
            have = f"{left[span, what]:,} {what} left within the last {span}"
            why = f"{have}, and {more} more is too many"
            rest = f"longer ago than a{'n' * (span == 'hour')} {span}"
            hint = "" if more > most else f"Wait until some of them are {rest}."
            rules.refuse(f"caps.{key}", why, f"{most:,}", hint=hint)


def _approval(rules: Rules, facts: Facts) -> Verdict:
    key, wanted = "approval", rules.approval
    if wanted == "none":
        return Verdict()
    if wanted == "all":
        return Verdict(park=True, rule=f'approval = "all" ({rules.place(key)})')
    for email in facts.everybody:
        if wanted == "external":
            if not _is_internal(rules, email, facts):
                place = f"({rules.place(key)})"
                return Verdict(park=True, rule=f'approval = "external", for {email} {place}')
        else:
            for pattern in wanted if isinstance(wanted, tuple) else ():
                if pattern.means(email):
                    place = rules.place(key, pattern.text)
                    return Verdict(park=True, rule=f'approval = "{pattern.text}" ({place})')
    return Verdict()


def _is_own(email: str, facts: Facts) -> bool:
    return bool(facts.own) and narrow(email) == narrow(facts.own)


def _is_internal(rules: Rules, email: str, facts: Facts) -> bool:
    if _is_own(email, facts):
        return True
    if rules.internal is not None:
        return any(pattern.admits(email) for pattern in rules.internal)
    domain = narrow(facts.own).rpartition("@")[2] if facts.own else ""
    theirs = narrow(email).rpartition("@")[2]
    return bool(domain) and not is_public(domain) and theirs == domain


def _list(names: Iterable[str]) -> str:
    """As the file has it, cut where it is long."""
    many = list(names)
    shown = ", ".join(f'"{name}"' for name in many[:5])
    return f"[{shown}{', ...' if len(many) > 5 else ''}]"
