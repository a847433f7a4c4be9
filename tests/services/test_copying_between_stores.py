"""Mail copied from any store into any other: planned, each message once, resumed, held together."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from fakes import FakeClock
from gmailkit.config import Settings
from gmailkit.errors import (
    CannotDo,
    CannotWrite,
    GmailKitError,
    NotFound,
    PartialError,
    Refused,
    Unreachable,
    UsageError,
)
from gmailkit.gmail import Gmail
from gmailkit.model.content import Content
from gmailkit.model.item import Item, Ref
from gmailkit.sandbox import Sandbox
from gmailkit.services.connect import Connection, connect
from gmailkit.services.copying.carrying import CopyDone, copy_mail
from gmailkit.services.copying.check import Comparison, compare_stores
from gmailkit.services.copying.differences import LISTED, OF_COPIES, Said, of_dates
from gmailkit.services.copying.following import follow
from gmailkit.services.copying.mapping import Mapping
from gmailkit.services.copying.plan import plan_copy
from gmailkit.services.export.mail import export
from gmailkit.services.places import Places
from gmailkit.stores.gmail import GmailTarget
from gmailkit.stores.locate import Location
from gmailkit.stores.maildir import MaildirStore, tree
from gmailkit.stores.mbox import MboxStore
from gmailkit.stores.protocol import Source
from mailroom import ME, letter
from stores.test_every_store import ODD

ANN = "ann@example.com"
FILES = ["mbox", "maildir", "eml", "backup"]
WHEN = datetime(2026, 3, 1, 12, 30, 5, tzinfo=UTC)
MAIL = [
    replace(
        Item.of(raw, labels=frozenset(labels), flags=frozenset(flags), received=WHEN),
        thread=f"{number % 5:x}",
    )
    for number, (raw, labels, flags) in enumerate(
        zip(
            [*ODD, letter("One"), letter("Two")],
            [["INBOX"], ["Work", "Work/a.b"], [], ["SENT", "Ünï/日本語"], ["comma, ed"]] * 3,
            [["seen"], ["flagged"], ["seen", "draft"], [], ["seen", "flagged"]] * 3,
            strict=True,
        )
    )
]


class TwoAccounts(Places):
    """Of the same sandbox, with a token each."""

    def __init__(self, settings_for: Callable[..., Settings], purpose: str = "modify") -> None:
        super().__init__(settings_for)
        self._of = settings_for
        self._purpose = purpose
        self._made: dict[str, Connection] = {}

    def connection(self, location: Location) -> Connection:
        address = location.user or ME
        if address not in self._made:
            made = connect(self._of(address, self._purpose), None, clock=self._clock)
            self._made[address] = made
            self._resources.callback(made.close)
        return self._made[address]


@pytest.fixture
def places(settings_for: Callable[..., Settings]) -> Iterator[Places]:
    with TwoAccounts(settings_for) as opened:
        yield opened


@pytest.fixture
def ann(settings_for: Callable[..., Settings]) -> Iterator[Gmail]:
    with Gmail(settings=settings_for(ANN)) as signed_in:
        yield signed_in


def carried(source: str, target: str, places: Places | None = None, **how: object) -> CopyDone:
    """In a room of its own where none is given, as a command has it."""
    with places or Places() as opened:
        return copy_mail(opened, plan_copy(opened, source, target, **how))  # type: ignore[arg-type]


def compared(source: str, target: str, **how: object) -> Comparison:
    with Places() as opened:
        return compare_stores(opened, source, target, **how)  # type: ignore[arg-type]


@pytest.fixture
def origin(tmp_path: Path) -> str:
    path = tmp_path / "origin.mbox"
    with MboxStore(path, write=True) as store:
        for item in MAIL:
            store.add(item)
    return f"mbox:{path}"


def test_mail_goes_through_every_pair_of_stores_and_is_what_it_was(
    origin: str, quick_path: Path
) -> None:
    first = {kind: f"{kind}:{quick_path / kind}" for kind in FILES}
    for there in first.values():
        done = carried(origin, there, everywhere=True)
        assert (done.copied.added, done.copied.present) == (len(MAIL), 0)
    for one, other in permutations(FILES, 2):
        there = f"{other}:{quick_path / f'{one}-{other}'}"
        assert carried(first[one], there, everywhere=True).copied.added == len(MAIL)
        for source in (first[one], origin):
            found = compared(source, there, everywhere=True)
            assert (found.ok, found.equal, found.listed, found.extra) == (True, len(MAIL), {}, 0)


def test_a_plan_tells_labels_sizes_and_what_the_target_cannot_hold_and_makes_nothing(
    origin: str, tmp_path: Path
) -> None:
    with Places() as opened:
        plan = plan_copy(
            opened,
            origin,
            f"maildir:{tmp_path / 'new'}",
            query="label:work",
            rules=["Work=Old/Work", "work/*=", "INBOX=Came"],
        )
    assert {(move.label, move.called) for move in plan.moves} == {
        ("Work", ".Old.Work"),
        ("Work/a.b", None),
    }
    assert plan.bytes == sum(len(item.content.bytes) for item in MAIL if "Work" in item.labels)
    assert plan.lost == ("which messages are one conversation",)
    assert not (tmp_path / "new").exists()
    assert not plan.left_out


def test_a_copy_takes_what_was_received_since_and_leaves_spam_and_trash(tmp_path: Path) -> None:
    path = tmp_path / "old.mbox"
    with MboxStore(path, write=True) as store:
        store.add(Item.of(letter("Old"), received=WHEN))
        store.add(Item.of(letter("New"), received=datetime(2026, 4, 2, tzinfo=UTC)))
        store.add(Item.of(letter("Bad"), labels=frozenset({"SPAM"}), received=WHEN))
    done = carried(str(path), f"eml:{tmp_path / 'eml'}", since="2026-03-15")
    assert done.copied.added == 1
    with Places() as opened:
        plan = plan_copy(opened, str(path), f"eml:{tmp_path / 'other'}")
    assert (len(plan.refs), plan.left_out) == (2, 1)


@pytest.mark.parametrize("text", ["Work", "=x", "a*b=c", "*Work=x", "Work=a*", "@/no/such/file"])
def test_what_is_no_rule_is_told(text: str) -> None:
    with pytest.raises(UsageError):
        Mapping.of([text])


def test_rules_may_lie_in_a_file_and_the_first_that_fits_counts(tmp_path: Path) -> None:
    rules = tmp_path / "rules"
    rules.write_text("# of old\nWork/*=Job/*\n*=Rest/*\n")
    mapping = Mapping.of(["Junk=", "inbox=trash", f"@{rules}"])
    labels = {"INBOX", "Junk", "Work/x/y", "Work", "UNREAD", "SENT"}
    assert mapping.labels(labels) == {"TRASH", "Job/x/y", "Rest/Work", "UNREAD", "SENT"}


def test_a_copy_that_was_cut_short_goes_on_and_adds_nothing_twice(
    origin: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there, put = f"maildir:{tmp_path / 'M'}", MaildirStore.add
    left = iter(range(7))

    def full(self: MaildirStore, item: Item) -> Ref:
        if next(left, None) is None:
            raise CannotWrite("Cannot write: No space left on device.", path=tmp_path)
        return put(self, item)

    with monkeypatch.context() as patched:
        patched.setattr(MaildirStore, "add", full)
        with pytest.raises(CannotWrite):
            carried(origin, there)
    done = carried(origin, there)
    assert (done.copied.added, done.copied.present) == (len(MAIL) - 7, 7)
    assert compared(origin, there).ok


def test_what_vanishes_from_the_source_meanwhile_is_named_and_the_rest_comes(
    tmp_path: Path,
) -> None:
    with MaildirStore(tmp_path / "M", write=True) as store:
        refs = [store.add(Item.of(letter(subject))) for subject in ("One", "Two")]
    with Places() as opened:
        plan = plan_copy(opened, str(tmp_path / "M"), f"mbox:{tmp_path / 'm.mbox'}")
        for each in (tmp_path / "M" / ".Archive" / "cur").iterdir():
            if each.name.startswith(refs[0].rpartition("/")[2]):
                each.unlink()
        with Places() as later, pytest.raises(PartialError) as partly:
            copy_mail(later, plan)
    assert [failure.item for failure in partly.value.failed] == [refs[0]]
    assert partly.value.done == 1


def test_who_has_a_label_that_is_too_long_is_told_what_helps(tmp_path: Path) -> None:
    with MboxStore(tmp_path / "mail", write=True) as store:
        store.add(replace(MAIL[0], labels=frozenset({"x" * 300})))
    with pytest.raises(PartialError) as caught:
        carried(f"mbox:{tmp_path / 'mail'}", f"maildir:{tmp_path / 'M'}")
    assert caught.value.message == "1 message was not copied; 0 were, and 0 were there before."
    assert "--map OLD=NEW" in caught.value.hint
    assert "again" not in caught.value.hint


def test_stores_that_are_only_read_or_lie_in_one_another_are_refused(
    places: Places, origin: str, tmp_path: Path
) -> None:
    for target in (f"takeout:{tmp_path}", f"imap+gmail:{ME}"):
        with pytest.raises(CannotDo):
            plan_copy(places, origin, target)
    for source, target in (
        (origin, f"eml:{tmp_path}"),
        (f"gmail:{ME}", "gmail:"),
        ("gmail:", f"backup:{tmp_path / 'b'}"),
        (origin, str(tmp_path / "nothing")),
    ):
        with pytest.raises(UsageError):
            plan_copy(places, source, target)
    with pytest.raises(NotFound):
        plan_copy(places, str(tmp_path / "nothing"), "gmail:")


def test_an_account_that_may_only_be_read_takes_nothing(
    settings_for: Callable[..., Settings], origin: str, sandbox: Sandbox
) -> None:
    with TwoAccounts(settings_for, "read") as opened:
        plan = plan_copy(opened, origin, "gmail:")
        with pytest.raises(Refused):
            copy_mail(opened, plan)
    assert not [each for each in sandbox.requests if "import" in str(each)]


def test_a_mailbox_goes_into_another_account_killed_on_the_way_undone_and_back_again(
    places: Places,
    gmail: Gmail,
    ann: Gmail,
    sandbox: Sandbox,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    gmail.create_label("Work/Größe")
    put = [sandbox.mail.put(ME, letter(f"Number {n}")) for n in range(6)]
    put += [sandbox.mail.put(ME, letter("Twin"))] * 2
    gmail.label(ids=put[:2], add=["Work/Größe", "STARRED"], remove=["INBOX", "UNREAD"])
    taken, left = GmailTarget.add, iter(range(3))

    def dies(self: GmailTarget, item: Item) -> Ref:
        came = taken(self, item)
        if next(left, None) is None:  # Gmail has it, and nobody heard so
            raise CannotWrite("Killed.", path=Path("x"))
        return came

    with monkeypatch.context() as patched:
        patched.setattr(GmailTarget, "add", dies)
        with pytest.raises(CannotWrite):
            copy_mail(places, plan_copy(places, f"gmail:{ME}", f"gmail:{ANN}"))
    plan = plan_copy(places, f"gmail:{ME}", f"gmail:{ANN}")
    assert (plan.before, plan.about, plan.into and plan.into.create) == (3, True, ())
    done = copy_mail(places, plan)
    assert len(list(ann.ids("in:anywhere"))) == 7
    assert [each.subject for each in ann.search("label:work-größe is:starred")] == [
        "Number 1",
        "Number 0",
    ]
    found = compare_stores(places, f"gmail:{ME}", f"gmail:{ANN}")
    assert (found.ok, found.messages) == (True, 7)
    assert done.number is not None
    ann.undo(done.number)
    assert not list(ann.ids())
    assert len(compare_stores(places, f"gmail:{ME}", f"gmail:{ANN}").missing) == 7


def test_folders_whose_names_differ_in_case_alone_become_one_label_of_gmail(
    places: Places, gmail: Gmail, tmp_path: Path
) -> None:
    with MaildirStore(tmp_path / "M", write=True) as store:
        store.add(Item.of(letter("One"), labels=frozenset({"Work"})))
        store.add(Item.of(letter("Two"), labels=frozenset({"work"})))
    copy_mail(places, plan_copy(places, str(tmp_path / "M"), "gmail:", mark=""))
    assert len(list(gmail.ids("label:work"))) == 2


class Moving(FakeClock):
    """Each time somebody waits the next thing happens; the last of them ends it."""

    def __init__(self, *happens: Callable[[], object]) -> None:
        super().__init__()
        self._happens = iter(happens)

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds)
        next(self._happens, self._stop)()

    def _stop(self) -> None:
        raise KeyboardInterrupt


def test_a_copy_that_follows_takes_what_arrives_once_and_outlives_what_passes(
    settings_for: Callable[..., Settings], sandbox: Sandbox, ann: Gmail
) -> None:
    sandbox.mail.put(ME, letter("Before"))
    down: list[str] = []
    troubles: list[GmailKitError] = []

    def open_places() -> Places:
        if down:
            raise Unreachable(down.pop())
        return TwoAccounts(settings_for)

    with open_places() as places:
        plan = plan_copy(places, f"gmail:{ME}", f"gmail:{ANN}")
        copy_mail(places, plan)
    clock = Moving(
        lambda: None,
        lambda: sandbox.mail.put(ME, letter("First")),
        lambda: (down.append("The line is dead."), sandbox.mail.put(ME, letter("Next"))),
        lambda: None,
    )
    came = []
    with pytest.raises(KeyboardInterrupt):
        for done in follow(open_places, plan, clock=clock, on_trouble=troubles.append):
            came.append(done.copied.added)
    assert came == [1, 1]
    assert sorted(each.subject for each in ann.search()) == ["Before", "First", "Next"]
    assert [each.message for each in troubles] == ["The line is dead."]
    assert clock.slept == [60, 60, 60, 120, 60]


def test_a_check_names_what_is_missing_and_what_is_otherwise(tmp_path: Path) -> None:
    one, other = MAIL[-1], replace(MAIL[-1], labels=frozenset({"Else"}))
    for name, items in (("a", [one, MAIL[0]]), ("b", [other, MAIL[1]])):
        with MboxStore(tmp_path / name, write=True) as store:
            for item in items:
                store.add(item)
    found = compared(str(tmp_path / "a"), str(tmp_path / "b"))
    assert (found.ok, found.messages, found.equal, found.extra) == (False, 2, 0, 1)
    assert len(found.missing) == 1
    assert list(found.said) == ["byte0", *found.missing]
    assert found.said["byte0"] == "2026-11-24 Ann Lee <ann@example.com> Two"
    assert len(found.wrong) == len(one.labels) + 1


@pytest.mark.parametrize(
    ("date", "listed"),
    [
        ("Tue, 24 Nov 2026 10:00:00 +0100", False),
        ("24 Nov 2026 10:00 GMT (of that place)", False),
        ("Wed, 20 Sep 1995 00:19:00 (EDT) -0400", True),
        ("Wed 29 May 2019 06:09:22 PM EDT", True),
        ("Thu, 22 Aug 0102 12:07:35 +0800", True),
        ("Sun, 25 Aug 2002 19:21:44 01800", True),
        ("Tue, 31 Nov 2026 10:00:00 +0100", True),
    ],
)
def test_what_gmail_makes_of_a_date_that_no_standard_knows_is_no_fault_of_a_copy(
    date: str, listed: bool
) -> None:
    said = Said.of(Content.of(f"Date: {date}\r\n\r\n".encode()))
    found = of_dates(WHEN, WHEN + timedelta(days=1), said=said, now=frozenset())
    assert found
    assert found.listed is listed


def test_all_that_a_check_counts_is_listed_where_it_says_so() -> None:
    page = (Path(__file__).parents[2] / "docs" / "stores.md").read_text()
    assert [each for each in (*LISTED, *OF_COPIES) if each not in page] == []


def test_what_was_added_is_read_back_folder_by_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with MboxStore(tmp_path / "m.mbox", write=True) as store:
        for number in range(60):
            label = frozenset({f"Folder {number % 3}"})
            store.add(Item.of(letter(f"Number {number}"), labels=label))
    listed, entries = [], tree.entries
    monkeypatch.setattr(tree, "entries", lambda path: (listed.append(path), entries(path))[1])
    carried(str(tmp_path / "m.mbox"), f"maildir:{tmp_path / 'M'}")
    assert len(listed) < 60


def test_what_the_target_does_not_give_back_as_it_was_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with MboxStore(tmp_path / "m.mbox", write=True) as store:
        _, two, three = [store.add(Item.of(letter(each))) for each in ("One", "Two", "Three")]
    target, real = f"eml:{tmp_path / 'E'}", Places.anew

    def spoilt(self: Places, location: Location, **how: Any) -> Source:
        for path in (tmp_path / "E").rglob("*.eml"):
            if b"Subject: Two" in (raw := path.read_bytes()):
                path.write_bytes(raw.replace(b"Hello", b"Hallo"))
            if b"Subject: Three" in raw:
                path.unlink()
        return real(self, location, **how)

    with Places() as places, monkeypatch.context() as patched:
        patched.setattr(Places, "anew", spoilt)
        with pytest.raises(PartialError) as caught:
            copy_mail(places, plan_copy(places, f"mbox:{tmp_path / 'm.mbox'}", target))
    assert [(each.item, each.why) for each in caught.value.failed] == [
        (ref, f"{target} took it, and has no such message.") for ref in (two, three)
    ]


@pytest.mark.parametrize("kind", ["gmail:me@example.com", "maildir:", "mbox:", "backup:"])
def test_a_search_for_a_label_that_the_source_has_not_is_no_empty_copy(
    kind: str, gmail: Gmail, places: Places, sandbox: Sandbox, tmp_path: Path
) -> None:
    id = sandbox.mail.put(ME, letter("Bill"))
    gmail.label(ids=[id], add="Receipts", create=True)
    origin, target = kind, tmp_path / "copy.mbox"
    if kind == "backup:":
        gmail.backup(tmp_path / "origin")
    elif kind.endswith(":"):
        carried("gmail:me@example.com", f"{kind}{tmp_path / 'origin'}", places)
    origin = kind if kind.startswith("gmail") else f"{kind}{tmp_path / 'origin'}"
    for which in ("label:Receipt", "from:nobody label:Receipt"):
        with pytest.raises(NotFound, match='There is no label "Receipt"') as caught:
            plan_copy(places, origin, f"mbox:{target}", query=which)
        assert caught.value.hint == 'Did you mean "Receipts"?'
    assert len(plan_copy(places, origin, f"mbox:{target}", query="label:receipts").refs) == 1
    assert plan_copy(places, origin, f"mbox:{target}", query="label:Receipts from:x").refs == ()
    if kind == "backup:":
        with pytest.raises(NotFound, match="Receipt"):
            gmail.plan_restore(tmp_path / "origin", query="label:Receipt")
        with pytest.raises(NotFound, match="Receipt"):
            export(tmp_path / "origin", target, to="mbox", query="label:Receipt")
    assert not target.exists()


def test_a_backup_that_holds_an_accounts_mail_takes_other_mail_beside_it(
    tmp_path: Path,
) -> None:
    origin = tmp_path / "a.mbox"
    with MboxStore(origin, write=True) as store:
        store.add(Item.of(letter("One")))
    assert carried(f"{origin}", f"backup:{tmp_path / 'B'}#ann@example.com").copied.added == 1
    assert carried(f"{origin}", f"{tmp_path / 'B'}").copied.added == 1
    with pytest.raises(UsageError) as caught:
        carried(f"{tmp_path / 'B'}", f"mbox:{tmp_path / 'C'}")
    (named,) = re.findall(r"backup:\S+", caught.value.hint)
    assert carried(named, f"mbox:{tmp_path / 'C'}").copied.added == 1


def test_labels_that_are_left_by_an_undo_are_said_to_be_on_mail_in_trash(
    tmp_path: Path, places: Places, gmail: Gmail
) -> None:
    with MboxStore(tmp_path / "a.mbox", write=True) as store:
        store.add(Item.of(letter("One"), labels=frozenset({"Work"})))
    done = carried(f"mbox:{tmp_path / 'a.mbox'}", "gmail:", places)
    assert done.number
    gmail.undo(done.number)
    (made,) = [each for each in gmail.changes() if each.what.startswith("create label")]
    notes = gmail.plan_undo(made.number).notes
    assert "The label Work is on 1 message in Trash by now: it stays." in notes
