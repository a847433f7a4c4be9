"""Mail whose labels or marks change between two copies: the target never grows by it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gmailkit.errors import CannotWrite
from gmailkit.model.item import Item, Ref
from gmailkit.services.copying.carrying import CopyDone, copy_mail
from gmailkit.services.copying.plan import plan_copy
from gmailkit.services.copying.run import BATCH
from gmailkit.services.export.mail import export
from gmailkit.services.places import Places
from gmailkit.stores.maildir import MaildirStore
from gmailkit.stores.mbox import MboxStore
from mailroom import letter

MAIL = [Item.of(letter(f"{n}"), labels=frozenset({"INBOX"})) for n in range(3)]


def carried(source: Path, target: str) -> CopyDone:
    with Places() as opened:
        return copy_mail(opened, plan_copy(opened, f"maildir:{source}", target))


def every(place: str) -> list[Item]:
    """Without their contents."""
    with Places() as opened:
        there = opened.source(opened.locate(place))
        return [got for _, got in there.fetch(there.refs()) if isinstance(got, Item)]


def maildir(path: Path, *folders: list[bytes]) -> Path:
    """As another program makes one: equal messages in several folders are several files."""
    for name, mail in zip(("", ".Work"), folders, strict=False):
        for part in ("new", "tmp", "cur"):
            (path / name / part).mkdir(parents=True)
        for number, raw in enumerate(mail):
            (path / name / "cur" / f"{number}.theirs:2,").write_bytes(raw)
    return path


def read_all(path: Path) -> None:
    for file in path.rglob("cur/*,"):
        file.rename(f"{file}S")


@pytest.mark.parametrize("kind", ["mbox", "maildir", "eml", "backup"])
def test_what_was_read_labelled_or_moved_since_is_not_copied_anew(
    kind: str, tmp_path: Path
) -> None:
    source, target = tmp_path / "Mail", f"{kind}:{tmp_path / 'there'}"
    with MaildirStore(source, write=True) as store:
        for item in MAIL:
            store.add(item)
    carried(source, target)
    read_all(source)
    with MaildirStore(source, write=True) as store:
        store.add(replace(MAIL[0], labels=frozenset({"Work"})))
    for _ in range(2):
        done = carried(source, target).copied
        there = every(target)
        assert len(there) == 3
        changed = all("seen" in each.flags for each in there)
        assert changed == any("Work" in each.labels for each in there) == (kind != "mbox")
        assert done.unlike == (0 if changed else 3)


@pytest.mark.parametrize("by", ["copy", "export"])
def test_equal_messages_under_other_labels_are_as_many_in_an_mbox_as_in_the_source(
    by: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Though they lie far apart, and the first run is killed between them."""
    mail = [letter(f"{number}") for number in range(BATCH + 1)]
    source, target, put = maildir(tmp_path / "Mail", mail, mail), tmp_path / "mbox", MboxStore.add
    left = iter(range(2 * BATCH))

    def full(self: MboxStore, item: Item) -> Ref:
        if next(left, None) is None:
            raise CannotWrite("Cannot write: No space left on device.", path=tmp_path)
        return put(self, item)

    def again() -> Any:
        if by == "copy":
            return carried(source, f"mbox:{target}").copied
        return export(source, target, to="mbox")

    with monkeypatch.context() as patched:
        patched.setattr(MboxStore, "add", full)
        with pytest.raises(CannotWrite):
            again()
    for unlike in (0, 0, 2 * len(mail), 2 * len(mail)):
        if unlike:
            read_all(source)
        assert again().unlike == unlike
        there = every(f"mbox:{target}")
        assert [each.labels for each in there] == [{"INBOX"}] * len(mail) + [{"Work"}] * len(mail)
