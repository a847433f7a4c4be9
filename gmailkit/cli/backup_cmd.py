"""`gmailkit backup`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from msgspec.structs import replace

from gmailkit.backup.place import name_of
from gmailkit.cli import backup_plan, screen
from gmailkit.cli.backup_keys import keys
from gmailkit.cli.backup_schedule import schedule
from gmailkit.cli.backup_status import status
from gmailkit.cli.command import family
from gmailkit.cli.keys import Encrypted
from gmailkit.cli.plan import AtMost
from gmailkit.cli.progress import ProgressLine, forecast, made_searchable, time_text
from gmailkit.cli.state import State
from gmailkit.clock import SYSTEM_CLOCK
from gmailkit.errors import GmailKitError, UsageError, to_type

if TYPE_CHECKING:
    from gmailkit.cli.emit import Output
    from gmailkit.gmail import Gmail
    from gmailkit.services.backup.report import BackupReport, Progress, Reconciled


@dataclass(frozen=True, slots=True, kw_only=True)
class Which:
    """Which messages."""

    label: Annotated[
        list[str] | None,
        typer.Option("--label", metavar="NAME", help="Messages of this label; may be repeated."),
    ] = None
    query: Annotated[
        str, typer.Option("--query", metavar="QUERY", help="Messages that match this search.")
    ] = ""
    every: Annotated[
        bool, typer.Option("--all", help="All mail, what lies in Spam and Trash too.")
    ] = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Now:
    """What is done now and not at its own time, and for how long."""

    settings: Annotated[
        bool, typer.Option("--settings", help="Read the settings now, not once a day.")
    ] = False
    reconcile: Annotated[
        bool, typer.Option("--reconcile", help="Compare with Gmail now, not once a week.")
    ] = False
    index: Annotated[
        bool, typer.Option("--index", help="Make it searchable now, not with the first search.")
    ] = False
    at_most: AtMost = None
    seed: Annotated[
        list[str] | None,
        typer.Option(
            "--seed", metavar="STORE", help="Take mail that lies there first: takeout:FILE.zip ..."
        ),
    ] = None
    take_over: Annotated[
        bool,
        typer.Option(
            "--take-over", help="Of object storage: remove the lock that a dead run elsewhere left."
        ),
    ] = False


@family(schedule, status, keys)
def backup(
    ctx: typer.Context,
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="The backup folder or URL; made if missing.")
    ],
    which: Which,
    now: Now,
    how: backup_plan.How,
    whom: Encrypted,
) -> None:
    """Save mail into a folder: exact bytes, labels, drafts, filters and all other settings.

    Without --label and --query all mail but Spam and Trash, newest first. Run it again to go on
    after a stop, and to take over what is new, was labelled anew or deleted; nothing that was saved
    ever goes. Once a week both sides are compared, and what differs is named. Check the folder with
    gmailkit verify. (A folder called keys, schedule or status is ./keys ...)

    Gmail's API gives some messages a second; its IMAP is faster, up to so many bytes a day, and
    needs the scope https://mail.google.com/ (gmailkit login --for full). --via both reads by both
    side by side; --dry-run tells how long each way takes.

    --seed takes what another place has already, a Takeout archive or a Maildir, as the messages of
    Gmail that they are, so that little is left to read; verify --against gmail then proves them.

    With --encrypt a new backup is encrypted by age, for each --recipient, or for a passphrase.
    Later runs need neither: this machine can add to it without being able to read it. To read it
    name your key: --identity FILE.

    DIR may be object storage: s3://BUCKET/DIR, gs://, az:// (gmailkit[cloud]). Its keys come from
    the environment: AWS_ACCESS_KEY_ID and the like.

    Examples:
      gmailkit backup mail.backup
      gmailkit backup mail.backup --all --for 2h --via both
      gmailkit backup mail.backup --encrypt --passphrase

    Needs: gmail.readonly (gmailkit login --for read).
    """
    state = State.of(ctx)
    begun = SYSTEM_CLOCK.monotonic()
    gmail = state.gmail()
    if how.dry_run:
        _show_plan(state, gmail, folder, which, how, now.seed or ())
        return
    if whom.encrypt or whom.anybody:
        _begin_encrypted(state, folder, whom)
    if now.take_over:
        _take_over(folder)
    with (
        _telling_what_is_saved(state, folder),
        closing(ProgressLine(state.out, gmail=gmail)) as line,
    ):
        for store in now.seed or ():
            _seed(state, gmail, folder, store, line, every=which.every)
        show = partial(_show, state.out, gmail, line)
        report = gmail.backup(
            folder,
            label=which.label or (),
            query=which.query,
            every=which.every,
            settings=now.settings,
            reconcile=now.reconcile,
            index=now.index,
            at_most=now.at_most,
            via=how.via,
            on_plan=partial(backup_plan.tell, state.out),
            on_progress=show,
            on_indexed=made_searchable(state.out),
        )
    seconds = SYSTEM_CLOCK.monotonic() - begun
    if state.out.json:
        state.out.document({**_facts(report, seconds), "units": gmail.spent.units})
    else:
        _summary(state.out, report, seconds)
    _warn_of_damage(state.out, folder)


def _show_plan(
    state: State,
    gmail: Gmail,
    folder: Path,
    which: Which,
    how: backup_plan.How,
    seed: Sequence[str],
) -> None:
    plan = gmail.plan_backup(
        folder,
        label=which.label or (),
        query=which.query,
        every=which.every,
        via=how.via,
        seed=seed,
    )
    backup_plan.show(state.out, plan)


def _seed(
    state: State, gmail: Gmail, folder: Path, store: str, line: ProgressLine, *, every: bool
) -> None:
    def show(done: int, taken: int) -> None:
        line.show(done, None, f"{done:,} messages of {store} looked at, {taken:,} taken")

    seeded = gmail.seed_backup(folder, store, every=every, on_progress=show)
    others = {
        "were in the backup before": seeded.present,
        "lie in Spam or Trash": seeded.hidden,
        "are none of this mailbox, or nobody can tell which": seeded.strange,
        "have no date": seeded.undated,
        "could not be read": len(seeded.failed),
    }
    more = "".join(f"; {count:,} {why}" for why, count in others.items() if count)
    taken = f"{screen.count_text(seeded.taken, 'message')} ({screen.bytes_text(seeded.bytes)})"
    state.out.say(f"Taken from {seeded.store}: {taken}{more}.")
    if seeded.taken:
        _say_how_to_prove(state.out, folder)


def _say_how_to_prove(out: Output, folder: Path) -> None:
    proof = to_type("verify", name_of(folder), "--against", "gmail")
    out.say(f"Whether they are Gmail's to the byte is known after: {proof}")


@contextmanager
def _telling_what_is_saved(state: State, folder: Path) -> Iterator[None]:
    """What Ctrl-C leaves: counted in the backup itself once that is closed."""
    try:
        yield
    except KeyboardInterrupt:
        from gmailkit.services.backup.status import saved_so_far

        with suppress(GmailKitError):
            count = screen.count_text(saved_so_far(folder), "message")
            words = f"{name_of(folder)} holds {count}; {state.on_stop.words}"
            state.on_stop = replace(state.on_stop, words=words)
        raise


def _warn_of_damage(out: Output, folder: Path) -> None:
    """What is saved is not read again by a run, so of itself it would not know."""
    from gmailkit.config import Settings
    from gmailkit.services.backup.checked import was_damaged

    if was_damaged(Settings.load().home, folder):
        repair = to_type("repair", name_of(folder))
        out.before_asking(  # -q does not silence it
            f"The last verify found damage, which a run like this does not mend: {repair}"
        )


def _begin_encrypted(state: State, folder: Path, whom: Encrypted) -> None:
    from gmailkit.backup.crypt.beginning import begin_encrypted

    if not (whom.encrypt and whom.anybody):
        said = whom.words or ["--passphrase"]
        raise UsageError(
            f"{said[0]} says who may read an encrypted backup, which --encrypt begins."
            if whom.anybody
            else "--encrypt needs to know who may read the backup: --recipient or --passphrase.",
            hint=to_type("backup", name_of(folder), "--encrypt", *said),
        )
    owners = whom.owners(state)
    if begin_encrypted(folder, owners, clock=state.clock) and owners.warning:
        state.out.before_asking(owners.warning)  # -q does not silence it


def _take_over(folder: Path) -> None:
    from gmailkit.backup.objects.lock import take_over

    take_over(folder)


def _show(out: Output, gmail: Gmail, line: ProgressLine, step: Progress) -> None:
    if not step.done:
        forecast(out, gmail, step.units, f"{screen.count_text(step.total, 'message')} to read")
        return
    words = f"{step.done:,} of {step.total:,} messages, {screen.bytes_text(step.bytes)}"
    line.show(step.done, step.total, words)


def _facts(report: BackupReport, seconds: float) -> dict[str, object]:
    compared = report.reconciled
    return {
        "account": report.account,
        "path": name_of(report.path),
        "mode": report.mode,
        "wanted": report.wanted,
        "present": report.present,
        "fetched": report.fetched,
        "gone": report.gone,
        "deleted": report.deleted,
        "relabelled": report.relabelled,
        "left_out": report.left_out,
        "let_go": report.let_go,
        "settings": report.settings,
        "reconciled": compared
        and {
            "gmail": compared.gmail,
            "backup": compared.backup,
            "mended": compared.mended,
            "differ": [{"item": each.item, "why": each.why} for each in compared.differ],
        },
        "bytes": report.bytes,
        "by_imap": report.by_imap,
        "seconds": round(seconds, 3),
        "notes": report.notes,
    }


def _summary(out: Output, report: BackupReport, seconds: float) -> None:
    new = f"{screen.count_text(report.fetched, 'new message')} ({screen.bytes_text(report.bytes)})"
    done = new if report.fetched else "nothing new"
    if report.wanted:
        out.line(f"{report.account}: {done}, {report.present:,} already in {name_of(report.path)}.")
    else:
        out.say("No message matches.")
    for note in report.notes:
        out.say(note)
    if report.by_imap:
        out.say(f"{screen.count_text(report.by_imap, 'message')} came by IMAP.")
        _say_how_to_prove(out, report.path)
    if report.gone:
        out.say(f"{screen.count_text(len(report.gone), 'message')} vanished while it ran.")
    if changed := _changed(report):
        out.say(f"Noted: {', '.join(changed)}.")
    if report.left_out:
        out.say(f"Left out: {screen.count_text(report.left_out, 'message')} in Spam and Trash.")
    if report.let_go:
        count = screen.count_text(report.let_go, "message")
        out.say(f"Left out: {count} that a compaction let go; a run with --query takes them again.")
    if report.reconciled:
        _compared(out, report.reconciled)
    out.say(f"It took {time_text(seconds)}. Check it: {to_type('verify', name_of(report.path))}")


def _changed(report: BackupReport) -> list[str]:
    """What became of saved mail, in words."""
    found = []
    if report.relabelled:
        found.append(f"{screen.count_text(report.relabelled, 'message')} with other labels")
    if report.deleted:
        found.append(f"{report.deleted:,} that Gmail has no more (they stay here)")
    return found


def _compared(out: Output, compared: Reconciled) -> None:
    if compared.mended:
        count = screen.count_text(compared.mended, "change")
        out.say(f"Gmail had not told of {count}, found by comparing and put right.")
    out.say(f"Compared: Gmail holds {compared.gmail:,}, the backup {compared.backup:,}.")
    for each in compared.differ:
        out.say(screen.visible(f"  {each.item}: {each.why}"))
