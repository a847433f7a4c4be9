"""The labels that me@example.com has made: nested, coloured, hollow, in several scripts."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SampleLabel:
    """A user label; both colours are of Gmail's palette, or both are None."""

    name: str
    background: str | None = None
    text: str | None = None


SAMPLE_LABELS: tuple[SampleLabel, ...] = (
    SampleLabel("Receipts", "#16a766", "#ffffff"),
    SampleLabel("Work", "#4a86e8", "#ffffff"),
    SampleLabel("Work/Projects", "#c9daf8", "#1c4587"),
    SampleLabel("Work/Projects/Atlas", "#a4c2f4", "#0d3472"),
    SampleLabel("Work/Projects/Big Move"),
    SampleLabel("Work/Clients & Partners"),
    SampleLabel("CI", "#fb4c2f", "#ffffff"),
    SampleLabel("Family", "#f691b3", "#711a36"),
    SampleLabel("Travel", "#ffad47", "#7a4706"),
    SampleLabel("Travel/Lisbon [spring]"),
    SampleLabel("Reading list", "#fad165", "#594c05"),
    SampleLabel("Bücher & Café", "#b694e8", "#41236d"),
    SampleLabel("Путешествия"),
    SampleLabel("写真", "#a2dcc1", "#04502e"),
    SampleLabel("עברית"),
    # A child whose parent was never made, and a label nothing carries: both are legal.
    SampleLabel("Clubs/Chess"),
    SampleLabel("Someday", "#cccccc", "#434343"),
)

# What a search finds (is:muted, category:purchases) though the API shows no label for it.
HIDDEN = frozenset("MUTED SNOOZED SCHEDULED CATEGORY_PURCHASES CATEGORY_RESERVATIONS".split())
