"""One file per resource of the Gmail API."""

from __future__ import annotations

from functools import cache

from gmailkit.sandbox.route import Route


@cache
def all_routes() -> tuple[Route, ...]:
    """Literal paths stand before those with a placeholder in the same place."""
    from gmailkit.sandbox.routes import (
        attachments,
        changes,
        drafts,
        history,
        labels,
        messages,
        profile,
        sending,
        settings,
        threads,
        watch,
    )

    found = (
        *profile.ROUTES,
        *watch.ROUTES,
        *messages.ROUTES,
        *changes.ROUTES,
        *sending.ROUTES,
        *attachments.ROUTES,
        *threads.ROUTES,
        *drafts.ROUTES,
        *labels.ROUTES,
        *history.ROUTES,
        *settings.all_routes(),
    )
    return tuple(sorted(found, key=lambda route: route.path.count("{")))
