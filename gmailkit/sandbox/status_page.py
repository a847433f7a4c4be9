"""The page at /: who lives in this sandbox, what was asked of it, and which faults wait."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from html import escape

from gmailkit.sandbox.faults import Faults
from gmailkit.sandbox.meter import Meter
from gmailkit.sandbox.oauth import page
from gmailkit.sandbox.state.state import State

_LAST = 15  # requests shown


def render(
    origin: str, state: State, meter: Meter, faults: Faults, requests: Sequence[tuple[str, str]]
) -> str:
    """HTML without script; everything that came from outside is escaped."""
    last = Counter(f"{verb} {path}" for verb, path in requests[-_LAST:])
    content = (
        f"<p>A Gmail of your own answers at {escape(origin)}. Nothing here is Google's, and no "
        "mail leaves this machine.</p>\n"
        + _table("Users", ("", "messages", "calls", "units", "rejected"), _users(state, meter))
        + _table("Methods", ("", "calls", "units"), _methods(state, meter))
        + _table("Faults waiting", (), ((order,) for order in faults.orders))
        + _table("Faults fired", (), faults.fired.items())
        + _table(f"Of {len(requests)} requests the last", (), last.items())
    )
    return page.whole("Gmail sandbox", content)


def _users(state: State, meter: Meter) -> Iterable[tuple[object, ...]]:
    for user in state.users.all():
        messages, _ = state.messages.totals(user.n)
        address = user.address
        yield (
            *(address, messages, meter.calls(address)),
            *(meter.units(address), meter.rejections(address)),
        )


def _methods(state: State, meter: Meter) -> Iterable[tuple[object, ...]]:
    calls: Counter[str] = Counter()
    units: Counter[str] = Counter()
    for user in state.users.all():
        for method, (count, spent) in meter.by_method(user.address).items():
            calls[method] += count
            units[method] += spent
    return ((method, calls[method], spent) for method, spent in units.most_common())


def _table(title: str, names: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Nothing where there are no rows."""
    lines = [_row("td", row) for row in rows]
    if not lines:
        return ""
    head = _row("th", names) if names else ""
    return f"<h2>{escape(title)}</h2>\n<table>\n{head}{''.join(lines)}</table>\n"


def _row(cell: str, values: Iterable[object]) -> str:
    cells = "".join(f"<{cell}>{escape(str(value))}</{cell}>" for value in values)
    return f"<tr>{cells}</tr>\n"
