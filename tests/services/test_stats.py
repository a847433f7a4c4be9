"""What a mailbox consists of, told from a backup and from Gmail alike, and drawn."""

from __future__ import annotations

import sys
from cmath import rect
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from math import radians
from pathlib import Path
from xml.etree import ElementTree

import pytest
from msgspec.structs import replace

import gmailkit
from gmailkit.backup.events import Setting
from gmailkit.backup.folder import Backup
from gmailkit.backup.record import Record
from gmailkit.errors import CannotWrite, QueryError, UsageError
from gmailkit.gmail import Gmail
from gmailkit.mime.build import build
from gmailkit.model.mail import Address, Attachment, Mail
from gmailkit.sandbox import Sandbox
from gmailkit.services.offline.mailbox import open_backup
from gmailkit.services.stats import tally as tallying
from gmailkit.services.stats.model import KINDS, Row, Stats

ME, ALIAS, ANN, BOB = "me@example.com", "sales@example.com", "ann@example.com", "bob@example.org"
NEWS = "news@shop.example"
NUMBERS = count(100)
START = datetime(2023, 11, 6, 10, 0, tzinfo=UTC)
PDF = Attachment("Bill.PDF", b"%PDF-1.4" + b"x" * 5_000, "application/pdf")
DATA = Attachment("no ending", b"x" * 100, "application/x-data")


def letter(sender: str, to: str, subject: str, *, files: tuple[Attachment, ...] = ()) -> bytes:
    """`subject` is that of its conversation."""
    name = "Ann $1 <i" if sender == ANN else ""
    mail = Mail(
        sender=Address(sender, name),
        to=(Address(to),),
        subject=subject,
        text="x",
        attachments=files,
        message_id=f"<{next(NUMBERS)}@example.com>",
    )
    return build(mail)


def issue() -> bytes:
    return b"List-Id: Shop <news.shop.example>\r\n" + letter(NEWS, ME, "Sale")


# id, conversation, hours after the start, labels, bytes
MAIL = [
    ("a1", "t1", 0, ["INBOX", "Label_1"], letter(ANN, ME, "Lunch")),
    ("a2", "t1", 1, ["INBOX"], letter(ANN, ME, "Lunch")),
    ("a3", "t1", 3, ["SENT"], letter(ME, ANN, "Lunch")),
    ("a4", "t1", 3.5, ["INBOX"], letter(ANN, ME, "Lunch", files=(PDF, PDF, DATA))),
    ("b1", "t2", 24, ["SENT"], letter(ALIAS, BOB, "Offer", files=(PDF,))),
    ("b2", "t2", 34, ["INBOX"], letter(BOB, ALIAS, "Offer")),
    ("b3", "t2", 44, [], letter(ALIAS, BOB, "Offer")),
    ("c1", "t3", 48, ["INBOX", "CATEGORY_PROMOTIONS"], issue()),
    ("d1", "t1", 49, ["DRAFT"], letter(ME, ANN, "Lunch")),
    ("e1", "t5", 24 * 90, ["SPAM", "UNREAD"], letter("win@evil.example", ME, "Win")),
]
NAMES = {"Label_1": "Work/Bills"}
SIZES = {id: len(raw) for id, *_, raw in MAIL}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("stats") / "mail.backup"
    with Backup.open(path, create=True) as backup:
        for id, thread, hours, labels, raw in MAIL:
            millis = int((START + timedelta(hours=hours)).timestamp() * 1000)
            named = {label: NAMES.get(label, label) for label in labels}
            backup.add(Record(ME, id, thread, millis, named, raw))
        aliases = [{"sendAsEmail": ME}, {"sendAsEmail": ALIAS}]
        at = "2024-03-01T00:00:00.000Z"
        backup.note(Setting(account=ME, at=at, name="send_as", value=aliases))
        backup.add(Record("other@example.com", "o1", "o1", 0, {}, letter(BOB, ME, "Else")))
    return path


@pytest.fixture(scope="module")
def told(folder: Path) -> Stats:
    return gmailkit.stats(folder, account=ME)


def rows(told: Stats, by: str) -> dict[str, tuple[int, int]]:
    return {row.key: (row.count, row.size) for row in told.table(by).rows}


def of(*ids: str) -> tuple[int, int]:
    return len(ids), sum(SIZES[id] for id in ids)


def test_each_table_counts_messages_and_bytes(told: Stats) -> None:
    every = tuple(SIZES)
    assert (told.count, told.size) == of(*every)
    assert (told.first, told.last) == (START, START + timedelta(days=90))
    assert rows(told, "sender")[ANN] == of("a1", "a2", "a4")
    assert rows(told, "domain") == {
        "example.com": of("a1", "a2", "a3", "a4", "b1", "b3", "d1"),
        "example.org": of("b2"),
        "shop.example": of("c1"),
        "evil.example": of("e1"),
    }
    assert rows(told, "label")["Work/Bills"] == of("a1")
    assert rows(told, "label")["SENT"] == of("a3", "b1")
    assert rows(told, "list") == {"news.shop.example": of("c1")}
    assert rows(told, "year") == {"2023": of(*every[:-1]), "2024": of("e1")}
    assert list(rows(told, "month")) == ["2023-11", "2023-12", "2024-01", "2024-02"]
    assert rows(told, "month")["2023-12"] == (0, 0)
    assert rows(told, "size")["0"][0] == 9
    assert sum(many for many, _ in rows(told, "hour").values()) == len(every)
    assert len(rows(told, "hour")) == 24
    assert rows(told, "attachment") == {
        "pdf": (3, 3 * PDF.size),
        "application/x-data": (1, DATA.size),
    }
    assert told.table("attachment").count == 4
    assert [each.id for each in told.largest][:2] == ["a4", "b1"]
    with pytest.raises(UsageError, match="no table by 'colour'"):
        told.table("colour")


