"""A watch that always runs."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from gmailkit.services.scheduling.job import Job, check_fit, fit, job_name
from gmailkit.services.scheduling.program import environment, this_program


def watch_job(
    name: str, words: Sequence[str], *, mailbox: Sequence[str] = (), folder: str = ""
) -> Job:
    """The job of `gmailkit watch` with these `words`; `mailbox` are options as they are typed that
    say which mailbox. It runs in `folder`, since a command may be named from there. UsageError for
    what no timer could hold.
    """
    check_fit((*words, *mailbox, folder))
    identity = shlex.join([name, *mailbox]).encode()
    program = shlex.join([*this_program(), *mailbox, "-q", "--no-input", "watch", *words])
    return Job(
        name=job_name("watch", name, identity),
        what=fit(f"Watch for mail: {name}"),
        script=f"cd {shlex.quote(folder)} && exec {program}" if folder else program,
        times=None,
        environment=environment(),
    )
