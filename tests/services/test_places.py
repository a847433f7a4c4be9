"""Stores opened by their names, and read alike whatever they are."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

import dovecot
from gmailkit.auth.passwords import Passwords
from gmailkit.backup.events import Run
from gmailkit.backup.folder import Backup
from gmailkit.config import Settings
from gmailkit.errors import CannotDo, NotFound, SignInNeeded, UsageError
from gmailkit.gmail import Gmail
from gmailkit.model.item import Can, Item, Ref
from gmailkit.query.parse import parse
from gmailkit.sandbox import Sandbox
from gmailkit.secret import Secret
from gmailkit.services.offline.stored import StoredMailbox
from gmailkit.services.places import Places
from gmailkit.services.surveying import overview, survey
from gmailkit.stores.backup import BackupStore, BackupTarget
from gmailkit.stores.backup import target as backup_target
from gmailkit.stores.gmail import GmailSource
from gmailkit.stores.locate import Location
from gmailkit.transport.transcript import Event, Line
from mailroom import ME, letter

DAYS = [datetime(2026, 3, day, tzinfo=UTC) for day in (1, 2, 3)]
MAIL = [
    Item.of(letter("One"), labels=frozenset({"INBOX", "Work"}), received=DAYS[0]),
    Item.of(
        letter("Two", body="A fox."),
        labels=frozenset({"Work"}),
        flags=frozenset({"seen", "flagged"}),
        received=DAYS[1],
    ),
    Item.of(letter("Three"), labels=frozenset({"TRASH"}), received=DAYS[2]),
]
FILES = ["mbox", "maildir", "eml", "backup"]


@pytest.fixture
def places(settings_for: Callable[..., Settings]) -> Iterator[Places]:
    with Places(settings_for) as opened:
        yield opened


@pytest.fixture(params=FILES)
def filled(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The name of a store of files that holds MAIL."""
    name = f"{request.param}:{tmp_path / 'mail'}"
    with Places() as opened, opened.target(opened.locate(name)) as target:
        for item in MAIL:
            target.add(item)
    return name


def test_what_is_found_and_read_in_a_store_is_the_same_in_all_kinds(
    places: Places, filled: str
) -> None:
    mail = StoredMailbox(places.source(places.locate(filled)))
    assert [hit.header.subject for hit in mail.hits()] == ["Two", "One"]
    assert [hit.labels for hit in mail.hits("fox")] == [("STARRED", "Work")]
    assert [hit.header.date for hit in mail.hits("in:anywhere", limit=1)] == DAYS[2:]
    assert str(mail.count("label:work is:unread")) == "1"
    (one,) = mail.ids("subject:one")
    assert mail.raw(one) == MAIL[0].content.bytes
    assert mail.read(one).subject == mail.letter(one).mail.subject == "One"
    with pytest.raises(NotFound):
        mail.read("no such message")


def test_a_store_tells_what_it_holds_and_can(places: Places, filled: str) -> None:
    found = overview(places.source(places.locate(filled)))
    counts = {(folder.name, folder.messages, folder.unread) for folder in found.folders}
    assert counts == {("INBOX", 1, 1), ("TRASH", 1, 1), ("Work", 2, 1)}
    assert found.bytes == sum(item.content.size for item in MAIL)
    assert Can.WRITE | Can.LABELS in found.can


def test_a_bare_path_is_recognised_and_one_to_be_made_is_not_there_yet(
    places: Places, filled: str, tmp_path: Path
) -> None:
    scheme, _, path = filled.partition(":")
    assert places.locate(path).scheme == scheme
    new = str(tmp_path / "new")
    assert places.locate(new, to_make=True).scheme == ""
    with pytest.raises(NotFound):
        places.locate(new)
    with pytest.raises(NotFound) as slip:
        places.target(places.locate(new, to_make=True))
    assert f"maildir:{new}" in slip.value.hint


