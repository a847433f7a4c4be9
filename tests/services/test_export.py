"""A conversation as Markdown: it shows the mail, and does nothing that mail asks for."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from gmailkit.errors import CannotWrite, NotFound
from gmailkit.gmail import Gmail
from gmailkit.mime.html import html_to_text
from gmailkit.sandbox import Sandbox
from gmailkit.services.export.markdown import as_markdown, inline
from mailroom import ME, letter
from work import grows_with_its_input

TAGS = re.compile(r"<(\w+)")
ODD = [
    *("# heading", "> quote", "> > deep", ">", "- item", "* item", "+ item", "1. one", "2) two"),
    *("===", "---", "***", "```", "~~~", "    code", "\tcode", "![x](https://t.example/p)"),
    *("[x](javascript:y)", "<img src=x>", "<script>", "&lt;", "a*b*c_d_", "\\*", "| a | b |", ""),
    *("[x]: https://a.example", "https://a.example/x_y_z?a=1&b=2.", "(https://a.example/)"),
    *("plain", "`code`", "Title\n---"),
]


def html(markdown: str) -> str:
    return MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(markdown)


def words(text: str) -> str:
    """Without marks of quotes, and with any white space as one blank."""
    return " ".join(re.sub(r"^(\s*>)+", "", text, flags=re.MULTILINE).split())


@pytest.mark.parametrize("line", ODD)
def test_a_line_is_shown_as_it_was_written(line: str) -> None:
    shown = html(as_markdown(f"before\n{line}\nafter"))
    assert set(TAGS.findall(shown)) <= {"p", "br", "a", "blockquote"}
    assert words(html_to_text(shown)) == words(f"before\n{line}\nafter")
    assert html_to_text(html(f"# {inline(line)}")).split() == line.split()


PRINTED = st.characters(min_codepoint=32, max_codepoint=126)


@given(st.lists(st.sampled_from(ODD) | st.text(PRINTED)))
def test_any_text_is_shown_as_it_was_written(lines: list[str]) -> None:
    text = "\n".join(lines)
    shown = html(as_markdown(text))
    assert set(TAGS.findall(shown)) <= {"p", "br", "a", "blockquote"}
    assert words(html_to_text(shown)) == words(text)


def test_lines_paragraphs_quotes_and_links_stay() -> None:
    text = "one\ntwo\n\n> a\n> > b\n> c\nthree https://a.example/x_y."
    assert as_markdown(text) == (
        "one  \ntwo\n\n> a\n>\n> > b\n>\n> c\n\nthree <https://a.example/x_y>."
    )


@pytest.mark.parametrize("unit", ["> a\nb\n", "https://", "https://a.example/).", "*", ">", "> "])
def test_time_grows_with_the_length_alone(unit: str) -> None:
    assert grows_with_its_input(lambda n: as_markdown(unit * n), 2_000)


def talk(sandbox: Sandbox) -> list[str]:
    quoted = "Yes.\n\nOn 1 Nov 2026 at 10:00 Ann <ann@example.com> wrote:\n> Plan *A*?"
    bodies = ("Plan *A*?", quoted)
    return [
        sandbox.mail.put(ME, letter(name, body=body), thread="plan")
        for name, body in zip(("Plan", "Re: Plan"), bodies, strict=True)
    ]


def test_a_conversation_is_one_document_oldest_first(sandbox: Sandbox, gmail: Gmail) -> None:
    ids = talk(sandbox)
    found = gmail.export_conversation(gmail.thread_of(ids[1]))
    assert found.messages == tuple(ids)
    assert found.markdown.startswith("# Plan\n\n## 1. Ann Lee\n\n- From: Ann Lee \\<ann@")
    assert "\n\nPlan \\*A\\*?\n\n## 2. Ann Lee\n" in found.markdown
    assert found.markdown.endswith("\n\nYes.\n\n\\[2 quoted lines\\]\n")
    whole = gmail.export_conversation(gmail.thread_of(ids[1]), whole=True)
    assert whole.markdown.endswith("\n> Plan \\*A\\*?\n")


def with_files(sandbox: Sandbox, *names: str) -> str:
    parts = "".join(
        f'--b\r\nContent-Type: text/plain\r\nContent-Disposition: attachment; filename="{name}"'
        f"\r\n\r\ncontent {number}\r\n"
        for number, name in enumerate(names)
    )
    head = "From: Ann <ann@example.com>\r\nSubject: Files\r\n"
    raw = f"{head}Content-Type: multipart/mixed; boundary=b\r\n\r\n{parts}--b--\r\n"
    return sandbox.mail.put(ME, raw.encode())


def test_what_is_attached_is_saved_and_linked_from_beside(
    sandbox: Sandbox, gmail: Gmail, tmp_path: Path
) -> None:
    id = with_files(sandbox, "a [1].txt", "../../evil.txt", "a [1].txt")
    listed = gmail.export_conversation(gmail.thread_of(id))
    assert "- Attached: a \\[1\\].txt (text/plain, 9 bytes)" in listed.markdown
    assert listed.files == ()
    file, folder = tmp_path / "out" / "files.md", tmp_path / "out" / "files"
    file.parent.mkdir()
    found = gmail.export_conversation(gmail.thread_of(id), to=file, attachments=folder)
    assert file.read_text() == found.markdown
    assert [path.parent for path in found.files] == [folder] * 3
    assert {path.read_text() for path in found.files} == {f"content {n}" for n in range(3)}
    links = re.findall(r'href="([^"]+)"', html(found.markdown))
    assert [(file.parent / unquote(link)) for link in links] == list(found.files)


def test_a_file_that_is_there_stays_as_it_is(
    sandbox: Sandbox, gmail: Gmail, tmp_path: Path
) -> None:
    id, file = talk(sandbox)[0], tmp_path / "plan.md"
    file.write_text("mine")
    with pytest.raises(CannotWrite, match="there already"):
        gmail.export_conversation(id, to=file, attachments=tmp_path / "files")
    assert file.read_text() == "mine"
    assert not (tmp_path / "files").exists()


def test_a_conversation_that_is_not_there_leaves_no_file(gmail: Gmail, tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        gmail.export_conversation("0" * 16, to=tmp_path / "plan.md")
    assert list(tmp_path.glob("plan*")) == []


def test_a_message_that_goes_meanwhile_leaves_no_half_document(
    sandbox: Sandbox, gmail: Gmail, tmp_path: Path
) -> None:
    thread = gmail.thread_of(talk(sandbox)[0])
    sandbox.faults.next(404, reason="notFound", method="messages.get", times=1)
    with pytest.raises(NotFound):
        gmail.export_conversation(thread, to=tmp_path / "plan.md")
    assert list(tmp_path.glob("plan*")) == []
