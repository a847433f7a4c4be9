"""Mail as pages: what a browser does with them, opened as files, whatever their senders wanted."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from chromium import CHROMIUM, started
from gmailkit.backup.folder import Backup
from gmailkit.backup.record import Record
from gmailkit.errors import CannotWrite, UsageError
from gmailkit.mime.build import build
from gmailkit.mime.sanitised import sanitised
from gmailkit.model.item import Item
from gmailkit.model.mail import Address, Attachment, Mail
from gmailkit.services.copying.run import copy
from gmailkit.services.export.mail import export
from gmailkit.services.export.pages import lists
from gmailkit.services.export.pages import target as pages_target
from gmailkit.services.export.pages.shell import MAIL_POLICY
from gmailkit.services.export.pages.target import PagesTarget
from gmailkit.stores.door import Step
from gmailkit.stores.opening import open_source

in_browser = pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine")
ME = "me@example.com"
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c6360606060000000050001a5f645400000000049454e44ae426082"
)
RUN = "<script>window.__mailxss = 1</script>"
SCRIPT = f"<svg xmlns='http://www.w3.org/2000/svg' onload='window.__mailxss = 1'>{RUN}</svg>"
HOSTILE = f"""{RUN}<img src=x onerror="window.__mailxss = 1"><img src="https://beacon.invalid/a.png">
<div style="background-image:url(//beacon.invalid/b)">seen</div><link rel=stylesheet
href="https://beacon.invalid/c.css"><iframe src="https://beacon.invalid/d"></iframe><meta
http-equiv=refresh content="0; url=https://beacon.invalid/e"><style>@import
"https://beacon.invalid/f"; body {{ background: url(https://beacon.invalid/g) }}</style>
<a href="javascript:window.__mailxss = 1">go</a><img src="cid:logo"><base href="//beacon.invalid/">
<form action="https://beacon.invalid/h"><button autofocus onfocus="window.__mailxss = 1">x</button>
</form><video poster="https://beacon.invalid/i"></video></article><h1 style="position:fixed">fake"""


def letter(subject: str, text: str, html: str = "", files: tuple[Attachment, ...] = ()) -> bytes:
    sender, to = Address("ann@example.com", "Ann Äpfel"), (Address(ME),)
    return build(
        Mail(sender=sender, to=to, subject=subject, text=text, html=html, attachments=files)
    )


FILES = (
    Attachment("../../bill.pdf", b"%PDF-1.4 bill", "application/pdf"),
    Attachment("page.html", f"<html>{RUN}".encode(), "text/html"),
    Attachment("picture.svg", SCRIPT.encode(), "image/svg+xml"),
    Attachment("notes", f"\n<html>{RUN}".encode(), "application/octet-stream"),
    Attachment("notes", b"other notes", "application/octet-stream"),
    Attachment("logo.png", PNG, "image/png", content_id="logo", inline=True),
)
LUNCH = letter("Lunch on Friday", "Crème brûlée at noon: https://x.example/a?b=1&c=2.")
MAIL = {
    "1a": ("2021-03-01", "t1", ["INBOX"], LUNCH),
    "2b": ("2022-03-01", "t2", ["Label_1"], letter("<b>Bill</b>", "plain", HOSTILE, FILES)),
    "3c": ("2023-03-01", "t1", ["SENT"], letter("東京で会議", "明日の会議は京都です。")),
    "4d": ("2023-03-02", "t4", ["SPAM", "UNREAD"], letter("Lunch is off", "Friday is free")),
}
NAMES = {"Label_1": "Work/<i>Bills</i>"}


@pytest.fixture(scope="module")
def backup(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("pages") / "mail.backup"
    with Backup.open(path, create=True) as folder:
        for id, (day, thread, labels, raw) in MAIL.items():
            millis = int(datetime.fromisoformat(f"{day}T12:00:00Z").timestamp() * 1000)
            named = {label: NAMES.get(label, label) for label in labels}
            folder.add(Record(ME, id, thread, millis, named, raw))
    return path


@pytest.fixture(scope="module")
def pages(backup: Path) -> Path:
    done = export(backup, backup.parent / "pages", to="html")
    assert (done.added, done.lost) == (4, ("the exact bytes",))
    return done.path


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with started() as running:
        yield running


@contextmanager
def looking(browser: Browser, **how: Any) -> Iterator[tuple[Page, list[str]]]:
    """A page, and what it asked of any network."""
    context = browser.new_context(**how)
    asked: list[str] = []

    def ask(route: Route) -> None:
        asked.append(route.request.url)
        route.abort()

    context.route(re.compile("^(https?|wss?|ftp):"), ask)
    page = context.new_page()
    yield page, asked
    context.close()


def message_pages(pages: Path) -> list[Path]:
    return sorted(pages.glob("mail/*/*.html"))


def hostile_page(pages: Path) -> Path:
    return next(path for path in message_pages(pages) if "beacon" in path.read_text())


# -- what a browser does


@in_browser
def test_the_search_finds_words_beginnings_fields_and_other_scripts(
    browser: Browser, pages: Path
) -> None:
    with looking(browser) as (page, asked):
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda said: errors.append(said.text))
        page.goto((pages / "index.html").as_uri())
        for search, subjects in {
            "lunch": ["Lunch is off", "Lunch on Friday"],
            "LUN frid": ["Lunch is off", "Lunch on Friday"],
            "lunch -holiday -free": ["Lunch on Friday"],
            "creme BRÛLÉE": ["Lunch on Friday"],
            "会議": ["東京で会議"],
            "京都": ["東京で会議"],
            "京": ["東京で会議"],
            "京会": [],
            "from:apfel subject:lunch": ["Lunch is off", "Lunch on Friday"],
            "from:lunch": [],
            "label:bills": ["<b>Bill</b>"],
            "filename:pdf has:attachment": ["<b>Bill</b>"],
            "thread:t1": ["東京で会議", "Lunch on Friday"],
            "nowhere": [],
        }.items():
            page.fill("input", search)
            words = f"{len(subjects)} message{'' if len(subjects) == 1 else 's'}"
            expect(page.locator("#said")).to_have_text(words)
            expect(page.locator("#found li")).to_have_count(len(subjects))
            assert page.locator("#found a").all_text_contents() == subjects, search
        page.fill("input", "noon")
        page.locator("#found a").click()
        assert page.locator("body > h1").inner_text() == "Lunch on Friday"
        page.get_by_text("The conversation").click()
        expect(page.locator("#said")).to_have_text("2 messages")
        assert (asked, errors) == ([], [])


@in_browser
def test_all_is_read_without_script(browser: Browser, pages: Path) -> None:
    with looking(browser, java_script_enabled=False) as (page, asked):
        page.goto((pages / "index.html").as_uri())
        assert page.locator("noscript").is_visible()
        for place, subject in (("2022", "<b>Bill</b>"), ("Work/<i>Bills</i>", "<b>Bill</b>")):
            page.get_by_role("link", name=place, exact=True).click()
            page.get_by_role("link", name=subject).click()
            assert page.locator("body > h1").inner_text() == subject
            page.get_by_text("All mail").click()
        assert asked == []


@in_browser
def test_the_policy_of_a_page_is_enough_where_nothing_is_cleaned(
    browser: Browser, tmp_path: Path, hostile: list[str]
) -> None:
    policy = f'<meta http-equiv="Content-Security-Policy" content="{MAIL_POLICY}">'
    worst = max(hostile, key=lambda html: html.count("script"))
    with looking(browser) as (page, asked):
        for html in (HOSTILE, SCRIPT, worst):
            without = html.replace("http-equiv=refresh", "")  # a policy does not reach so far
            (tmp_path / "raw.html").write_text(f"<!doctype html>{policy}{without}<p>x")
            page.goto((tmp_path / "raw.html").as_uri())
            assert page.evaluate("window.__mailxss") is None
        assert asked == []


@in_browser
def test_the_cleaning_is_enough_where_there_is_no_policy(
    browser: Browser, tmp_path: Path, hostile: list[str]
) -> None:
    clean = "\n".join(sanitised(html, lambda content_id: "").html for html in hostile)
    page_text = f"<!doctype html><meta charset=utf-8><article>{clean}</article><p id=end>"
    (tmp_path / "clean.html").write_text(page_text, errors="replace")
    with looking(browser) as (page, asked):
        page.goto((tmp_path / "clean.html").as_uri())
        assert page.evaluate("window.__mailxss") is None
        assert page.locator("body > #end").count() == 1  # no mail leaves its frame
        assert asked == []


@in_browser
def test_files_that_were_attached_run_nothing_when_they_are_opened(
    browser: Browser, pages: Path
) -> None:
    with looking(browser) as (page, asked):
        page.goto(hostile_page(pages).as_uri())
        assert page.evaluate("window.__mailxss") is None
        assert (
            page.locator("article img[src^='data:image/png']").evaluate("each => each.naturalWidth")
            > 0
        )
        for name in ("page.html", "picture.svg"):
            page.get_by_role("link", name=name).click()
            assert "<script>" in page.locator("body").inner_text()
            assert page.evaluate("window.__mailxss") is None
            page.go_back()
        assert asked == []


# -- what lies there


@pytest.fixture
def hostile(request: pytest.FixtureRequest) -> list[str]:
    """HTML that means harm: ours, and that of the corpus where it is there."""
    try:
        corpus: Path = request.getfixturevalue("corpus") / "html"
    except pytest.skip.Exception:
        return [HOSTILE, SCRIPT]
    files = [path.read_bytes().decode("utf-8", "replace") for path in sorted(corpus.iterdir())]
    return [HOSTILE, SCRIPT, *files]


class Active(HTMLParser):
    """What of a page could act or load."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            link = name == "href" and (value or "").startswith(("http", "mailto:", "tel:"))
            inside = name == "src" and (value or "").startswith("data:image/")
            if name.startswith("on") or (
                name in ("href", "src", "action") and not (link or inside)
            ):
                self.found.append(f"{tag} {name}={value}")
            if name == "style" and re.search(r"url|position|\\\\|@", value or ""):
                self.found.append(f"{tag} {name}={value}")
        if tag in ("script", "style", "iframe", "object", "embed", "link", "meta", "base", "form"):
            self.found.append(tag)


def test_nothing_active_is_left_of_html(hostile: list[str], request: pytest.FixtureRequest) -> None:
    try:
        purify = request.getfixturevalue("corpus") / "html" / "dompurify__expect.json"
    except pytest.skip.Exception:
        payloads = []
    else:
        payloads = [each["payload"] for each in json.loads(purify.read_text())]
    for html in [*hostile, *payloads, "\ud800<p>x"]:
        active = Active()
        active.feed(sanitised(html, lambda content_id: "").html)
        assert active.found == [], html


def test_a_message_names_what_it_did_not_load_and_keeps_its_files(pages: Path) -> None:
    path = hostile_page(pages)
    text = path.read_text()
    assert "1 picture lies elsewhere" in text
    assert "<code>https://beacon.invalid/a.png</code>" in text
    assert "&lt;b&gt;Bill&lt;/b&gt;" in text
    assert "seen" in text
    saved = {each.name: each.read_bytes() for each in path.with_suffix("").iterdir()}
    assert set(saved) == {
        *("bill.pdf", "page.html.txt", "picture.svg.txt", "notes.txt", "notes"),
    }
    assert saved["bill.pdf"] == b"%PDF-1.4 bill"
    assert all(f"{path.stem}/{name}" in text for name in saved)
    assert text.count("since a browser would run it") == 3
    policies = {
        each: each.read_text().count("default-src 'none'") for each in pages.rglob("*.html")
    }
    assert set(policies.values()) == {1}
    assert not [each for each in pages.rglob("*.html") if "<script" in each.read_text()][1:]


def test_a_picture_that_no_text_shows_lies_beside(tmp_path: Path) -> None:
    hidden = Attachment("hidden.png", PNG, "image/png", content_id="a", inline=True)
    raw = letter("Two", "plain", '<img src="cid:logo"> and a word', (FILES[-1], hidden))
    with PagesTarget(tmp_path / "out") as target:
        ref = target.add(Item.of(raw))
    beside = (tmp_path / "out" / ref).with_suffix("")
    assert [each.name for each in beside.iterdir()] == ["hidden.png"]


def test_an_address_in_plain_text_is_a_link_to_what_it_says(pages: Path) -> None:
    (text,) = [t for p in message_pages(pages) if "noon" in (t := p.read_text())]
    assert 'href="https://x.example/a?b=1&amp;c=2"' in text
    assert text.count("<a ") == 3


def test_a_second_run_adds_what_is_missing_to_lists_and_search(
    backup: Path, pages: Path, tmp_path: Path
) -> None:
    out = tmp_path / "pages"
    assert export(backup, out, to="html", query="subject:lunch").added == 1
    stale = out / "lists" / "year-2021-7.html"
    stale.write_text("of a longer list")
    assert export(backup, out, to="html").present == 1
    assert not stale.exists()
    assert export(backup, out, to="html").added == 0
    shown = {each.relative_to(pages) for each in pages.rglob("*.html")}
    assert shown == {each.relative_to(out) for each in out.rglob("*.html")}
    for name in shown:
        assert (out / name).read_bytes() == (pages / name).read_bytes(), name


def test_a_run_that_is_stopped_anywhere_is_completed_by_the_next(
    backup: Path, pages: Path, tmp_path: Path
) -> None:
    """Each step in turn fails as a full disk does, and the next run makes the same pages."""
    wanted = {each.relative_to(pages): each.read_bytes() for each in pages.rglob("*.html")}
    steps = 0
    while True:
        out = tmp_path / f"{steps}"
        left = steps

        def step(what: str, path: Path) -> None:
            nonlocal left
            left -= 1
            if left == 0:
                raise OSError(28, "No space left on device")

        steps += 19
        try:
            fill(backup, out, step)
        except CannotWrite:
            fill(backup, out, lambda what, path: None)
            assert wanted == {p.relative_to(out): p.read_bytes() for p in out.rglob("*.html")}
        else:
            if left > 0:
                break


def fill(backup: Path, out: Path, step: Step) -> None:
    with open_source(backup) as source, PagesTarget(out, step=step) as target:
        copy(source, target, source.refs())


def test_equal_messages_are_one_page_with_the_labels_of_both(tmp_path: Path) -> None:
    with PagesTarget(tmp_path / "out") as target:
        for label in ("Work", "BLUE_INFO"):
            item = Item.of(LUNCH, labels=frozenset([label]))
            assert list(target.find(item)) == []
            target.add(item)
    (page,) = message_pages(tmp_path / "out")
    assert "Blue info, Work" in page.read_text()
    lists = {each.name for each in (tmp_path / "out" / "lists").iterdir()}
    assert len([name for name in lists if name.startswith("label-")]) == 2
    index = (tmp_path / "out" / "index.html").read_text()
    assert "Mail: 1 message<" in index
    assert index.index(">Blue info<") < index.index(">Work<")


def test_a_folder_with_other_files_is_left_alone(backup: Path, tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(CannotWrite, match=r"holds other files \(thesis.txt\)"):
        export(backup, tmp_path, to="html")
    assert [each.name for each in tmp_path.iterdir()] == ["thesis.txt"]


def test_long_lists_have_pages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lists, "A_PAGE", 3)
    with PagesTarget(tmp_path / "out") as target:
        for n in range(7):
            raw = f"Date: Mon, 1 Mar 2021 12:00:0{n} +0000\nSubject: s{n}\n\n".encode()
            target.add(Item.of(raw, labels=frozenset(["INBOX"])))
    found = [
        re.findall(r">(s\d)</", (tmp_path / "out" / "lists" / f"year-2021-{n}.html").read_text())
        for n in range(3)
    ]
    assert found == [["s6", "s5", "s4"], ["s3", "s2", "s1"], ["s0"]]


def test_a_message_too_large_for_a_page_lies_beside_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages_target, "LOOKED_AT", 100)
    with PagesTarget(tmp_path / "out") as target:
        target.add(Item.of(LUNCH))
    (file,) = (tmp_path / "out").glob("mail/*/*/message.eml")
    assert file.read_bytes() == LUNCH
    assert "too large for a page" in message_pages(tmp_path / "out")[0].read_text()


def test_without_the_cleaner_nothing_is_made_and_it_is_named(
    backup: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "nh3", None)
    with pytest.raises(UsageError, match="nh3") as caught:
        export(backup, tmp_path / "out", to="html")
    assert "gmailkit[html]" in caught.value.hint
    assert not (tmp_path / "out").exists()
