"""What lists look like, those that would be left, and those that went on: lines and JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gmailkit.cli import screen
from gmailkit.cli.listing import Line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gmailkit.record.departures import Departure
    from gmailkit.services.lists.going_on import GoingOn, SilencePlan
    from gmailkit.services.lists.leaving import Leave, LeavingPlan
    from gmailkit.services.lists.sources import MailingList
    from gmailkit.services.lists.ways import Way

Json = dict[str, object]
_WAYS = {"one-click": "one click", "mail": "mail", "link": "a link", "none": "no way out"}
_BECAME = {
    "begun": "was begun, and nobody can tell whether it was asked",
    "asked": "was asked",
    "refused": "refused, or could not be asked",
    "unknown": "was asked, and nobody can tell whether it took it",
    "waits": "has its mail waiting in the outbox",
}


def line(found: MailingList) -> Line:
    source = found.source
    left = f"{found.left.state} {_day(found.left)}" if found.left else ""
    facts = {
        "key": source.key,
        "name": source.name,
        "address": source.address,
        "count": found.count,
        "unread": found.unread,
        "read": f"{found.read_rate:.0%}",
        "size": found.size,
        "date": found.last,
        "way": found.way.by,
        "where": found.way.where,
        "signed": found.way.vouched,
        "left": left,
    }
    numbers = (
        f"{screen.count_text(found.count, 'message')}, {found.read_rate:.0%} read, "
        f"{screen.bytes_text(found.size)}; {_WAYS[found.way.by]}"
    )
    return Line(
        id=source.key,
        date=found.last,
        who=source.name,
        subject=f"{numbers}; {left}" if left else numbers,
        facts=facts,
        json={**facts, "read": round(found.read_rate, 3), "left": departure(found.left)},
    )


def departure(found: Departure | None) -> Json | None:
    if found is None:
        return None
    return {"state": found.state, "time": found.time, "by": found.by, "said": found.said}


def leave(each: Leave, *, state: str, error: str = "") -> Json:
    """One list of a plan, or what became of it."""
    way = each.way
    return {
        "key": each.source.key,
        "name": each.source.name,
        "way": way.by,
        "where": way.where,
        "signed": way.vouched,
        "link": way.uri if way.by == "link" else "",
        "mail": _mail(each),
        "why": way.why,
        "remark": " ".join(filter(None, (each.source.doubt, each.remark))),
        "before": departure(each.before),
        "state": state,
        "error": error,
    }


def preview(account: str, plan: LeavingPlan) -> Iterator[str]:
    if plan.asking:
        many = screen.count_text(len(plan.asking), "list")
        yield f"{many} of {account} to be asked to stop:"
    for each in plan.asking:
        yield f"  {_shown(each.source.name)}: {_how(each)}"
        yield from _said(*each.way.why, each.source.doubt, each.remark)
        if each.before:
            yield f"    {became(each)}"
    for each in plan.by_hand:
        yield f"  {_shown(each.source.name)}: {hand(each)}"
        yield from _said(*each.way.why, each.source.doubt)
    for each in plan.unsigned:
        yield f"  {_shown(each.source.name)}: {_how(each)}; not asked (--unsigned)"
        yield from _said(*each.way.why, each.source.doubt)
    for each in plan.before:
        yield f"  {_shown(each.source.name)}: {became(each)}; not asked again (--again)"
    if plan.cut:
        yield "  There is more mail than was looked at: a narrower search finds the rest."


def unsigned(each: Leave) -> str:
    """Why it was not asked, and how it would be."""
    return f"not asked, as no valid signature vouches for that way: {_how(each)}"


def hand(each: Leave) -> str:
    """What is left to the person."""
    if each.way.by == "link":
        return f"open it yourself: {screen.visible(each.way.uri)}"
    return "its mail names no way out that can be used"


def became(each: Leave) -> str:
    assert each.before  # noqa: S101 - for the type checker: asked of those alone
    return f"on {_day(each.before)} it {_BECAME[each.before.state]}"


def going_on(plan: SilencePlan) -> Iterator[tuple[str, ...]]:
    for each in (*plan.lists, *plan.unsure):
        yield (
            _shown(each.departure.name),
            _day(each.departure),
            each.departure.by,
            f"{len(each.ids)}{'+' if each.cut else ''}",
            f"{each.last.astimezone():%Y-%m-%d}",
            each.departure.state,
            _shown(each.subject),
        )


def reserves(plan: SilencePlan) -> Iterator[str]:
    """What is not done, and what to do instead: a sentence for each."""
    for each in plan.lists:
        name = _shown(each.departure.name)
        if each.why:
            yield f"No filter for {name}: {screen.visible(each.why)}."
        if each.cut:
            yield f"{name} sent more than the newest {len(each.ids):,}: run it again after."
    for each in plan.unsure:
        yield (
            f"Nobody can tell whether {_shown(each.departure.name)} was asked, so its mail stays: "
            f"gmailkit unsubscribe {screen.visible(each.departure.list)} --again"
        )


def standing(plan: SilencePlan) -> Iterator[str]:
    """How it stands with the others that were asked: a sentence for each kind."""
    quiet = plan.waiting - len(plan.graces)
    if quiet:
        yield f"Asked, and not heard of after the grace: {screen.count_text(quiet, 'list')}."
    if plan.graces:
        within = screen.count_text(len(plan.graces), "list")
        last = f"{plan.graces[-1].astimezone():%Y-%m-%d %H:%M}"
        yield f"Asked, and still within the grace: {within}, until {last}."
    if not (plan.lists or plan.unsure or plan.waiting):
        yield "No list was asked to stop yet (gmailkit unsubscribe)."


def silence(account: str, plan: SilencePlan, *, number: int | None) -> Json:
    return {
        "account": account,
        "lists": [_went_on(each) for each in plan.lists],
        "unsure": [_went_on(each) for each in plan.unsure],
        "filters": [each.query for each in plan.filters],
        "quiet": plan.waiting,
        "graces": plan.graces,
        "units": plan.units,
        "number": number,
    }


def _went_on(each: GoingOn) -> Json:
    return {
        "key": each.departure.list,
        "name": each.departure.name,
        "by": each.departure.by,
        "asked": each.departure.time,
        "state": each.departure.state,
        "ids": each.ids,
        "cut": each.cut,
        "last": each.last,
        "subject": each.subject,
        "no_filter": each.why,
    }


def _mail(each: Leave) -> Json | None:
    mail = each.way.mail
    if mail is None:
        return None
    return {"from": each.sender, "to": mail.to, "subject": mail.subject, "body": mail.body}


def _how(each: Leave) -> str:
    way: Way = each.way
    signed = f"signed by {way.vouched}" if way.vouched else "NOT SIGNED"
    if way.by == "one-click":
        return f"by one click, at {screen.visible(way.where)} ({screen.visible(signed)})"
    assert way.mail  # noqa: S101 - for the type checker: a way by mail has one
    said = ": ".join(filter(None, (way.mail.subject or "unsubscribe", way.mail.body)))
    sender = f" from {each.sender}" if each.sender else ""
    return screen.visible(f"by mail to {way.mail.to}{sender}: {said} ({signed})")


def _said(*sentences: str) -> Iterator[str]:
    yield from (f"    {screen.visible(each)}" for each in sentences if each)


def _shown(name: str) -> str:
    return screen.visible(name)


def _day(found: Departure) -> str:
    return f"{found.time.astimezone():%Y-%m-%d}"
