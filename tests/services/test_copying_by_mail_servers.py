"""Mail copied to and from real servers of IMAP and POP3."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import pytest

import dovecot
from gmailkit.config import Settings
from gmailkit.errors import CannotDo, GmailKitError, PartialError
from gmailkit.gmail import Gmail
from gmailkit.model.item import Item
from gmailkit.sandbox import Sandbox
from gmailkit.sandbox.pop3.maildrop import CHUNK
from gmailkit.secret import Secret
from gmailkit.services.copying.carrying import CopyDone, copy_mail
from gmailkit.services.copying.check import compare_stores
from gmailkit.services.copying.plan import plan_copy
from gmailkit.services.copying.run import Passed
from gmailkit.services.copying.undoing import undo_copy
from gmailkit.services.places import Places
from gmailkit.stores.eml import EmlStore
from gmailkit.stores.locate import Location
from gmailkit.stores.mbox import MboxStore
from gmailkit.stores.protocol import Settling, Source
from mailroom import letter
from services.test_copying_between_stores import MAIL

_NUMBERS = count()


@pytest.fixture
def open_places(settings_for: Callable[..., Settings]) -> Iterator[Callable[[], Places]]:
    settings = replace(settings_for(), mail_password=Secret(dovecot.WORD))
    made: list[Places] = []

    def open_() -> Places:
        made.append(Places(lambda: settings))
        return made[-1]

    yield open_
    for each in made:
        each.close()


@pytest.fixture
def user() -> str:
    dovecot.running()
    return f"copying{next(_NUMBERS)}"


@pytest.fixture
def origin(tmp_path: Path) -> str:
    """Only what every server takes: a message has a header, and no NUL."""
    with MboxStore(tmp_path / "origin.mbox", write=True) as store:
        for item in MAIL:
            raw = item.content.bytes
            if b": " in raw[:40] and b"\0" not in raw:
                store.add(replace(item, labels=item.labels or frozenset({"INBOX"})))
    return f"mbox:{tmp_path / 'origin.mbox'}"


def carried(places: Places, source: str, target: str, **how: object) -> CopyDone:
    return copy_mail(places, plan_copy(places, source, target), **how)  # type: ignore[arg-type]


def test_mail_goes_to_a_server_of_imap_and_comes_from_it_as_it_was(
    open_places: Callable[[], Places], user: str, origin: str, tmp_path: Path
) -> None:
    server = dovecot.running().url("imap", user)
    done = carried(open_places(), origin, server)
    assert carried(open_places(), origin, server).copied.added == 0
    assert done.copied.added == len(list(open_places().source(open_places().locate(server)).refs()))
    for source, target in (
        (server, f"maildir:{tmp_path / 'M'}"),
        (server, f"eml:{tmp_path / 'E'}"),
    ):
        carried(open_places(), source, target)
        assert compare_stores(open_places(), source, target).ok
        found = compare_stores(open_places(), origin, target)
        assert (found.missing, found.unread, found.wrong) == ((), (), ())
        assert set(found.listed) <= {"line ends", "date"}


def test_mail_of_a_pop3_server_whose_copy_was_taken_back_is_copied_anew_and_not_deleted(
    open_places: Callable[[], Places], user: str, origin: str, tmp_path: Path
) -> None:
    server = dovecot.running()
    inbox = ["SENT=INBOX", "*=INBOX"]
    with open_places() as places:
        copy_mail(places, plan_copy(places, origin, server.url("imap", user), rules=inbox))
    pop3, target = server.url("pop3", user), f"maildir:{tmp_path / 'M'}"
    count = carried(open_places(), pop3, target, delete_after=30).copied.added
    with open_places() as places:
        assert len(undo_copy(places, target).refs) == count > 2
    with open_places() as places:
        source = places.source(places.locate(pop3))
        assert isinstance(source, Settling)
        source.go_to(places.named(places.locate(target)))
        assert not source.due(0)
    assert carried(open_places(), pop3, target, delete_after=30).copied.added == count


def test_mail_of_a_pop3_server_that_undo_took_out_of_gmail_is_copied_anew_and_not_deleted(
    open_places: Callable[[], Places], user: str, origin: str, gmail: Gmail
) -> None:
    server = dovecot.running()
    pop3, inbox = server.url("pop3", user), ["SENT=INBOX", "*=INBOX"]
    with open_places() as places:
        copy_mail(places, plan_copy(places, origin, server.url("imap", user), rules=inbox))

    def copied() -> CopyDone:
        with open_places() as places:
            plan = plan_copy(places, pop3, "gmail:", query="subject:one OR subject:two", mark="")
            return copy_mail(places, plan, delete_after=30)

    first = copied()
    assert gmail.undo(first.number).count == first.copied.added == 2
    with open_places() as places:
        plan = plan_copy(places, pop3, "gmail:", query="subject:none", mark="")
        assert copy_mail(places, plan, delete_after=0).deleted == 0
    assert copied().copied.added == 2
    assert copied().copied.looked_at == 0


def test_mail_of_a_pop3_server_is_taken_once_and_deleted_where_it_was_found_again(
    open_places: Callable[[], Places], user: str, origin: str, gmail: Gmail
) -> None:
    server = dovecot.running()
    with open_places() as places:  # whose POP3 serves the inbox
        inbox = ["SENT=INBOX", "*=INBOX"]
        copy_mail(places, plan_copy(places, origin, server.url("imap", user), rules=inbox))
    pop3 = server.url("pop3", user)
    with open_places() as places:
        plan = plan_copy(places, pop3, "gmail:", query="subject:one OR subject:two", mark="")
        assert copy_mail(places, plan, delete_after=30).copied.added == 2
    with open_places() as places:
        plan = plan_copy(places, pop3, "gmail:", query="subject:one OR subject:two", mark="")
        assert not plan.refs
        done = copy_mail(places, plan, delete_after=0)
    assert done.deleted == 2
    assert sorted(each.subject for each in gmail.search()) == ["One", "Two"]
    with open_places() as places:
        source = places.source(places.locate(server.url("imap", user)))
        assert {"One", "Two"}.isdisjoint(
            got.content.bytes.partition(b"Subject: ")[2][:3].decode()  # type: ignore[union-attr]
            for _, got in source.fetch(source.refs())
        )


def test_one_folder_of_a_server_is_no_target_since_labels_say_the_folder(
    open_places: Callable[[], Places], user: str, origin: str
) -> None:
    """What is put elsewhere by its label would not be found there, and be put there again."""
    whole = dovecot.running().url("imap", user)
    with open_places() as places:
        for call in (
            lambda: plan_copy(places, origin, f"{whole}/Drafts"),
            lambda: places.target(places.locate(f"{whole}/Drafts")),
        ):
            with pytest.raises(CannotDo, match="one folder is no target") as caught:
                call()
            assert f"Name the server alone, {whole}, and" in caught.value.hint
            assert "--map '*=Drafts/*'" in caught.value.hint


def test_mail_that_the_target_has_otherwise_stays_on_the_server(
    open_places: Callable[[], Places],
    user: str,
    origin: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    server, looks, real = dovecot.running(), count(), Places.anew
    carried(open_places(), origin, server.url("imap", user))
    pop3 = server.url("pop3", user)

    def spoilt(self: Places, location: Location, **how: Any) -> Source:
        if location.scheme == "eml" and next(looks) == 1:  # it was read back once
            first = min((tmp_path / "E").rglob("*.eml"))
            first.write_bytes(first.read_bytes() + b"More.")
        return real(self, location, **how)

    monkeypatch.setattr(Places, "anew", spoilt)
    with open_places() as places:
        done = copy_mail(places, plan_copy(places, pop3, f"eml:{tmp_path / 'E'}"), delete_after=0)
    assert done.copied.added == done.deleted + 1 > 1
    with open_places() as places:
        assert len(list(places.source(places.locate(pop3)).refs())) == 1


def test_what_was_taken_for_one_target_is_new_to_another(
    open_places: Callable[[], Places], user: str, origin: str, tmp_path: Path
) -> None:
    server = dovecot.running()
    carried(open_places(), origin, server.url("imap", user))
    pop3 = server.url("pop3", user)
    added = {}
    for name in ("eml:one", "eml:two", "eml:./one"):
        target = f"{name[:4]}{tmp_path}/{name[4:]}"
        with open_places() as places:
            added[name] = carried(places, pop3, target).copied.added
    assert added["eml:one"] == added["eml:two"] > 0 == added["eml:./one"]
    with open_places() as places:
        assert list(places.source(places.locate(pop3)).refs())  # to look at, all are there
        plan = plan_copy(places, pop3, f"eml:{tmp_path / 'two'}")
        assert not plan.refs


def test_what_a_target_took_and_lost_is_no_mail_that_was_taken(
    open_places: Callable[[], Places], user: str, origin: str, tmp_path: Path
) -> None:
    server = dovecot.running()
    carried(open_places(), origin, server.url("imap", user))
    pop3, target = server.url("pop3", user), f"eml:{tmp_path / 'E'}"

    def lose(passed: Passed) -> None:
        if passed.done == passed.total:
            next((tmp_path / "E").rglob("*.eml")).unlink()

    with open_places() as places, pytest.raises(PartialError, match="1 message") as caught:
        carried(places, pop3, target, on_progress=lose, delete_after=0)
    assert "Run the same command again" in caught.value.hint
    with open_places() as places:
        assert carried(places, pop3, target).copied.added == 1


def test_equal_messages_of_several_folders_are_one_on_a_server_and_none_is_missed(
    open_places: Callable[[], Places], user: str, tmp_path: Path
) -> None:
    for number, label in enumerate(("Work", "Archive of old", "INBOX")):
        folder = tmp_path / "eml" / str(number)
        item = Item.of(letter("One"), labels=frozenset({label}), flags=frozenset({"seen"}))
        with EmlStore(folder, write=True) as store:
            store.add(item if number else replace(item, flags=frozenset({"flagged"})))
    lines = [path.read_text() for path in sorted(tmp_path.rglob("manifest.jsonl"))]
    for number, line in enumerate(lines):
        path = json.loads(line)["path"]
        lines[number] = line.replace(path, f"{number}/{path}")
    (tmp_path / "eml" / "manifest.jsonl").write_text("".join(lines))
    source, server = f"eml:{tmp_path / 'eml'}", dovecot.running().url("imap", user)
    carried(open_places(), source, server)
    assert compare_stores(open_places(), source, server).listed == {"equal messages": 1}
    with open_places() as places:
        store = places.source(places.locate(server))
        ((_, got),) = store.fetch(store.refs())
    assert isinstance(got, Item)
    assert got.labels == {"Work", "Archive of old", "INBOX"}
    assert got.flags == {"seen", "flagged"}


def test_of_two_runs_into_one_server_the_second_waits_and_doubles_nothing(
    open_places: Callable[[], Places], user: str, origin: str
) -> None:
    server = dovecot.running().url("imap", user)

    def copied() -> CopyDone:
        with open_places() as places:
            return carried(places, origin, server)

    with open_places() as places, ThreadPoolExecutor(1) as beside:
        source = places.source(places.locate(origin))
        with places.target(places.locate(server)) as target:
            ((_, item),) = source.fetch(list(source.refs())[:1])
            assert isinstance(item, Item)
            assert not list(target.find(item))
            other = beside.submit(copied)
            wait([other], timeout=0.5)  # it may not come this far, and must not end
            target.add(item)
        assert other.result().copied.present == 1
    assert carried(open_places(), origin, server).copied.added == 0


def test_only_a_server_of_pop3_is_emptied(
    open_places: Callable[[], Places], origin: str, tmp_path: Path
) -> None:
    with pytest.raises(CannotDo):
        carried(open_places(), origin, f"eml:{tmp_path / 'E'}", delete_after=1.0)


def test_what_a_server_shows_a_part_at_a_time_is_told_and_taken_by_the_next_copy(
    sandbox: Sandbox,
    settings_for: Callable[..., Settings],
    monkeypatch: pytest.MonkeyPatch,
    quick_path: Path,
) -> None:
    for number in range(CHUNK + 3):
        sandbox.mail.put("me@example.com", f"Subject: {number}\r\n\r\nx\r\n".encode())
    authority = quick_path / "authority.pem"
    authority.write_text(sandbox.certificate)
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority))
    word = Secret(sandbox.app_password("me@example.com"))
    settings = replace(settings_for(), mail_password=word)
    with Gmail(settings=settings_for(purpose="full")) as gmail:
        gmail.call(
            "settings.updatePop", body={"accessWindow": "allMail", "disposition": "leaveInInbox"}
        )
    source = f"pop3s://me%40example.com@localhost:{sandbox.pop3_port}"
    done = []
    for _ in range(2):
        with Places(lambda: settings) as places:
            done.append(carried(places, source, f"mbox:{quick_path / 'mail.mbox'}"))
    assert [(each.copied.added, each.more) for each in done] == [(CHUNK, 3), (3, 0)]


@pytest.mark.parametrize("server", ["imap+gmail:", "imaps://ann@example.org", "pop3s://a@b.c"])
def test_a_server_and_a_folder_here_are_never_in_one_another(
    server: str, monkeypatch: pytest.MonkeyPatch, quick_path: Path
) -> None:
    monkeypatch.chdir(quick_path)
    with Places(Settings.load) as places, pytest.raises(GmailKitError) as caught:
        plan_copy(places, server, "maildir:Here")
    assert "in one another" not in caught.value.message
