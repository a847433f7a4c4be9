"""A backup of mail that nobody sane would send: nothing is lost, and the truth is said."""

from __future__ import annotations

from pathlib import Path

import pytest

from gmailkit import export
from gmailkit.backup.check import verify
from gmailkit.backup.events import Labels
from gmailkit.backup.folder import Backup
from gmailkit.backup.record import Record
from gmailkit.errors import PartialError, UsageError
from gmailkit.gmail import Gmail
from gmailkit.sandbox import Sandbox
from gmailkit.services.restoring.drill import drill
from mailroom import ME, letter

BARE = {
    "empty": b"",
    "no header": b"nothing that looks like a header",
    "only a header": b"From: ann@example.com\r\nSubject: x",
    "zeros": bytes(2000),
    "From lines": b"From x\n" * 500,
}


def saved(path: Path, raws: dict[str, bytes], labels: dict[str, str]) -> Path:
    with Backup.open(path, create=True) as folder:
        for n, (name, raw) in enumerate(raws.items()):
            folder.add(Record(account=ME, id=name, thread=name, date_ms=n, labels=labels, raw=raw))
    return path


def test_what_is_hardly_mail_is_exported_as_it_is_and_kept_where_gmail_refuses_it(
    gmail: Gmail, quick_path: Path
) -> None:
    folder = saved(quick_path / "mail.backup", BARE | {"good": letter("Good")}, {})
    assert verify(folder).ok
    for form in ("mbox", "maildir", "eml", "zip", "jsonl", "csv"):
        assert export(folder, quick_path / f"out.{form}", to=form).added == len(BARE) + 1
    back = export(quick_path / "out.mbox", quick_path / "again", to="eml")
    assert back.added == len(BARE) + 1
    exported = {each.read_bytes() for each in (quick_path / "again").rglob("*.eml")}
    assert exported == {*BARE.values(), letter("Good")}
    with pytest.raises(PartialError) as raised:
        gmail.restore(gmail.plan_restore(folder), quarantine=quick_path / "refused")
    refused = {each.item for each in raised.value.failed}
    assert refused == {"empty", "no header", "zeros", "From lines"}
    kept = {each.read_bytes() for each in (quick_path / "refused").rglob("*.eml")}
    assert kept == {BARE[name] for name in refused}
    tried = drill(folder, sample=None)
    assert ({each.item for each in tried.refused}, tried.wrong) == (refused, ())


@pytest.mark.parametrize(
    "count",
    [20_000, pytest.param(1_000_000, marks=[pytest.mark.soak, pytest.mark.timeout(600)])],
    ids=["20 thousand", "a million"],
)
def test_one_message_under_very_many_labels_is_saved_relabelled_and_exported(
    gmail: Gmail, quick_path: Path, sandbox: Sandbox, count: int
) -> None:
    labels = {f"Label_{n}": f"Name {n}" for n in range(count)}
    folder = saved(quick_path / "mail.backup", {"1": letter("Many")}, labels)
    with Backup.open(folder, write=True) as opened:
        opened.note(Labels(account=ME, id="1", labels=dict(list(labels.items())[1:])))
    assert verify(folder).ok
    with Backup.open(folder) as opened:
        (entry,) = opened.entries()
        assert len(entry.labels) == count - 1
    assert export(folder, quick_path / "out", to="eml").added == 1
    asked = len(sandbox.requests)
    with pytest.raises(UsageError, match=f"would have {count:,} labels"):
        gmail.plan_restore(folder)
    assert all(method == "GET" for method, _ in sandbox.requests[asked:])


def test_a_backup_folder_inside_another_program_s_stays_that_program_s(tmp_path: Path) -> None:
    """A restic repository, a Maildir and a folder of git."""
    from gmailkit.errors import NoBackup

    for name, content in {
        "config": b"{}",
        "cur/1:2,S": letter("Somebody's"),
        ".git/HEAD": b"ref: refs/heads/main\n",
    }.items():
        path = tmp_path / name.replace("/", "_")
        (path / name).parent.mkdir(parents=True)
        (path / name).write_bytes(content)
        before = sorted(path.rglob("*"))
        with pytest.raises(NoBackup):
            drill(path)
        assert sorted(path.rglob("*")) == before
