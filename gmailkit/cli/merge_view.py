"""What `gmailkit merge` shows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from gmailkit.cli import preview, screen
from gmailkit.cli.preview import own_address as own_address
from gmailkit.cli.progress import time_text
from gmailkit.errors import Failure, to_type

if TYPE_CHECKING:
    from gmailkit.cli.emit import Output
    from gmailkit.services.sending.merge.plan import MergePlan
    from gmailkit.services.sending.merge.receipts import Receipt
    from gmailkit.services.sending.merge.replies import MergeReplies, Reply
    from gmailkit.services.sending.merge.run import MergeResult

_MOST_SHOWN = 10  # bad rows above a question
_LINES = 30  # of the text of the first message


def rows(count: int, were: str = "") -> str:
    """ "3 rows", "1 row were" never: `were` is the verb as many rows have it."""
    alone = {"were": "was", "are": "is", "wait": "waits", "had": "had"}.get(were, were)
    return f"{screen.count_text(count, 'row')} {alone if count == 1 else were}".rstrip()


def failures(plan: MergePlan) -> list[Failure]:
    return [
        Failure(f"row {each.row}{f' ({each.to})' if each.to else ''}", each.why)
        for each in plan.problems
    ]


def way_out(plan: MergePlan) -> str:
    empty = any(each.why.endswith("empty.") for each in plan.problems)
    return "Put them right in the table" + ("; --allow-empty lets empty cells pass." * empty or ".")


def summary(plan: MergePlan, own: str) -> str:
    """The first message, then the numbers, then what is wrong: read before the question."""
    lines = [*_first(plan, own), "", *_numbers(plan), *_problems(plan)]
    return "\n".join(lines)


def dry_run(out: Output, plan: MergePlan, own: str) -> None:
    if out.json:
        out.document(_facts(plan))
        return
    for line in [*_first(plan, own), "", *_numbers(plan)]:
        out.line(line)
    out.say("Dry run: nothing was sent.")


def nothing_to_send(plan: MergePlan) -> str:
    if not plan.rows:
        return "The table has no rows: nothing to send."
    when = f", first {plan.begun:%Y-%m-%d %H:%M} UTC" if plan.begun and plan.sent else ""
    parts = [f"{rows(plan.sent, 'were')} sent before{when}"] if plan.sent else []
    parts += [_closed(plan.closed)] if plan.closed else []
    parts += [f"{rows(plan.bad)} cannot be sent"] if plan.bad else []
    why = "; ".join(parts)
    again = " For another letter to the same people give it another --name." if plan.sent else ""
    return f"Nothing to send by the merge {plan.name}{': ' if why else ''}{why}.{again}"


def result(out: Output, plan: MergePlan, done: MergeResult, go_on: str) -> None:
    """`go_on` is what sends the rest, where it is not the same command."""
    if not out.json:
        out.line(f"Sent {screen.count_text(done.sent, 'message')} (merge {done.name}).")
    if done.before:
        out.say(f"{rows(done.before, 'had')} been sent before.")
    if done.held:
        out.say(_held(done.held))
    if done.left:
        out.say(f"{rows(done.left, 'are')} left for the next run{_with(go_on)}.")
    elif go_on and done.bad - done.held > plan.bad:
        out.say(f"The table is kept; this tries them again: {go_on}")
    if plan.job.options.receipts:
        out.say(f"Receipts: {plan.job.options.receipts}")


def how_far(plan: MergePlan, done: int, go_on: str, statuses: Mapping[str, int]) -> str:
    """Said when something ended the run early."""
    held, unknown = statuses.get("held", 0), statuses.get("unknown", 0)
    left = plan.to_send - done - held - unknown
    parts = [f"{done:,} of {plan.to_send:,} were sent."]
    if held:
        parts.append(_held(held))
    if unknown:
        parts.append(f"{rows(unknown)} may have left, and nobody can tell: not sent again.")
    if go_on and left + plan.left:
        parts.append(f"The table is kept; this sends the other {left + plan.left:,}: {go_on}")
    elif left:
        parts.append(f"The same command sends the other {left:,}.")
    return " ".join(parts)


def _closed(count: int) -> str:
    return f"{rows(count, 'wait')} in the outbox or {'was' if count == 1 else 'were'} cancelled"


def _held(count: int) -> str:
    return f"{rows(count, 'wait')} for the SMTP server: gmailkit outbox run."


def _with(go_on: str) -> str:
    return f": {go_on}" if go_on else ""


def what_next(statuses: Mapping[str, int], parked: str = "") -> str:
    """What to do with the rows that were not sent; `parked` is the key of one that waits for
    approval.
    """
    parts = []
    if statuses.get("parked"):
        approve = to_type("outbox", "approve", parked)
        rest = "" if statuses["parked"] == 1 else " (gmailkit outbox lists the other keys)"
        parts.append(f"{approve}{rest}")
    if statuses.get("unknown"):
        parts.append(
            "What nobody can tell is never sent again: find out, then gmailkit sent --settle KEY "
            "--as sent (or failed); gmailkit sent names the keys."
        )
    if statuses.get("invalid") or statuses.get("failed"):
        parts.append("Put them right and run the same command again: nobody gets a second one.")
    if statuses.get("held"):
        parts.append("What waits is tried again by: gmailkit outbox run")
    return "\n".join(parts)


def receipt(found: Receipt) -> dict[str, object]:
    """One row as a line of JSON."""
    return {
        "row": found.row,
        "to": found.to.split(),
        "status": found.status,
        "id": found.message_id,
        "time": found.time,
        "error": found.error,
    }


def replies(out: Output, found: MergeReplies) -> None:
    if out.json:
        out.document(found)
        return
    out.table(
        ("what", "row", "who", "subject or reason"),
        (
            (each.kind, each.row, each.to, f"{each.status} {each.why}".strip() or each.subject)
            for each in _once_a_row(found.replies)
        ),
    )
    out.say(
        f"Merge {found.name}: {found.sent:,} sent, {found.answered:,} answered, "
        f"{found.automatic:,} only automatically, {found.bounced:,} bounced, "
        f"{found.silent:,} silent."
    )


def _once_a_row(replies: Iterable[Reply]) -> list[Reply]:
    """The first of its kind, by row: who answers three times has answered."""
    first: dict[tuple[int, str], Reply] = {}
    for each in replies:
        first.setdefault((each.row, each.kind), each)
    return [first[key] for key in sorted(first)]


def _first(plan: MergePlan, own: str) -> list[str]:
    if plan.first is None:
        return [nothing_to_send(plan)]
    mail = plan.first.mail
    text = screen.visible_text(mail.text or _text_of(mail.html)).rstrip("\n").split("\n")
    lines = ["The first of them:", f"  From: {mail.sender or own}"]
    for name, many in (("To", mail.to), ("Cc", mail.cc), ("Bcc", mail.bcc)):
        lines += [f"  {name}: {screen.visible(', '.join(map(str, many)))}"] if many else []
    lines += [f"  Subject: {screen.visible(mail.subject)}", ""]
    lines += [f"  {line}".rstrip() for line in text[:_LINES]]
    lines += [f"  ({len(text) - _LINES} more lines)"] if len(text) > _LINES else []
    lines += [
        f"  Attached: {screen.visible(each.filename)}  {screen.bytes_text(each.size)}"
        for each in mail.attachments
    ]
    return lines + [f"  Note: {screen.visible(each)}" for each in plan.first.warnings]


def _numbers(plan: MergePlan) -> list[str]:
    people = ""
    if plan.recipients != plan.to_send:
        people = f" ({screen.count_text(plan.recipients, 'recipient')})"
    lines = [
        f"Merge {plan.name}: {screen.count_text(plan.to_send, 'message')} to send{people}"
        f" of {rows(plan.rows)}, {_units(plan)}{_time(plan)}."
    ]
    if plan.sent:
        lines.append(f"{rows(plan.sent, 'were')} sent before; nobody gets it again.")
    if plan.changed:
        lines.append("They got another text: the template has changed since.")
    if plan.closed:
        lines.append(f"{_closed(plan.closed)}.")
    if plan.left:
        lines.append(f"{rows(plan.left, 'are')} left for later by --limit.")
    if plan.days > 1:
        limit = plan.job.options.day_limit
        used = f" ({plan.sent_today:,} were written to already)" if plan.sent_today else ""
        lines.append(
            f"That is more than the {limit:,} recipients of a day{used}: it will stop there, and "
            f"take {plan.days} days in all. Run the same command each day."
        )
    return [*lines, *plan.notes]


def _units(plan: MergePlan) -> str:
    return f"{plan.units:,} units" if plan.units or not plan.to_send else "no units"


def _time(plan: MergePlan) -> str:
    if plan.seconds is None or not plan.to_send:
        return ""
    return f", {time_text(plan.seconds)} at least"


def _problems(plan: MergePlan) -> list[str]:
    if not plan.bad:
        return []
    lines = [f"{rows(plan.bad)} cannot be sent:"]
    for each in failures(plan)[:_MOST_SHOWN]:
        lines.append(screen.visible(f"  {each.item}: {each.why}"))
    more = plan.bad - _MOST_SHOWN
    return [*lines, f"  and {more:,} more"] if more > 0 else lines


def _facts(plan: MergePlan) -> dict[str, object]:
    return {
        "name": plan.name,
        "rows": plan.rows,
        "to_send": plan.to_send,
        "recipients": plan.recipients,
        "left": plan.left,
        "sent": plan.sent,
        "closed": plan.closed,
        "bad": plan.bad,
        "problems": plan.problems,
        "way": plan.job.options.way,
        "units": plan.units,
        "seconds": plan.seconds,
        "days": plan.days,
        "changed": plan.changed,
        "notes": plan.notes,
        "first": preview.as_json(plan.first) if plan.first else None,
        "done": False,
    }


def _text_of(html: str) -> str:
    from gmailkit.mime.html import html_to_text

    return html_to_text(html)
