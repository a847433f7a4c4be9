"""The tree of parts, against Python's own parser and on broken mail."""

from __future__ import annotations

from email.message import Message
from email.mime.application import MIMEApplication
from email.mime.base import MIMEBase
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gmailkit.mime import structure
from gmailkit.mime.structure import MAX_DEPTH, Part, read_header, read_structure


def _shape(part: Part) -> str:
    """As "mixed[text/plain, related[text/html, image/png]]"."""
    if not part.children:
        return part.content_type
    inside = ", ".join(map(_shape, part.children))
    return f"{part.content_type.removeprefix('multipart/')}[{inside}]"


LEAVES = st.sampled_from(["text", "html", "file"])
TREES = st.recursive(LEAVES, lambda inner: st.lists(inner, min_size=1, max_size=4), max_leaves=12)


def _message(tree: object) -> MIMEBase:
    if tree == "text":
        return MIMEText("--not a boundary\nFrom here\n\n--\n")
    if tree == "html":
        return MIMEText("<p>x", "html", "utf-8")
    if tree == "file":
        return MIMEApplication(b"--\0\r\n" * 9)
    assert isinstance(tree, list)
    return MIMEMultipart("mixed", _subparts=[_message(part) for part in tree])


def _expected(message: Message) -> str:
    kind = message.get_content_type()
    if not message.is_multipart():
        return kind
    inside = ", ".join(_expected(part) for part in message.get_payload())  # type: ignore[union-attr, arg-type]
    return f"{kind.removeprefix('multipart/')}[{inside}]"


@settings(max_examples=50, deadline=None)
@given(TREES, st.sampled_from([b"\n", b"\r\n"]))
def test_mail_built_by_python_has_the_same_tree(tree: object, line_end: bytes) -> None:
    message = _message(tree)
    raw = message.as_bytes().replace(b"\n", line_end)
    found = read_structure(raw)
    assert _shape(found.root) == _expected(message)
    assert not found.defects


MIXED = b"Content-Type: multipart/mixed; boundary=b\n\n"


def _typed(kind: str, boundary: str) -> bytes:
    return f"Content-Type: multipart/{kind}; boundary={boundary}\n\n".encode()


BROKEN = [
    ("never closed", MIXED + b"--b\n\nx", "mixed[text/plain]"),
    ("blanks behind boundaries", MIXED + b"--b  \n\nx\n--b-- \t\n", "mixed[text/plain]"),
    ("preamble and epilogue", MIXED + b"p\n--b\n\nx\n--b--\n--b\nno", "mixed[text/plain]"),
    ("a longer line", MIXED + b"--b\n\n--bb\n--b--\n", "mixed[text/plain]"),
    (
        "boundary inside a header",
        MIXED + b"--b\nX: y\n--b\n\nz\n--b--",
        "mixed[text/plain, text/plain]",
    ),
    ("no part at all", MIXED + b"only text", "text/plain"),
    ("no boundary", b"Content-Type: multipart/mixed\n\ntext", "text/plain"),
    (
        "no boundary named, but used",
        b"Content-Type: multipart/mixed\n\n--z\nContent-Type: a/b\n\nx\n--z--\n",
        "mixed[a/b]",
    ),
    ("other boundary used", MIXED + b"--z\nContent-Type: a/b\n\nx\n--z--\n", "mixed[a/b]"),
    (
        "digest",
        _typed("digest", "b") + b"--b\n\nSubject: x\n\ny\n--b--\n",
        "digest[message/rfc822]",
    ),
    (
        "outer boundary ends the inner",
        MIXED + b"--b\n" + _typed("x", "c") + b"--c\n\nx\n--b\n\ny\n--b--",
        "mixed[x[text/plain], text/plain]",
    ),
    (
        "the same boundary inside",
        MIXED + b"--b\n" + _typed("x", "b") + b"--b\n\nx\n--b--\n--b\n\ny\n--b--",
        "mixed[x[text/plain], text/plain]",
    ),
    (
        "no boundary named inside",
        MIXED + b"--b\nContent-Type: multipart/x\n\n--c\nContent-Type: a/b\n\nx\n--c--\n--b--",
        "mixed[text/plain]",
    ),
    ("no type", b"Content-Type: text\n\nx", "text/plain"),
    ("html for short", b"Content-Type: html\n\nx", "text/html"),
    (
        "multipart for short",
        b"Content-Type: multipart; boundary=b\n\n--b\n\nx\n--b--",
        "mixed[text/plain]",
    ),
    (
        "CR alone ends lines",
        (MIXED + b"--b\n\nx\n--b--\n").replace(b"\n", b"\r"),
        "mixed[text/plain]",
    ),
    ("empty", b"", "text/plain"),
]


@pytest.mark.parametrize(("raw", "shape"), [b[1:] for b in BROKEN], ids=[b[0] for b in BROKEN])
def test_broken_nesting(raw: bytes, shape: str) -> None:
    assert _shape(read_structure(raw).root) == shape