def test_who_owes_whom_an_answer_and_how_fast_they_come(told: Stats) -> None:
    """What waits counts from the first message that was not answered; drafts, spam and lists are
    no conversation.
    """
    ann, bob = told.people
    assert (ann.address, ann.received, ann.sent) == (ANN, 3, 1)
    assert (ann.my_answers, ann.my_median) == (1, 3 * 3600)
    assert (ann.their_answers, ann.their_median) == (1, 1800)
    assert (ann.i_owe, ann.owes_me) == (1, 0)
    assert ann.waiting == START + timedelta(hours=3.5)
    assert (bob.address, bob.my_median, bob.their_median) == (BOB, 10 * 3600, 10 * 3600)
    assert (bob.i_owe, bob.owes_me, bob.waiting) == (0, 1, None)


def test_a_search_and_a_moment_choose(folder: Path) -> None:
    assert gmailkit.stats(folder, query="from:ann", account=ME).count == 3
    with open_backup(folder, account=ME) as mail:
        assert mail.stats("subject:offer").count == 3
    with pytest.raises(QueryError):
        gmailkit.stats(folder, query="larger:x", account=ME)
    with pytest.raises(UsageError, match=f"mail of 2 accounts: {ME}, other@example.com"):
        gmailkit.stats(folder)
    assert gmailkit.stats(folder, account="other@example.com").count == 1


def test_other_stores_are_counted_too_and_what_cannot_be_read_is_named(
    folder: Path, tmp_path: Path
) -> None:
    gmailkit.export(folder, tmp_path / "mail.mbox", to="mbox", account=ME)
    told = gmailkit.stats(tmp_path / "mail.mbox")
    assert (told.count, told.failed) == (10, ())
    damaged = (tmp_path / "mail.mbox").read_bytes().replace(b"Sale", b"Sold")
    (tmp_path / "mail.mbox").write_bytes(damaged)
    told = gmailkit.stats(tmp_path / "mail.mbox")
    assert told.count == 9
    assert [each.why for each in told.failed if "not whole" in each.why]


def test_too_many_names_are_counted_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tallying, "_MOST", 2)
    group = tallying._Group()
    for name in "abcab":
        group.add(name, 10)
    found = {row.key: (row.count, row.size) for row in group.rows("sender")}
    assert found == {"a": (2, 20), "b": (2, 20), "": (1, 10)}


# -- Gmail


def test_gmail_tells_the_same_and_says_before_what_it_costs(
    sandbox: Sandbox, gmail: Gmail, tmp_path: Path
) -> None:
    for _, _, hours, labels, raw in MAIL:
        known = [label for label in labels if not label.startswith("Label_")]
        sandbox.mail.put(ME, raw, labels=tuple(known), date=START + timedelta(hours=hours))
    plan = gmail.plan_stats()
    assert (len(plan.refs), plan.known, plan.cut) == (9, 0, False)  # Spam only when it is named
    told = gmail.stats(plan)
    assert 0 < told.units <= plan.units + 10
    gmail.backup(tmp_path / "backup")
    saved = gmailkit.stats(tmp_path / "backup")
    for by in ("sender", "domain", "list", "year", "month", "hour", "label"):
        wanted = {key: many for key, (many, _) in rows(saved, by).items()}
        assert {key: many for key, (many, _) in rows(told, by).items()} == wanted, by
    assert told.table("attachment").counted == "message"
    assert rows(told, "attachment")["pdf"][0] == 2
    again = gmail.plan_stats(limit=3)
    assert (again.known, again.cut) == (3, True)
    assert gmail.stats(again).count == 3
    assert gmail.stats("subject:nothing").count == 0


# -- pictures


def texts(svg: bytes) -> list[str]:
    root = ElementTree.fromstring(svg)
    found = root.iter("{http://www.w3.org/2000/svg}text")
    return ["".join(each.itertext()).strip() for each in found]


def bars(svg: bytes) -> Iterator[float]:
    """How long each bar is, in points."""
    root = ElementTree.fromstring(svg)
    for each in root.iter("{http://www.w3.org/2000/svg}path"):
        if "fill: #2a6fbb" in each.get("style", ""):
            words = each.get("d", "").replace("z", "").split()
            numbers = [float(word) for word in words if word not in "ML"]
            yield max(numbers[0::2]) - min(numbers[0::2])


