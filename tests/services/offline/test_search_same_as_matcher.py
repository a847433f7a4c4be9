"""The search database of a real backup finds what the in-memory matcher finds."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import islice
from pathlib import Path

import pytest

from gmailkit import open_backup
from gmailkit.attached.extractor import Extractor
from gmailkit.backup.folder import Backup
from gmailkit.backup.record import Record
from gmailkit.errors import CannotDo, NotFound, QueryError, UsageError
from gmailkit.mime.parse import parse
from gmailkit.model.ids import LabelId
from gmailkit.paths import Home
from gmailkit.query.context import Context
from gmailkit.query.document import Document
from gmailkit.query.match import matches
from gmailkit.query.parse import parse as parse_query
from gmailkit.query.scope import reaches_spam_and_trash
from gmailkit.query.words import split_words
from gmailkit.services.offline.mailbox import SavedMailbox
from gmailkit.zones import LOCAL
from services.offline.conftest import DAY, ME, START

LABELS = ("INBOX", "UNREAD", "SENT", "SPAM", "TRASH", "STARRED", "Work", "Work/Late", "ä b")
FORMS = (
    *("{}", "-{}", '"{} {}"', "{} OR {}", "subject:{}", "from:{}", "to:{}", "{} AROUND 5 {}"),
    *("({} OR -{}) {}", "filename:{}", "list:{}", "cc:{}", "-({} {})"),
)
MARKS = (
    *("in:inbox", "is:unread", "-is:starred", "label:work", "label:work-late", "has:attachment"),
    *("in:anywhere", "in:trash", "larger:4K", "smaller:2000", "has:userlabels", "in:sent"),
    *("after:2026/01/20", "before:2026/02/01", "older_than:1y", "from:me", "bcc:me"),
)


class Corpus:
    """Real and hostile messages with labels by chance, in a backup and as documents."""

    def __init__(self, folder: Path, corpus: Path, count: int, seed: int) -> None:
        lot = random.Random(seed)
        files = [path for path in sorted(corpus.rglob("*.eml")) if path.stat().st_size < 200_000]
        self.documents: dict[str, Document] = {}
        words = set()
        with Backup.open(folder, write=True, create=True) as backup, Extractor() as extractor:
            for number, path in enumerate(lot.sample(files, min(count, len(files)))):
                names = lot.sample(LABELS, lot.randint(0, 3))
                labels = {LabelId(n if n.isupper() else f"Label_{n}"): n for n in names}
                day = lot.randint(0, 90)
                raw = path.read_bytes()
                id = f"{number + 1:016x}"
                try:
                    backup.add(Record(ME, id, id, START + day * DAY, labels, raw))
                except CannotDo:
                    continue
                mail = parse(raw)
                answers = [extractor.read(each) for each in mail.attachments]
                document = Document.of(
                    mail,
                    labels=names,
                    date=(START + day * DAY) / 1000,
                    size=len(raw),
                    attached=[answer.text for answer in answers if answer],
                )
                self.documents[id] = document
                words.update(split_words(f"{document.mail.subject} {document.mail.text}")[:40])
        self.words = sorted(words)

    def queries(self, seed: int) -> Iterator[str]:
        lot = random.Random(seed)
        while True:
            parts = [
                lot.choice(FORMS).format(*lot.choices(self.words, k=3))
                for _ in range(lot.randint(0, 2))
            ]
            parts += lot.sample(MARKS, lot.randint(0 if parts else 1, 2))
            yield " ".join(lot.sample(parts, len(parts)))

    def matching(self, query: str, now: float) -> set[str]:
        node = parse_query(query)
        context = Context(now=now, me=frozenset([ME]), zone=LOCAL)
        hidden = frozenset() if reaches_spam_and_trash(node) else frozenset(("SPAM", "TRASH"))
        return {
            id
            for id, document in self.documents.items()
            if hidden.isdisjoint(document.labels) and matches(node, document, context=context)
        }


@pytest.mark.parametrize(
    ("messages", "asked"), [(60, 40), pytest.param(1_200, 1_500, marks=pytest.mark.soak)]
)
@pytest.mark.timeout(1_800)
def test_random_searches_find_the_same_messages_newest_first(
    tmp_path: Path, corpus: Path, messages: int, asked: int
) -> None:
    seed = int(os.environ.get("GMAILKIT_TEST_SEED", random.randrange(1 << 32)))
    made = Corpus(tmp_path / "b", corpus, messages, seed)
    with ExitStack() as stack:
        mail: SavedMailbox = stack.enter_context(
            open_backup(tmp_path / "b", home=Home.at(tmp_path / "home"))
        )
        found = 0
        for query in islice(made.queries(seed), asked):
            try:
                ids = list(mail.ids(query))
            except (QueryError, UsageError, NotFound):
                continue
            dates = [made.documents[id].date for id in ids]
            assert dates == sorted(dates, reverse=True), (seed, query)
            assert set(ids) == made.matching(query, time.time()), (seed, query)
            found += bool(ids)
    print(f"seed {seed}: {asked} searches, {found} of them found something")
    assert found