def test_the_line_end_before_a_boundary_is_not_content() -> None:
    found = read_structure(MIXED + b"--b\n\nx\r\n\r\n--b\n\n--b--")
    first, second = found.root.children
    assert found.body(first) == b"x\r\n"
    assert found.body(second) == b""


HEADERS = [
    ("plain", b"A: 1\r\nB: 2\r\n\r\nx", [("A", b"1"), ("B", b"2")], b"x"),
    ("folded", b"A: 1\n 2\n\t3\n\nx", [("A", b"1\n 2\n\t3")], b"x"),
    ("blank before the colon", b"A : 1\n\nx", [("A", b"1")], b"x"),
    ("no blank behind the colon", b"A:1\n\nx", [("A", b"1")], b"x"),
    ("mbox line", b"From a@b Mon Jan 1\nA: 1\n\nx", [("A", b"1")], b"x"),
    (
        "quoted mbox line inside",
        b"A: 1\n>From a@b Mon\nB: 2\n\nx",
        [("A", b"1"), ("B", b"2")],
        b"x",
    ),
    ("byte order mark", b"\xef\xbb\xbfA: 1\n\nx", [("A", b"1")], b"x"),
    (
        "junk before a usual field",
        b"A: 1\njunk\nSubject: 2\n\nx",
        [("A", b"1"), ("Subject", b"2")],
        b"x",
    ),
    ("no blank line", b"A: 1\nbody text\nmore", [("A", b"1")], b"body text\nmore"),
    ("header alone", b"A: 1", [("A", b"1")], b""),
    ("no header", b"\nbody", [], b"body"),
    ("raw bytes", b"A: \xff\0\n\nx", [("A", b"\xff\0")], b"x"),
]


@pytest.mark.parametrize(
    ("raw", "fields", "body"), [h[1:] for h in HEADERS], ids=[h[0] for h in HEADERS]
)
def test_headers(raw: bytes, fields: list[tuple[str, bytes]], body: bytes) -> None:
    for found in (read_structure(raw), read_header(raw)):
        assert found.root.fields == fields
        assert found.body(found.root) == body


def test_deep_nesting_is_kept_as_one_part() -> None:
    levels = b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(500)
    )
    found = read_structure(levels + b"\ndeep")
    depth, part = 0, found.root
    while part.children:
        depth, part = depth + 1, part.children[0]
    assert depth == MAX_DEPTH
    assert found.body(part).endswith(b"\ndeep")
    assert any("deeper" in defect for defect in found.defects)


def test_what_is_too_much_is_left_out_and_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(structure, "MAX_PARTS", 4)
    monkeypatch.setattr(structure, "MAX_FIELDS", 3)
    many = read_structure(_typed("m", "b") + b"--b\n\nx\n" * 9)
    assert len(many.root.children) == 3
    assert many.body(many.root.children[-1]) == b"x"
    fields = read_structure(b"A: 1\r\nB: 2\r\nC: 3\r\nD: 4\r\n\r\nbody")
    assert [name for name, _ in fields.root.fields] == ["A", "B", "C"]
    assert fields.body(fields.root) == b"body"
    assert read_structure(b"A: 1\nB: 2\nC: 3\nD: 4").root.start == 19
    monkeypatch.setattr(structure, "MAX_VALUE", 8)
    value = read_structure(b"A: 123456789\n\nbody")
    assert value.root.fields == [("A", b"1234567")]
    for found, word in ((many, "parts"), (fields, "lines"), (value, "longer")):
        assert any(word in defect for defect in found.defects)


def test_defects_are_counted_too() -> None:
    raw = MIXED + b"".join(b"--b\nContent-Type: x%d\n\n" % n for n in range(500))
    assert len(read_structure(raw).defects) < 100


@given(st.binary())
def test_any_bytes_have_a_structure(raw: bytes) -> None:
    read_structure(raw)
    read_structure(MIXED + raw)


LINES = st.sampled_from(
    [
        *(b"--b", b"--b--", b"--c", b"--c--", b"", b"x", b"A: b", b" f"),
        b"Content-Type: multipart/y; boundary=c",
        b"Content-Type: multipart/digest; boundary=b",
        b"Content-Type: message/rfc822",
    ]
)


@settings(max_examples=300, deadline=None)
@given(st.lists(LINES, max_size=40))
def test_every_part_lies_inside_its_parent(lines: list[bytes]) -> None:
    found = read_structure(MIXED + b"\n".join(lines))
    pending = [found.root]
    while pending:
        part = pending.pop()
        assert 0 <= part.start <= part.end <= len(found.raw)
        ends = [part.start]
        for child in part.children:
            assert ends[-1] <= child.start <= child.end <= part.end
            ends.append(child.end)
        pending += part.children
