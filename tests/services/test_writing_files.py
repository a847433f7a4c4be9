"""Attachments and pictures: from where they lie into the message, or one sentence why not."""

from __future__ import annotations

import io
import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from gmailkit.errors import UsageError
from gmailkit.gmail import Gmail
from gmailkit.mime.parse import parse
from gmailkit.model.mail import Attachment
from gmailkit.services.sending.writing import files
from gmailkit.services.sending.writing.files import MOST_BYTES, read_all
from gmailkit.services.sending.writing.kind import kind_of

PNG = b"\x89PNG\r\n\x1a\n" + bytes(20)


def test_every_form_of_an_attachment_arrives(gmail: Gmail, tmp_path: Path) -> None:
    for name in ("b.csv", "a.csv", "c.txt"):
        (tmp_path / name).write_text(name)
    opened = (tmp_path / "c.txt").open("rb")
    with opened:
        message = gmail.compose(
            to="me",
            attach=[
                str(tmp_path / "*.csv"),
                tmp_path / "c.txt",
                ("made.json", b"{}"),
                opened,
                io.BytesIO(b"%PDF-1.7 no name"),
                Attachment("as is.bin", b"\0"),
            ],
        )
    found = [(each.filename, each.content_type) for each in parse(message.raw).attachments]
    assert found == [
        ("a.csv", "text/csv"),
        ("b.csv", "text/csv"),
        ("c.txt", "text/plain"),
        ("made.json", "application/json"),
        ("c.txt", "text/plain"),
        ("attachment.pdf", "application/pdf"),
        ("as is.bin", "application/octet-stream"),
    ]


@pytest.mark.parametrize("form", ["str", "path", "pair", "file", "attachment"])
def test_one_alone_needs_no_list(tmp_path: Path, form: str) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"x")
    given = {
        "str": str(path),
        "path": path,
        "pair": ("a.txt", b"x"),
        "file": io.BytesIO(b"x"),
        "attachment": Attachment("a.txt", b"x"),
    }[form]
    assert [each.content for each in read_all(given)] == [b"x"]  # type: ignore[arg-type]


def test_a_file_whose_name_is_a_pattern_is_that_file(tmp_path: Path) -> None:
    (tmp_path / "a[1].txt").write_bytes(b"itself")
    (tmp_path / "a1.txt").write_bytes(b"other")
    assert [each.content for each in read_all(tmp_path / "a[1].txt")] == [b"itself"]


def test_a_pattern_leaves_folders_out(tmp_path: Path) -> None:
    (tmp_path / "folder.txt").mkdir()
    (tmp_path / "a.txt").write_bytes(b"x")
    assert [each.filename for each in read_all(f"{tmp_path}/*.txt")] == ["a.txt"]


