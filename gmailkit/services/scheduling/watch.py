"""A watch that always runs."""

from __future__ import annotations

import hashlib
import re
import shlex
from collections.abc import Sequence

from gmailkit.errors import UsageError
from gmailkit.services.scheduling.job import Job
from gmailkit.services.scheduling.program import environment, this_program

_UNFIT = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")


def watch_job(name: str, words: Sequence[str], *, mailbox: Sequence[str] = ()) -> Job:
    """The job of `gmailkit watch` with these `words`; `mailbox` are options as they are typed that
    say which mailbox. UsageError for what no timer could hold.
    """
    for text in (*words, *mailbox):
        if _UNFIT.search(text):
            raise UsageError(
                f"{text!r} holds a character that no timer takes.",
                hint="A command of several lines goes into a script of its own.",
            )
    plain = re.sub(r"[^A-Za-z0-9]+", "-", name).strip("-")[:40] or "mail"
    digest = hashlib.sha256(shlex.join([name, *mailbox]).encode()).hexdigest()[:8]
    return Job(
        name=f"gmailkit-watch-{plain}-{digest}",
        what=_UNFIT.sub("", f"Watch for mail: {name}"),
        script=shlex.join([*this_program(), *mailbox, "-q", "--no-input", "watch", *words]),
        times=None,
        environment=environment(),
    )
