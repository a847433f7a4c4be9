"""Gmail as a source: whose failure it is when a message does not come; what is paid for comes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from fakes import ImpatientClock
from gmailkit.backup.folder import Backup
from gmailkit.config import Settings
from gmailkit.errors import BudgetSpent, Refused
from gmailkit.gmail import Gmail
from gmailkit.model.item import Item, Ref
from gmailkit.sandbox import Sandbox
from gmailkit.services.copying.run import copy
from gmailkit.services.labels import LabelNames
from gmailkit.stores.backup import FollowedTarget
from gmailkit.stores.gmail import GmailSource
from gmailkit.stores.maildir import MaildirStore
from gmailkit.stores.memory import MemoryStore
from mailroom import ME, letter


def fill(sandbox: Sandbox, count: int) -> list[Ref]:
    return [Ref(sandbox.mail.put(ME, letter(f"Number {n}"))) for n in range(count)]


def test_a_message_that_gmail_does_not_give_is_named_and_the_others_are_copied(
    sandbox: Sandbox, gmail: Gmail, tmp_path: Path
) -> None:
    refs = fill(sandbox, 12)
    sandbox.faults.next(403, reason="forbidden", method="messages.get")
    with MaildirStore(tmp_path / "Mail", write=True) as target:
        copied = copy(GmailSource(gmail._client, ME), target, [*refs, Ref("ffff")])
    assert (copied.added, len(copied.failed), copied.gone) == (11, 1, [Ref("ffff")])


def test_ten_that_do_not_come_in_a_row_are_the_service_unless_they_never_came(
    sandbox: Sandbox, gmail: Gmail
) -> None:
    refs = fill(sandbox, 30)
    sandbox.faults.next(403, reason="forbidden", method="messages.get", times=60)
    given = []
    with pytest.raises(Refused):
        given.extend(GmailSource(gmail._client, ME).fetch(refs))
    patient = GmailSource(gmail._client, ME, stubborn=refs)
    assert all(isinstance(got, Refused) for _, got in patient.fetch(refs))


def test_a_sign_in_that_does_not_suffice_is_no_failure_of_a_message(
    sandbox: Sandbox, settings_for: Callable[..., Settings]
) -> None:
    refs = fill(sandbox, 3)
    with (
        Gmail(settings=settings_for(purpose="send"), clock=ImpatientClock()) as gmail,
        pytest.raises(Refused) as caught,
    ):
        next(GmailSource(gmail._client, ME).fetch(refs))
    assert caught.value.needs


def test_what_is_paid_for_is_copied_before_the_units_are_said_to_be_spent(
    sandbox: Sandbox, settings_for: Callable[..., Settings]
) -> None:
    refs, target = fill(sandbox, 40), MemoryStore()
    limited = replace(settings_for(), budget=400)
    with Gmail(settings=limited, clock=ImpatientClock()) as gmail:
        source = GmailSource(gmail._client, ME, names=LabelNames([]))
        with pytest.raises(BudgetSpent, match="20 messages were copied, 20 are left"):
            copy(source, target, refs, total=40)
    assert len(list(target.refs())) == sum("/messages/" in path for _, path in sandbox.requests)


def test_a_backup_takes_what_gmail_gives_under_its_ids_and_nothing_else(
    sandbox: Sandbox, gmail: Gmail, tmp_path: Path
) -> None:
    gmail.create_label("Work/Größe, Maß")
    refs = fill(sandbox, 3)
    gmail.label(ids=refs[:1], add=["Work/Größe, Maß", "STARRED"])
    names = LabelNames.of(gmail._client)
    source = GmailSource(gmail._client, ME, names=names)
    with Backup.open(tmp_path / "b", write=True, create=True) as folder:
        target = FollowedTarget(folder, ME, names)
        assert copy(source, target, refs).added == 3
        again = copy(source, target, refs)
        other = copy(other := MemoryStore([Item.of(b"Subject: x\n\nx\n")]), target, other.refs())
        found = {entry.id: entry for entry in folder.entries()}
    assert (again.added, again.present) == (0, 3)
    assert (other.added, len(other.refused)) == (0, 1)
    assert set(found) == set(refs)
    for ref in refs:
        bears = frozenset(gmail.messages.get(ref, format="minimal").label_ids)
        assert found[ref].labels == names.named(bears)