def test_a_picture_says_what_it_shows_in_which_units_and_how_much(
    told: Stats, tmp_path: Path
) -> None:
    svg = told.draw(tmp_path / "senders.svg", by="sender").read_bytes()
    said = texts(svg)
    assert f"Mail by sender: 10 messages, {told.size / 1000:.1f} kB" in said
    assert "Size (kB)" in said
    assert "Sender" in said
    table = told.table("sender")
    for row in table.rows:
        many = "1 message" if row.count == 1 else f"{row.count} messages"
        size = f"{row.size / 1000:.1f} kB" if row.size >= 1000 else f"{row.size} bytes"
        assert row.name in said
        assert f"{size}, {many}" in said
    lengths = list(bars(svg))
    assert [each / lengths[0] for each in lengths] == pytest.approx(
        [row.size / table.rows[0].size for row in table.rows], abs=0.001
    )
    assert any("2023-11-06 to 2024-02-04" in each for each in said)


def test_growth_adds_up_to_all_mail(told: Stats, tmp_path: Path) -> None:
    said = texts(told.draw(tmp_path / "growth.svg").read_bytes())
    assert {"Month", "Size of all mail until then (kB)", "2023-12"} <= set(said)
    assert f"Growth: mail by month: 10 messages, {told.size / 1000:.1f} kB" in said
    own = [each for each in said if each.endswith((" message", " messages"))]
    assert own
    assert all(each.startswith("+") for each in own)  # a bar is of all until then, this is not


def outside(svg: bytes) -> list[str]:
    """The texts of which some lies beyond the edge."""
    from matplotlib.textpath import TextPath

    root = ElementTree.fromstring(svg)
    _, _, width, height = map(float, root.get("viewBox", "").split())
    found = []
    for each in root.iter("{http://www.w3.org/2000/svg}text"):
        how, text = each.get("style", ""), "".join(each.itertext())
        size = float(how.partition("font-size: ")[2].partition("px")[0])
        weight = {"weight": "bold"} if "font-weight: 700" in how else {}
        long = TextPath((0, 0), text, size=size, prop={"family": "DejaVu Sans", **weight})
        _, _, end, _ = long.get_extents().extents
        moved, _, turned = each.get("transform", "").rpartition("rotate(")
        angle, *_ = map(float, turned.rstrip(")").split())
        at = moved.partition("(")[2].strip(" )") or f"{each.get('x')} {each.get('y')}"
        x, y = map(float, at.split())
        anchor = how.partition("text-anchor: ")[2].partition(";")[0]
        back = {"middle": end / 2, "end": end}.get(anchor, 0)
        for along in (-back, end - back):
            for above in (0, -size * 0.75):
                point = complex(x, y) + complex(along, above) * rect(1, radians(angle))
                if not (0 <= point.real <= width and 0 <= point.imag <= height):
                    found.append(text)
    return found


@pytest.mark.parametrize("by", KINDS)
def test_every_table_can_be_drawn_with_named_axes_and_all_texts_within(
    by: str, told: Stats, tmp_path: Path
) -> None:
    far = replace(told, source="/srv/mail/" + "of-a-long-name/" * 20)
    svg = far.draw(tmp_path / "one.svg", by=by).read_bytes()
    said = texts(svg)
    titles = [each for each in said if ": " in each]
    assert titles
    assert [each for each in said if each.endswith(("(kB)", "(bytes)", "(hours)", "Messages"))]
    assert outside(svg) == []


def test_a_scale_that_gets_finer_as_room_is_made_has_its_room(told: Stats, tmp_path: Path) -> None:
    months = tuple(
        Row(key=name, name=name, count=90, size=310_000)
        for name in (f"{2024 + n // 12}-{n % 12 + 1:02}" for n in range(36))
    )
    table = replace(told.table("month"), rows=months)
    grown = replace(told, tables={"month": table})
    assert outside(grown.draw(tmp_path / "growth.svg").read_bytes()) == []


def test_a_page_stands_alone_and_shows_names_as_text(told: Stats, tmp_path: Path) -> None:
    page = told.draw(tmp_path / "senders.html", by="sender").read_text()
    assert "<svg" in page
    assert "default-src 'none'" in page
    assert "<i" not in page
    assert "Ann $1 &lt;i &lt;ann@example.com&gt;" in page
    assert not [word for word in ("src=", "<script", "<?xml") if word in page]
    assert told.draw(tmp_path / "senders.png", by="sender").read_bytes().startswith(b"\x89PNG")


def test_a_picture_is_refused_where_it_cannot_be(
    told: Stats, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "there.svg").write_text("mine")
    with pytest.raises(CannotWrite, match="is there already"):
        told.draw(tmp_path / "there.svg")
    for name, by in (("a.gif", "year"), ("a.svg", "colour")):
        with pytest.raises(UsageError):
            told.draw(tmp_path / name, by=by)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(UsageError, match="matplotlib") as caught:
        told.draw(tmp_path / "a.svg")
    assert "gmailkit[plots]" in caught.value.hint
    assert [each.name for each in tmp_path.iterdir()] == ["there.svg"]
