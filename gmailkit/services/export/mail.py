"""Messages of a backup, or of any other store of files, in another form."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Literal, get_args

from gmailkit.backup.crypt.given import Identity
from gmailkit.backup.labels import SYSTEM_NAMES
from gmailkit.backup.place import name_of, url_of
from gmailkit.errors import CannotDo, NotFound, PartialError, UsageError
from gmailkit.model.counted import count_text
from gmailkit.query.parse import parse
from gmailkit.query.tree import In, Label, Node, Place, all_of, any_of
from gmailkit.services import days
from gmailkit.services.copying.run import Copied, LogOfOneRun, Passed, copy
from gmailkit.services.days import When
from gmailkit.services.export.pages.target import PagesTarget
from gmailkit.services.export.parquet import ParquetTarget
from gmailkit.services.export.rows import Cells, RowsTarget
from gmailkit.services.searched import searched
from gmailkit.services.surveying import lost
from gmailkit.stores.backup import BackupStore
from gmailkit.stores.eml import EmlStore, ZipTarget
from gmailkit.stores.maildir import MaildirStore
from gmailkit.stores.mbox import MboxStore
from gmailkit.stores.opening import open_source
from gmailkit.stores.protocol import Source, Target

Form = Literal["mbox", "maildir", "eml", "zip", "html", "parquet", "jsonl", "csv"]
FORMS: tuple[Form, ...] = get_args(Form)
_LONGER_NAMES = ("SPAM", "TRASH")


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """`added` messages are new in `path`, `present` were there before, `unlike` of them under other
    labels or marks, which stay; `bytes` is the size of both, `gone` were removed from the source
    meanwhile. `lost` says in words what the source knows and this form cannot hold; `notes` say
    what opening a backup met.
    """

    path: Path
    to: Form
    source: str
    added: int
    present: int
    bytes: int
    gone: int
    lost: tuple[str, ...]
    unlike: int = 0
    notes: tuple[str, ...] = ()


def export(
    source: str | Path,
    path: str | Path,
    *,
    to: str,
    query: str = "",
    label: Iterable[str] = (),
    account: str = "",
    as_of: When | None = None,
    cells: Cells = "guarded",
    identity: Identity = None,
    on_progress: Callable[[Passed], None] = lambda passed: None,
) -> Export:
    """Bring the messages of a backup folder, an mbox file, a Maildir or a folder of .eml files into
    another form (one of `FORMS`), at `path`: all of them, or those that bear one of the labels and
    match the query. `as_of`, a day or a moment, takes a backup as it was known to be then: the
    messages saved by then and not found gone, with the labels they bore. `cells="raw"`: no
    apostrophe stands in front of what a spreadsheet would compute. `identity` opens an encrypted
    backup.

    Run again, mbox, Maildir, eml and html take what they lack; the others are made whole, beside,
    and never over a file that is there. Raises UsageError, QueryError, NotFound (the source, or a
    label that no message there has), NoBackup, CannotWrite, BackupLocked, and PartialError when
    some messages could not be read or taken; the others are there.
    """
    form = _form(to)
    if cells not in get_args(Cells) or (cells != "guarded" and form != "csv"):
        raise UsageError("Only the cells of csv are guarded.", hint="Write --to csv.")
    named = tuple(label)
    wanted = _wanted(query, named)
    origin, place = Path(source).expanduser(), Path(path).expanduser()
    _apart(origin, place)
    with ExitStack() as resources:
        store = resources.enter_context(
            open_source(origin, account, as_of=days.as_of(as_of), identity=identity)
        )
        _check_labels(store, named, origin)
        refs = searched(store, wanted)
        target = resources.enter_context(_target(form, place, cells))
        missing = lost(store.can, target.can)
        notes = store.notes if isinstance(store, BackupStore) else ()
        copied = copy(store, target, refs, log=LogOfOneRun(), on_passed=on_progress)
    _complain(copied)
    return Export(
        path=place,
        to=form,
        source=store.name,
        added=copied.added,
        present=copied.present,
        bytes=copied.bytes,
        gone=len(copied.gone),
        lost=missing,
        unlike=copied.unlike,
        notes=notes,
    )


def _form(name: str) -> Form:
    for form in FORMS:
        if form == name.lower():
            return form
    raise UsageError(f"{name!r} is no form of mail.", hint=f"Choose one of {', '.join(FORMS)}.")


def _wanted(query: str, labels: Iterable[str]) -> Node:
    named = [_labelled(name) for name in labels]
    return all_of([parse(query), *([any_of(named)] if named else [])])


def _check_labels(store: Source, names: Iterable[str], source: Path) -> None:
    """Before anything is made: mail of a mistyped name would be missing, and nobody would know."""
    for name in names:
        known = name.upper() in SYSTEM_NAMES
        if not known and next(store.refs(_labelled(name)), None) is None:
            near = _near(store, name)
            raise NotFound(
                f'No message of {name_of(source)} has the label "{name}".',
                hint=f"Did you mean {near}?"
                if near
                else "Labels of Spam and Trash do not count. Without --label all mail is exported.",
            )


def _near(store: Source, name: str) -> str:
    """Labels that are written much alike, where the store knows its labels; "" for none."""
    names = store.labels() if isinstance(store, BackupStore) else ()
    known = {each.casefold(): each for each in sorted(names)}
    found = get_close_matches(name.casefold(), known, n=3)
    return ", ".join(f'"{known[each]}"' for each in found if each != name.casefold())


def _labelled(name: str) -> Node:
    """Spam and Trash are only looked into where they are asked for as places."""
    return In(Place[name.upper()]) if name.upper() in _LONGER_NAMES else Label(name)


def _target(form: Form, path: Path, cells: Cells) -> Target:
    match form:
        case "mbox":
            return MboxStore(path, write=True)
        case "maildir":
            return MaildirStore(path, write=True)
        case "eml":
            return EmlStore(path, write=True)
        case "zip":
            return ZipTarget(path)
        case "html":
            return PagesTarget(path)
        case "parquet":
            return ParquetTarget(path)
        case "jsonl" | "csv":
            return RowsTarget(path, form=form, cells=cells)


def _apart(source: Path, path: Path) -> None:
    if url_of(path):
        raise CannotDo(
            "An export goes to this machine, not into object storage.",
            hint="Name a file or folder here. A backup is taken there by gmailkit compact.",
        )
    one, other = source.resolve(), path.resolve()
    if one == other or one in other.parents or other in one.parents:
        raise UsageError(
            f"{path} and {source} lie in one another.",
            hint="Export to another place: what is read is never changed.",
        )


def _complain(copied: Copied) -> None:
    failed = (*copied.failed, *copied.refused)
    if failed:
        raise PartialError(
            f"{count_text(len(failed), 'message')} could not be exported; "
            f"{count_text(copied.added, 'was', 'were')}, and "
            f"{count_text(copied.present, 'was', 'were')} there before.",
            done=copied.added,
            failed=failed,
            hint="What is there is whole; `gmailkit verify` tells what a backup has lost, "
            "and `gmailkit repair` fetches it again.",
        )