@pytest.mark.parametrize(
    ("name", "sent"),
    [
        ("CON.txt", "_CON.txt"),
        ("-rf", "_-rf"),
        ("ab:c?.txt", "ab_c_.txt"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\ann\\plan.txt", "plan.txt"),
        ("gpj.\u202eexe", "gpj.exe"),
        ("Bericht fu\u0308r Ma\u0308rz.csv", "Bericht für März.csv"),
        ("", "attachment.txt"),
        (".bashrc", "bashrc"),
    ],
)
def test_names_are_safe_to_save_under(name: str, sent: str) -> None:
    (file,) = read_all((name, b"text"))
    assert file.filename == sent


def _fifo(path: Path) -> None:
    os.mkfifo(path)


def _unreadable(path: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may read everything")
    path.write_bytes(b"x")
    path.chmod(0)


def _huge(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(10 * 1024**3)


def _socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(path))


BAD: dict[str, tuple[Callable[[Path], object], str]] = {
    "missing": (lambda path: None, "Cannot read the attachment"),
    "a folder": (Path.mkdir, "is a folder"),
    "a fifo": (_fifo, "is a pipe or a device"),
    "a socket": (_socket, "is a pipe or a device"),
    "unreadable": (_unreadable, "Cannot read the attachment"),
    "huge": (_huge, "too large"),
    "a link to itself": (lambda path: path.symlink_to(path), "Cannot read the attachment"),
    "a link to nothing": (lambda path: path.symlink_to("gone"), "Cannot read the attachment"),
}


@pytest.mark.parametrize("kind", BAD)
def test_what_cannot_be_attached_is_one_sentence(kind: str, tmp_path: Path) -> None:
    make, says = BAD[kind]
    path = tmp_path / "x"
    make(path)
    with pytest.raises(UsageError, match=says) as caught:
        read_all([path])
    assert str(path) in caught.value.message
    assert "\n" not in caught.value.message


@pytest.mark.parametrize("path", ["a\0b", "x" * 5_000, "", "no/such/*.pdf"])
def test_a_path_that_cannot_be_is_one_sentence(path: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        read_all([path])


def test_a_file_that_vanishes_between_two_looks_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "x"
    path.write_bytes(b"x")
    monkeypatch.setattr(files, "_check_regular", lambda path, what: path.unlink())
    with pytest.raises(UsageError, match="No such file"):
        read_all([path])


def test_a_file_open_as_text_or_closed_is_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_text("x")
    with path.open() as file, pytest.raises(UsageError, match="open as text"):
        read_all([file])  # type: ignore[list-item]
    with path.open("rb") as closed:
        pass
    with pytest.raises(UsageError, match="closed"):
        read_all([closed])


def test_a_thing_that_is_no_file_is_one_sentence() -> None:
    with pytest.raises(UsageError, match="not int"):
        read_all([7])  # type: ignore[list-item]


def test_an_empty_file_goes_with_a_warning(gmail: Gmail, tmp_path: Path) -> None:
    (tmp_path / "empty.log").touch()
    message = gmail.compose(to="me", subject="s", attach=tmp_path / "empty.log")
    assert message.warnings == ("The attachment empty.log is empty.",)
    assert parse(message.raw).attachments[0].content == b""


def test_files_that_are_too_large_together_are_refused_before_the_last_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As they travel: base64 makes four bytes of three, and lines of 76."""
    for name in ("a", "b"):
        with (tmp_path / name).open("wb") as file:
            file.truncate(MOST_BYTES * 3 // 8)
    opened: list[Path] = []
    plain = Path.open
    monkeypatch.setattr(
        Path, "open", lambda path, *a, **k: (opened.append(path), plain(path, *a, **k))[1]
    )
    with pytest.raises(UsageError, match=r"/b makes the message too large: 3\d\.\d MB"):
        read_all([tmp_path / "a", tmp_path / "b"])


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("a.pdf", b"%PDF-1.7", "application/pdf"),
        ("a.pdf", PNG, "image/png"),
        ("photo.jpg", b"MZ\x90\0" + bytes(200), "application/vnd.microsoft.portable-executable"),
        ("notes", b"plain words\n", "text/plain"),
        ("notes", "Größe\n".encode(), "text/plain"),
        ("picture", PNG, "image/png"),
        ("dump", b"\0\1\2\3", "application/octet-stream"),
        ("a.tar.gz", b"\x1f\x8b", "application/gzip"),
        ("a.csv", b"%PDF", "text/csv"),
        ("empty.pdf", b"", "application/pdf"),
        ("empty", b"", "application/octet-stream"),
    ],
)
def test_the_type_is_by_name_and_by_content(name: str, content: bytes, kind: str) -> None:
    assert kind_of(name, content) == kind


def test_pictures_of_html_go_along_and_are_named_by_it(gmail: Gmail, tmp_path: Path) -> None:
    (tmp_path / "a b.png").write_bytes(PNG)
    (tmp_path / "c.png").write_bytes(PNG + b"c")
    html = (
        "<p><img src='a%20b.png'><IMG alt=x SRC=c.png><img src=\"c.png\">"
        '<img src="https://example.com/far.png"><img src="cid:mine@x"></p>'
    )
    message = gmail.compose(to="me", html=html, folder=tmp_path)
    mail = parse(message.raw)
    pictures = [(each.filename, each.inline, each.content_type) for each in mail.attachments]
    assert pictures == [("a b.png", True, "image/png"), ("c.png", True, "image/png")]
    ids = [each.content_id for each in mail.attachments]
    assert [mail.html.count(f'"cid:{id}"') for id in ids] == [1, 2]
    assert "https://example.com/far.png" in mail.html
    assert "cid:mine@x" in mail.html
    assert b"multipart/related" in message.raw


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("gone.png", "gone.png that the text shows is not there"),
        ("secret.txt", "is no picture"),
        ("lying.png", "is no picture"),
        (".", "is a folder"),
    ],
)
def test_what_is_no_picture_is_not_carried_off(
    gmail: Gmail, tmp_path: Path, source: str, says: str
) -> None:
    for name in ("secret.txt", "lying.png"):
        (tmp_path / name).write_text("root:x:0:0")
    with pytest.raises(UsageError, match=says):
        gmail.compose(to="me", html=f'<img src="{source}">', folder=tmp_path)


HEAD = "---\nsubject: s\nto: me\n"
ATTACHING = f"{HEAD}attach: {{{{ x }}}}\n---\nHi\n"
SHOWING = f"{HEAD}---\nHi ![p]({{{{ x }}}})\n"
SHOWING_HTML = f"{HEAD}format: html\n---\n<img src='{{{{ x }}}}'>\n"


@pytest.fixture
def among_secrets(tmp_path: Path) -> Path:
    """A folder `mine`, with pictures in it, hidden in it, beside it, and linked into it."""
    for name in ("mine/sub/in.png", "mine/.keys/id.png", "out.png"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(PNG)
    (tmp_path / "mine" / "link.png").symlink_to(tmp_path / "out.png")
    (tmp_path / "mine" / "round.png").symlink_to("round.png")
    return tmp_path


@pytest.mark.parametrize(
    "text", [ATTACHING, SHOWING, SHOWING_HTML], ids=["attached", "markdown", "html"]
)
@pytest.mark.parametrize(
    "value",
    [
        *("{}/out.png", "../out.png", "..%2Fout.png", "link.png", ".keys/id.png", "~/out.png"),
        *("sub/*.png", "*", "sub/gone.png", "~nobody.here/x.png", "round.png", "x" * 5000),
    ],
)
def test_a_value_carries_off_no_file_of_elsewhere(
    gmail: Gmail,
    among_secrets: Path,
    monkeypatch: pytest.MonkeyPatch,
    text: str,
    value: str,
) -> None:
    monkeypatch.setenv("HOME", str(among_secrets))
    template = among_secrets / "mine" / "t.md"
    template.write_text(text)
    inside = gmail.compose(template=template, values={"x": "sub/in.png"}).mail.attachments
    assert [each.content for each in inside] == [PNG]
    with pytest.raises(UsageError, match=r"outside|not there|no file"):
        gmail.compose(template=template, values={"x": value.format(among_secrets)})


@pytest.mark.parametrize("said", ["attach: {}\n---\nHi {{{{ x }}}}\n", "---\nHi ![p]({})\n"])
def test_what_the_template_itself_says_may_lie_anywhere(
    gmail: Gmail, among_secrets: Path, said: str
) -> None:
    template = among_secrets / "mine" / "t.md"
    template.write_text(HEAD + said.format("../out.png"))
    mail = gmail.compose(template=template, values={"x": "Ann"}).mail
    assert [each.filename for each in mail.attachments] == ["out.png"]


def test_pictures_that_values_name_may_come_from_where_it_is_said(
    gmail: Gmail, among_secrets: Path
) -> None:
    template = among_secrets / "mine" / "t.md"
    template.write_text(SHOWING)
    mail = gmail.compose(
        template=template, values={"x": "out.png"}, pictures_in=[among_secrets]
    ).mail
    assert [each.content for each in mail.attachments] == [PNG]
