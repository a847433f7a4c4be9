"""Showing what would change before it does: all verbs that change messages share this."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from gmailkit.cli import screen, views
from gmailkit.cli.ask import can_ask, confirm, confirm_by_number
from gmailkit.cli.progress import ProgressLine, counting, time_text
from gmailkit.cli.state import State
from gmailkit.errors import NotFound, UsageError, to_type
from gmailkit.zones import local

if TYPE_CHECKING:
    from gmailkit.cli.emit import Output
    from gmailkit.gmail import Gmail
    from gmailkit.model.envelope import Envelope
    from gmailkit.services.changes.plan import ChangePlan, LabelChange

MOST = 1_000  # messages, unless --max says more
COUNTED = 100  # of more that leave the mailbox's usual places, the number has to be typed
Most = Annotated[
    int | None,
    typer.Option("--max", metavar="N", min=1, help=f"Change up to so many messages [{MOST:,}]."),
]
Query = Annotated[
    str | None,
    typer.Argument(
        metavar="QUERY", help="Which messages; quote it. Or rows: 2-4,7; an id; - for ids on stdin."
    ),
]
Ids = Annotated[
    list[str] | None,
    typer.Option("--id", metavar="ID", help="This message (id or row); may be repeated."),
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
DryRun = Annotated[
    bool, typer.Option("--dry-run", "-n", help="Show what would be done; change nothing.")
]
AtMost = Annotated[
    str | None,
    typer.Option("--for", metavar="TIME", help="Stop politely after that time: 2h, 30m."),
]
Threads = Annotated[
    bool, typer.Option("--threads", help="The whole conversations of those messages.")
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Which:
    """The messages that a command is about, as `choose` takes them."""

    query: Query = None
    ids: Ids = None
    threads: Threads = False


@dataclass(frozen=True, slots=True, kw_only=True)
class How:
    """How far a plan is carried out."""

    most: Most = None
    yes: Yes = False
    dry_run: DryRun = False


_WORDS = {
    "archive": ("archive", "archived"),
    "trash": ("move to Trash", "moved to Trash"),
    "untrash": ("take out of Trash", "taken out of Trash"),
    "read": ("mark as read", "marked as read"),
    "unread": ("mark as unread", "marked as unread"),
    "star": ("star", "starred"),
    "unstar": ("take the star off", "without a star now"),
    "important": ("mark as important", "marked as important"),
    "unimportant": ("mark as not important", "marked as not important"),
    "spam": ("move to Spam", "moved to Spam"),
    "unspam": ("take out of Spam", "taken out of Spam"),
}


def carry_out(state: State, gmail: Gmail, plan: ChangePlan, how: How) -> None:
    """Show the plan, ask, do it, say what was done."""
    out, account = state.out, gmail.address
    if plan.drafts:
        drafts = screen.count_text(len(plan.drafts), "draft")
        out.say(f"{drafts} left out: Gmail puts no labels on drafts.")
    if not plan.ids and not plan.gone:
        out.say(f"No message of {account} matches: nothing to do.")
    if not plan.ids and plan.gone and not how.dry_run:
        raise NotFound(
            f"{account} has no message {', '.join(plan.gone)}.",
            hint="Ids and rows come from: gmailkit search QUERY",
        )
    if how.dry_run or not plan.ids:
        _result(out, account, plan, done=None)
        return
    asks = not how.yes and can_ask(state)
    preview = "\n".join(_preview(account, plan))
    if asks:
        out.before_asking(preview)
    elif how.yes:
        out.say(preview)
    count = len(plan.ids)
    away = count if plan.what in ("trash", "spam") else 0
    agree(state, account, count, how, away=away)
    with closing(ProgressLine(out, gmail=gmail)) as line:
        done = gmail.apply(plan, on_progress=counting(line))
    _result(out, account, plan, done=done)


def agree(state: State, account: str, count: int, how: How, *, away: int) -> None:
    """Go on after a yes. For more than --max, or where many leave their places (`away`), the number
    has to be typed.
    """
    most, yes = how.most, how.yes
    words = screen.count_text(count, "message")
    beyond = count > (most or MOST)
    if beyond and (most or yes or not can_ask(state)):
        raise UsageError(
            f"{words} are more than {most or MOST:,}; nothing was changed.",
            hint=f"If all are meant, say --max {count}.",
        )
    if not yes and can_ask(state) and (beyond or away > COUNTED):
        question = f"Do this to {words} of {account}?"
        confirm_by_number(state, question, count, nothing="Nothing was changed.")
        return
    confirm(state, f"Do this to {words} of {account}?", yes=yes)


def say_way_back(out: Output, number: int, *more: str) -> None:
    """How the change that was just made is taken back."""
    out.say(screen.visible(f"To take it back: {to_type('undo', str(number), *more)}"))


def _result(out: Output, account: str, plan: ChangePlan, *, done: LabelChange | None) -> None:
    if out.json:
        out.document(views.plan(account, plan, done=done))
    elif done:
        _say_done(out, account, plan, done)
    elif plan.ids or plan.gone:
        for line in _preview(account, plan):
            out.line(line)
        out.say("Dry run: nothing was changed.")


def _say_done(out: Output, account: str, plan: ChangePlan, done: LabelChange) -> None:
    for number in done.open:
        out.say(f"Change {number} was cut short: gmailkit journal recover {number}")
    idle = len(plan.ids) - done.count
    if done.number is None:
        out.line(f"{_count(plan)} of {account}: so already, nothing was changed.")
        return
    count = screen.count_text(done.count, "message") if idle else _count(plan)
    out.line(f"{count} of {account}: {_words(plan, done=True)}.")
    if idle:
        out.say(f"The other {idle:,} {'was' if idle == 1 else 'were'} so already.")
    say_way_back(out, done.number)


def _words(plan: ChangePlan, *, done: bool = False) -> str:
    """The change in words: "add CI, remove INBOX", or afterwards "added CI, removed INBOX"."""
    if plan.what in _WORDS:
        return _WORDS[plan.what][done]
    adding, removing = ("added", "removed") if done else ("add", "remove")
    words = [f"{adding} {name}" for name in plan.add]
    words += [f"{removing} {name}" for name in plan.remove]
    return screen.visible(", ".join(words))


def _count(plan: ChangePlan) -> str:
    messages = screen.count_text(len(plan.ids), "message")
    if plan.conversations is None:
        return messages
    return f"{messages} in {screen.count_text(plan.conversations, 'conversation')}"


def _preview(account: str, plan: ChangePlan) -> list[str]:
    lines = [f"{_count(plan)} of {account}: {_words(plan)}"]
    lines += listed(plan.ids, plan.sample)
    if plan.match is not None and plan.match < len(plan.ids):
        matching = f"{plan.match:,} of them {'matches' if plan.match == 1 else 'match'}"
        lines.append(f"  {matching}, the others are of the same conversations")
    lines += [f"  {each}" for each in _facts(plan)]
    if plan.gone:
        lines.append(f"  not there: {', '.join(map(screen.visible, plan.gone))}")
    if plan.create:
        lines.append(f"  new labels: {', '.join(map(screen.visible, plan.create))}")
    if plan.back_to_inbox:
        lines.append(f"  back into the inbox: {len(plan.back_to_inbox):,}")
    return lines


def listed(ids: Sequence[str], sample: Sequence[Envelope]) -> list[str]:
    """The newest of them, a line each, and how many more."""
    lines = []
    for each in sample:
        who = screen.visible((each.sender.name or each.sender.email) if each.sender else "")
        subject = screen.visible(each.subject or "(no subject)")
        lines.append(f"  {each.day}  {screen.fit(who, 24)}  {subject}")
    if more := len(ids) - len(sample):
        lines.append(f"  and {more:,} more")
    return lines


def _facts(plan: ChangePlan) -> list[str]:
    facts = plan.facts
    if len(plan.ids) < 2 or not facts.oldest or not facts.newest:
        return []
    about = "" if facts.looked == len(plan.ids) else "about "
    days = " to ".join(
        dict.fromkeys(f"{local(each):%Y-%m-%d}" for each in (facts.oldest, facts.newest))
    )
    senders = ", ".join(f"{who} {count}" for who, count in facts.senders)
    of = "" if facts.looked == len(plan.ids) else f" (of {facts.looked} looked at)"
    time = f", {time_text(plan.seconds)}" if plan.seconds and plan.seconds >= 1 else ""
    return [
        f"{days}, {about}{screen.bytes_text(facts.size)}; {plan.units:,} units{time}",
        screen.visible(f"most from {senders}{of}"),
    ]
