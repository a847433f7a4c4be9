"""Messages of a backup, or of another store of files, counted in one pass."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from msgspec.structs import replace

from gmailkit.backup.crypt.given import Identity
from gmailkit.errors import Failure, NotFound, UsageError
from gmailkit.mime.mailing_list import list_id
from gmailkit.mime.parse import parse
from gmailkit.model.item import Item
from gmailkit.model.mail import Attachment
from gmailkit.query.parse import parse as parse_query
from gmailkit.services import days
from gmailkit.services.days import When
from gmailkit.services.searched import searched
from gmailkit.services.stats.model import Stats
from gmailkit.services.stats.tally import Seen, Tally
from gmailkit.stores.backup import BackupStore
from gmailkit.stores.matching import LOOKED_AT
from gmailkit.stores.opening import open_source
from gmailkit.stores.protocol import Source

OnCounted = Callable[[int, int], None]
_ENDING = 8  # letters
_SAME = {"jpeg": "jpg", "tiff": "tif", "htm": "html", "mpeg": "mpg"}


def stats(
    path: str | Path,
    *,
    query: str = "",
    account: str = "",
    as_of: When | None = None,
    identity: Identity = None,
    on_progress: OnCounted = lambda done, total: None,
) -> Stats:
    """What a backup folder consists of, or an mbox file, a Maildir, a folder of .eml files; each
    message is read once and none is held. Of a large one the first 64 MB are looked at.

    `query` chooses messages as Gmail's search would (Spam and Trash only when named); without one
    all are counted. `account`: whose mail, where a backup has several. `as_of`: as the backup stood
    then; `identity` opens one that is encrypted. Raises NotFound, of a label that it has not too,
    NoBackup, UsageError, QueryError.
    """
    place = Path(path).expanduser()
    parse_query(query)
    with open_source(place, account, as_of=days.as_of(as_of), identity=identity) as store:
        return stats_of(store, str(place), query=query, account=account, on_progress=on_progress)


def stats_of(
    store: Source,
    place: str,
    *,
    query: str = "",
    account: str = "",
    on_progress: OnCounted = lambda done, total: None,
) -> Stats:
    """The same of any store, which people call `place`."""
    tally = Tally(store.addresses() if isinstance(store, BackupStore) else (account,))
    refs = searched(store, parse_query(query))
    notes = store.notes if isinstance(store, BackupStore) else ()
    failed: list[Failure] = []
    for done, (ref, got) in enumerate(store.fetch(refs), start=1):
        if isinstance(got, Item):
            try:
                tally.add(seen_of(ref, got))
            except UsageError as error:  # its bytes could not be read to their end
                failed.append(Failure.of(ref, error))
        elif not isinstance(got, NotFound):
            failed.append(Failure.of(ref, got))
        on_progress(done, 0)
    return replace(tally.stats(place, query, failed=failed), notes=notes)


def seen_of(ref: str, item: Item) -> Seen:
    """What is counted of a message."""
    mail = parse(item.content.part(0, LOOKED_AT))
    named = list_id(mail.header("List-Id")).id
    precedence = mail.header("Precedence").strip().casefold()
    bulk = named or mail.header("List-Unsubscribe") or precedence in ("bulk", "list")
    return Seen(
        id=ref,
        thread=item.thread,
        date=item.received or mail.date,
        sender=mail.sender,
        to=(*mail.to, *mail.cc),
        subject=mail.subject,
        labels=item.labels | ({"DRAFT"} if "draft" in item.flags else set()),
        list_id=named,
        bulk=bool(bulk),
        size=item.content.size,
        files=tuple((_kind(each), each.size) for each in mail.attachments),
    )


def _kind(attachment: Attachment) -> str:
    """The ending of its name, where that is one; else its content type."""
    ending = attachment.filename.strip().rpartition(".")[2].casefold()
    if "." in attachment.filename and ending.isalnum() and len(ending) <= _ENDING:
        return _SAME.get(ending, ending)
    return attachment.content_type.casefold().partition(";")[0].strip()
