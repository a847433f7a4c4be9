"""A run that Gmail's history tells all: nothing is listed."""

from __future__ import annotations

from collections.abc import Iterable

from gmailkit.model.ids import MessageId
from gmailkit.services.backup.work import Place, Work

RETRIED = 20  # messages that earlier runs could not read; a run that lists tries them all


def take_changed(work: Work, place: Place, *, retry: Iterable[str]) -> None:
    """Read what is new, and some of what earlier runs could not."""
    assert place.told is not None  # noqa: S101 - for the type checker; else it does not cover
    work.mode = "incremental"
    work.present = work.account.count
    again = [MessageId(id) for id in retry if work.account.known(id) is None][:RETRIED]
    work.reading.read(list(dict.fromkeys((*place.told.new, *again))))
    if place.told.drafts or work.reading.drafts:
        work.take_drafts()
    work.account.go_on_from(place.history, work.wanted.covers)
