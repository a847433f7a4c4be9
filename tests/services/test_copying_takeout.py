"""The Takeout that the sandbox writes of a mailbox is that mailbox again, in every language."""

from __future__ import annotations

from pathlib import Path

import pytest

from gmailkit.gmail import Gmail
from gmailkit.sandbox import Sandbox
from gmailkit.sandbox.takeout.languages import LANGUAGES
from gmailkit.services.copying.check import compare
from gmailkit.stores.gmail import GmailSource
from gmailkit.stores.takeout import TakeoutStore
from mailroom import ME, letter


@pytest.fixture
def filled(gmail: Gmail, sandbox: Sandbox) -> Gmail:
    """Read and unread, starred, archived, filed under odd names, in Spam and Trash, a draft."""
    names = ["Work/Größe, Maß", "Lähetetyt", 'Say "hi"']
    for name in names:
        gmail.create_label(name)
    put = [sandbox.mail.put(ME, letter(f"Number {n}")) for n in range(8)]
    gmail.label(ids=put[:2], add=[names[0], names[1], "STARRED"], remove=["UNREAD"])
    gmail.label(ids=put[1:4], add=[names[2], "IMPORTANT", "CATEGORY_UPDATES"], remove=["INBOX"])
    gmail.label(ids=put[4:5], add=["CATEGORY_PROMOTIONS"])
    gmail.trash(ids=put[5:6])
    gmail.label(ids=put[6:7], add=["SPAM"], remove=["INBOX"])
    gmail.drafts.create(letter("Draft"))
    return gmail


def test_an_archive_in_any_language_holds_the_mailbox_it_is_of(
    filled: Gmail, sandbox: Sandbox, tmp_path: Path
) -> None:
    for language in LANGUAGES:
        path = tmp_path / f"{language}.tgz"
        sandbox.takeout(ME, path, language=language, per_label=language in ("de", "ja"))
        with TakeoutStore(path) as takeout:
            found = compare(GmailSource(filled._client, ME), takeout)
        told = (found.missing, found.wrong, found.unread, found.extra, found.messages)
        assert (language, *told) == (language, (), (), (), 0, 9)