def test_a_mailbox_of_gmail_is_a_source_of_exact_bytes_labels_and_conversations(
    places: Places, gmail: Gmail, sandbox: Sandbox
) -> None:
    gmail.create_label("Work/Größe")
    put = [sandbox.mail.put(ME, letter(subject)) for subject in ("One", "Two", "Gone")]
    gmail.label(ids=put[:1], add=["Work/Größe", "STARRED"], remove=["UNREAD"])
    gmail.trash(ids=put[2:])
    source = places.source(places.locate("gmail:"))
    refs = list(source.refs())
    assert refs == put
    items = dict(_kept(source, refs))
    first = items[refs[0]]
    assert first.content.bytes == letter("One")
    assert (first.labels, first.flags) == ({"INBOX", "Work/Größe"}, {"seen", "flagged"})
    (known,) = gmail.search("label:work-größe")
    assert (first.thread, first.received) == (known.thread_id, known.date)
    assert "TRASH" in items[refs[2]].labels
    assert list(source.refs(parse("label:work-größe"))) == refs[:1]
    assert list(source.refs(parse(" OR ".join(f"subject:{'x' * 900}{n}" for n in range(9))))) == []
    told = dict(survey(source, refs))
    assert told[refs[0]] and told[refs[0]].labels == {"INBOX", "Work/Größe", "STARRED"}
    assert {folder.name: folder.messages for folder in overview(source).folders}["INBOX"] == 2
    ((gone, error),) = source.fetch([Ref("f" * 16)])
    assert isinstance(error, NotFound)
    assert gone == "f" * 16


def _kept(source: GmailSource, refs: list[Ref]) -> Iterator[tuple[Ref, Item]]:
    for ref, got in source.fetch(refs):
        assert isinstance(got, Item)
        yield ref, replace(got, content=Item.of(got.content.bytes).content)


def test_servers_of_imap_and_pop3_are_stores_too(
    settings_for: Callable[..., Settings], monkeypatch: pytest.MonkeyPatch
) -> None:
    server = dovecot.running()
    user, other = "places", "places2"
    settings = replace(settings_for(), mail_password=Secret(dovecot.WORD))
    with Places(lambda: settings) as opened:
        imap = opened.locate(server.url("imap", user))
        with opened.target(imap) as target:
            for item in MAIL:
                target.add(item)
        source = opened.source(imap)
        assert [got.labels for _, got in source.fetch(source.refs()) if isinstance(got, Item)] == [
            {"INBOX", "Work"},
            {"TRASH"},
            {"Work"},
        ]
        told = {folder.name: folder.messages for folder in overview(source).folders}
        assert told["Work"] == 2
        assert sorted(facts.size for _, facts in survey(source, source.refs()) if facts) == sorted(
            item.content.size for item in MAIL
        )
        inbox = opened.source(opened.locate(server.url("imap", user) + "/Work"))
        assert len(list(inbox.refs())) == 2
        # The password of the environment is for one server of a run.
        with pytest.raises(SignInNeeded, match=r"GMAILKIT_MAIL_PASSWORD is for imap://places@"):
            opened.source(opened.locate(server.url("imap", other)))
    Passwords(settings.home).save(server.url("pop3", user), Secret(dovecot.WORD), here=True)
    with Places(lambda: replace(settings, mail_password=None)) as opened:
        pop3 = opened.locate(server.url("pop3", user))
        assert len(list(opened.source(pop3).refs())) == 1
        with pytest.raises(CannotDo, match="only gives mail"):
            opened.target(pop3)
        with pytest.raises(SignInNeeded, match="There is no password for places at") as caught:
            opened.source(opened.locate(server.url("imap", user)))
        assert f"gmailkit password {server.url('imap', user)}" in caught.value.hint
        with pytest.raises(CannotDo, match="reached by its address"):
            opened.source(opened.locate("imap+gmail:"))


