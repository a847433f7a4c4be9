"""A table as a picture that is read without a legend: its title says what was counted and how much
of it, its axes what they measure, each bar how many and how large.

Drawn by matplotlib, without pyplot: nothing is kept between two pictures, and no window is looked
for.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from html import escape
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gmailkit.errors import UsageError
from gmailkit.model.counted import count_text
from gmailkit.services.stats.model import IN_ORDER, TITLES, Person, Row, Stats, Table
from gmailkit.stores.whole import WholeFile

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.text import Text

ENDINGS = (".svg", ".png", ".html")
_BLUE, _QUIET = "#2a6fbb", "#666666"
_NAME = 44  # characters of a name beside its bar
_LABELLED = 40  # bars that each say their number; more would stand on one another
_STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",  # letters stay letters: found by a search, read aloud
    "svg.hashsalt": "gmailkit",  # the same table gives the same bytes
    "text.parse_math": False,  # a dollar in a name is a dollar
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
}


@dataclass(frozen=True, slots=True)
class _Bar:
    name: str
    value: float
    label: str


@dataclass(frozen=True, slots=True)
class _Drawing:
    """`bars` lie, one below the other, unless they stand in the order of time or size."""

    title: str
    subtitle: str
    names: str
    values: str
    bars: tuple[_Bar, ...]
    stand: bool


def draw(stats: Stats, path: Path, *, by: str = "month", top: int = 20) -> Path:
    """The picture in the new file `path`. Raises UsageError (no such table, no such ending, nothing
    to draw, or matplotlib is not installed), CannotWrite.
    """
    ending = path.suffix.casefold()
    if ending not in ENDINGS:
        raise UsageError(
            f"{path.name} says no kind of picture.", hint=f"Let it end with {', '.join(ENDINGS)}."
        )
    if top < 1:
        raise UsageError(f"{top} bars are no picture.", hint="Give --top 1 or more.")
    drawing = _answers(stats, top) if by == "reply" else _drawing(stats, stats.table(by), top)
    made = _made(drawing, "svg" if ending == ".html" else ending[1:])
    text = _page(drawing, made) if ending == ".html" else made
    whole = WholeFile(path)
    try:
        whole.file.write(text)
        whole.finish()
    except BaseException:
        whole.discard()
        raise
    return path


def _drawing(stats: Stats, table: Table, top: int) -> _Drawing:
    if not table.rows:
        raise UsageError(f"Nothing was counted by {table.by}: there is nothing to draw.")
    stand = table.by in IN_ORDER
    shown = table.rows if stand else table.rows[:top]
    values, axis = _values(table, shown)
    left = len(table.rows) - len(shown)
    return _Drawing(
        title=f"{table.title}: {count_text(table.count, table.counted)}, {_bytes(table.size)}",
        subtitle=_about(stats, f"the {len(shown)} largest of {len(table.rows):,}" if left else ""),
        names=_AXES[table.by],
        values=axis,
        bars=tuple(
            _Bar(row.name, value, _label(row, table.counted, table.by))
            for row, value in zip(shown, values, strict=True)
        ),
        stand=stand,
    )


def _values(table: Table, rows: Sequence[Row]) -> tuple[list[float], str]:
    """How long the bars are, and what that measures."""
    if table.by == "hour":
        return [row.count for row in rows], "Messages"
    grown = table.by == "month"
    sizes = list(accumulate(row.size for row in rows) if grown else (row.size for row in rows))
    unit, scale = _unit(max(sizes))
    what = "Size of all mail until then" if grown else "Size"
    return [size / scale for size in sizes], f"{what} ({unit})"


def _answers(stats: Stats, top: int) -> _Drawing:
    """How long people wait for mine, those with most answers first."""
    answered = sorted(
        (each for each in stats.people if each.my_median is not None),
        key=lambda each: (-each.my_answers, each.address),
    )
    if not answered:
        raise UsageError("No answer was seen: there is nothing to draw.")
    shown = answered[:top]
    left = len(answered) - len(shown)
    which = f"the {len(shown)} of {len(answered):,} answered most" if left else ""
    total = count_text(sum(each.my_answers for each in answered), "answer")
    return _Drawing(
        title=f"{TITLES['reply']}: {total} of mine",
        subtitle=_about(stats, which),
        names="Person",
        values="Half of my answers came within (hours)",
        bars=tuple(_waited(each) for each in shown),
        stand=False,
    )


def _waited(person: Person) -> _Bar:
    hours = (person.my_median or 0) / 3600
    theirs = person.their_median
    back = f"; theirs {theirs / 3600:,.1f} h" if theirs is not None else ""
    label = f"{hours:,.1f} h, {count_text(person.my_answers, 'answer')}{back}"
    return _Bar(person.name or person.address, hours, label)


_AXES = {
    "sender": "Sender",
    "domain": "Domain",
    "label": "Label (a message may bear several)",
    "list": "Mailing list",
    "year": "Year",
    "month": "Month",
    "size": "Size of the message",
    "hour": "Hour of the day, local time",
    "attachment": "Type of file",
}


def _about(stats: Stats, which: str) -> str:
    span = f"{stats.first:%Y-%m-%d} to {stats.last:%Y-%m-%d}" if stats.first and stats.last else ""
    query = f"search: {stats.query}" if stats.query else ""
    newest = "the newest only" if stats.cut else ""
    return "; ".join(filter(None, (stats.source, query, span, newest, which)))


def _label(row: Row, counted: str, by: str) -> str:
    if not row.count:
        return ""
    more = "+" if by == "month" else ""  # its bar is as long as all mail until then
    return f"{more}{_bytes(row.size)}, {count_text(row.count, counted)}"


def _made(drawing: _Drawing, form: str) -> bytes:
    with _matplotlib() as new_figure, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # letters that no font here has
        across = len(drawing.bars) if drawing.stand else 0
        down = 0 if drawing.stand else len(drawing.bars)
        figure = new_figure((min(14, max(9, across * 0.32)), max(4.2, 1.9 + down * 0.34)))
        axes = figure.add_subplot()
        (_standing if drawing.stand else _lying)(axes, drawing.bars)
        across_axis = drawing.names if drawing.stand else drawing.values
        axes.set_xlabel(across_axis)
        axes.set_ylabel(drawing.values if drawing.stand else drawing.names)
        figure.suptitle(drawing.title, x=0.01, ha="left", fontsize=13, fontweight="bold")
        subtitle = axes.set_title(drawing.subtitle, loc="left", fontsize=9, color=_QUIET)
        _settle(figure, subtitle)
        out = io.BytesIO()
        date = {"Date": None} if form == "svg" else {}
        figure.savefig(out, format=form, dpi=110, metadata=date)
        return out.getvalue()


def _settle(figure: Figure, subtitle: Text) -> None:
    """Have all of it within the picture.

    A layout may choose finer numbers for an axis than those it made room for, and makes none for
    the width of a title.
    """
    text, most = subtitle.get_text(), 120
    subtitle.set_text(_short(text, most))
    figure.draw_without_rendering()
    while most > 1 and subtitle.get_window_extent().x1 > figure.bbox.x1 * 0.99:
        most -= 1
        subtitle.set_text(_short(text, most))


def _lying(axes: Axes, bars: Sequence[_Bar]) -> None:
    places = range(len(bars))
    drawn = axes.barh(places, [bar.value for bar in bars], color=_BLUE)
    axes.set_yticks(places, [_short(bar.name, _NAME) for bar in bars])
    axes.invert_yaxis()
    axes.bar_label(drawn, [bar.label for bar in bars], padding=4, color=_QUIET, fontsize=9)
    axes.margins(x=0.35, y=0.02)
    axes.set_xlim(left=0)


def _standing(axes: Axes, bars: Sequence[_Bar]) -> None:
    places = range(len(bars))
    drawn = axes.bar(places, [bar.value for bar in bars], color=_BLUE)
    step = max(1, len(bars) // 24)
    axes.set_xticks(places[::step], [bar.name for bar in bars[::step]], rotation=45, ha="right")
    if len(bars) <= _LABELLED:
        axes.bar_label(
            drawn, [bar.label for bar in bars], padding=3, color=_QUIET, fontsize=8, rotation=90
        )
        axes.margins(y=0.45)
    axes.set_ylim(bottom=0)
    axes.set_xlim(-0.7, len(bars) - 0.3)


def _page(drawing: _Drawing, svg: bytes) -> bytes:
    """The picture and the same numbers as a table; it loads nothing and runs nothing."""
    inside = svg[svg.index(b"<svg") :].decode()
    rows = "".join(
        f"<tr><th scope=row>{escape(bar.name)}<td>{escape(bar.label)}" for bar in drawing.bars
    )
    title = escape(drawing.title)
    return (
        '<!doctype html>\n<html lang="en"><meta charset="utf-8"><meta'
        ' http-equiv="Content-Security-Policy" content="default-src \'none\'; style-src'
        f" 'unsafe-inline'\"><title>{title}</title><style>body {{ font: 16px sans-serif;"
        " max-width: 70rem; margin: auto; padding: 1rem } svg { max-width: 100%; height: auto }"
        f" th {{ text-align: left; padding-right: 1rem; font-weight: normal }}</style><body>"
        f'<figure role=img aria-label="{title}">{inside}</figure><table><caption>{title}'
        f"</caption>{rows}</table></body></html>\n"
    ).encode(errors="replace")


def _unit(most: int) -> tuple[str, float]:
    """In which an axis counts bytes, powers of 1000 (IEC 80000-13)."""
    for unit, scale in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if most >= scale:
            return unit, scale
    return "bytes", 1


def _bytes(size: int) -> str:
    unit, scale = _unit(size)
    return f"{size / scale:,.1f} {unit}" if scale > 1 else f"{size:,} bytes"


def _short(text: str, most: int) -> str:
    plain = "".join(each if each.isprintable() else " " for each in text)
    return plain if len(plain) <= most else plain[: most - 1] + "…"


@contextmanager
def _matplotlib() -> Iterator[Callable[[tuple[float, float]], Figure]]:
    """What makes a figure of a size in inches, in our style."""
    try:
        import matplotlib
        from matplotlib.figure import Figure
    except ImportError as error:
        raise UsageError(
            "Pictures need matplotlib.", hint="Install it with: pip install 'gmailkit[plots]'"
        ) from error
    with matplotlib.rc_context(_STYLE):
        yield lambda size: Figure(figsize=size, layout="constrained")