def test_a_list_of_mail_on_a_server_reads_beginnings_and_marks_nothing_as_read(
    settings_for: Callable[..., Settings],
) -> None:
    """And says what a list of the same mail in files does."""
    server, said = dovecot.running(), list[Event]()
    settings = replace(settings_for(), mail_password=Secret(dovecot.WORD))
    large = letter("Large", body="A fox.\r\n" * 40_000)
    with Places(lambda: settings, hear=said.append) as opened:
        imap = opened.locate(server.url("imap", "skimmed"))
        with opened.target(imap) as target:
            for raw, received in ((letter("Small"), DAYS[0]), (large, DAYS[1])):
                target.add(Item.of(raw, labels=frozenset({"INBOX"}), received=received))
        asked = listed(opened, imap, said, "BODY.PEEK[]")
        assert asked
        assert all("[]<0." in line for line in asked)
    with Places(lambda: settings, hear=said.append) as opened:
        pop3 = opened.locate(server.url("pop3", "skimmed"))
        assert not listed(opened, pop3, said, "RETR")
    with Places(lambda: settings) as opened:
        (inbox,) = [x for x in overview(opened.source(imap)).folders if x.name == "INBOX"]
        assert (inbox.messages, inbox.unread) == (2, 2)


def listed(places: Places, location: Location, said: list[Event], word: str) -> list[str]:
    """What was said meanwhile with that word in it."""
    said.clear()
    mail = StoredMailbox(places.source(location))
    assert [(hit.header.subject, hit.labels) for hit in mail.hits("subject:large")] == [
        ("Large", ("INBOX", "UNREAD"))
    ]
    (large, small) = sorted(mail.hits(), key=lambda hit: -hit.header.size)
    assert large.header.size > 320_000
    assert large.header.snippet.startswith("A fox. A fox.")
    assert (small.header.subject, mail.damaged) == ("Small", ())
    assert str(mail.count("larger:100k")) == "1"
    return [each.text for each in said if isinstance(each, Line) and word in each.text]


def test_a_backup_takes_equal_messages_once_under_all_their_labels(tmp_path: Path) -> None:
    path = tmp_path / "b"
    other = replace(MAIL[0], labels=frozenset({"Other"}))
    for items in ([MAIL[0]], [other, replace(MAIL[0], flags=frozenset({"seen"}))]):
        with BackupTarget(path) as target:
            for item in items:
                assert list(target.find(item)) in ([], [target.add(item)])
                assert list(target.find(item)) == [target.add(item)]
    with BackupStore(path) as store:
        ((_, got),) = store.fetch(store.refs())
        assert isinstance(got, Item)
        assert (got.labels, got.flags) == ({"INBOX", "Work", "Other"}, {"seen"})


def test_messages_whose_ids_would_be_equal_are_both_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backup_target, "_ID", 1)
    many = [Item.of(b"Subject: %d\n\n" % number) for number in range(9)]
    with BackupTarget(tmp_path / "b") as target:
        refs = {target.add(item) for item in many}
        assert len(refs) == len(many)
        target.flush()
        assert {target.add(item) for item in many} == refs


def test_other_mail_is_not_put_among_that_of_an_account_that_is_followed(tmp_path: Path) -> None:
    with Backup.open(tmp_path / "b", create=True) as saved:
        saved.note(Run(account=ME, mode="full"))
    with pytest.raises(UsageError) as refused:
        BackupTarget(tmp_path / "b", ME)
    assert "imported@localhost" in refused.value.hint
    BackupTarget(tmp_path / "b").close()


def test_a_server_has_one_name_however_it_is_written(settings_for: Callable[..., Settings]) -> None:
    host = "//ann@mail.example.com"
    written = (f"imaps:{host}", f"IMAPS:{host}/", f"imaps:{host}:993", f"imaps:{host}:993/")
    with Places(settings_for) as places:
        assert len({places.named(places.locate(each)) for each in written}) == 1
        assert len({places.named(places.locate(f"{written[0]}/{x}")) for x in ("", "A", "B")}) == 3
