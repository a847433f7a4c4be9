"""The sandbox's own reading of MIME: structure, bytes, and hostile input."""

from __future__ import annotations

import base64
import quopri
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gmailkit.sandbox import Sandbox, headers, resource, tree
from gmailkit.sandbox.attachment_ids import AttachmentIds
from sandbox_caller import ME, Caller, refusal, unbase64url
from work import grows_with_its_input


def shape(raw: bytes) -> dict[str, tuple[str, bytes]]:
    """Part id to media type and content, leaves only."""
    return {
        part.part_id: (part.mime_type, part.content())
        for part in tree.read(raw).walk()
        if not part.parts
    }


def multipart(*parts: bytes, boundary: str = "b", end: bytes = b"--b--\r\n") -> bytes:
    head = f"Content-Type: multipart/mixed; boundary={boundary}\r\n\r\n".encode()
    mark = f"--{boundary}\r\n".encode()
    return head + b"".join(mark + part + b"\r\n" for part in parts) + end


@pytest.mark.parametrize(
    ("raw", "wanted"),
    [
        (b"", {"": ("text/plain", b"")}),
        (b"Subject: x\r\n\r\nbody", {"": ("text/plain", b"body")}),
        (b"\r\nbody", {"": ("text/plain", b"body")}),
        (multipart(b"\r\na", b"\r\nb"), {"0": ("text/plain", b"a"), "1": ("text/plain", b"b")}),
        (multipart(b"\r\na", end=b""), {"0": ("text/plain", b"a\r\n")}),
        (multipart(b"", b"\r\n"), {"0": ("text/plain", b""), "1": ("text/plain", b"")}),
        (multipart(end=b"--b--"), {"": ("text/plain", b"--b--")}),
        (multipart(b"\r\n--bb\r\n--b x"), {"0": ("text/plain", b"--bb\r\n--b x")}),
        (multipart(b"\r\na").replace(b"\r\n", b"\n"), {"0": ("text/plain", b"a")}),
        (multipart(b"\r\na", end=b"--b-- \t\r\n--b\r\n\r\nlate"), {"0": ("text/plain", b"a")}),
        (
            multipart(b"\r\na").replace(b"multipart/mixed", b"multipart/digest"),
            {"0.0": ("text/plain", b"")},
        ),
        (b"Content-Type: nonsense\r\n\r\nx", {"": ("text/plain", b"x")}),
        (b"Content-Type: multipart/mixed\r\n\r\nx", {"": ("text/plain", b"x")}),
        (b"Content-Type: image/png\r\nContent-Type: text/html\r\n\r\nx", {"": ("image/png", b"x")}),
    ],
    ids=[
        *("empty", "plain", "no header", "two", "no end", "empty parts", "no parts"),
        *("near delimiters", "LF", "after the end", "digest", "nonsense", "no boundary", "twice"),
    ],
)
def test_structure(raw: bytes, wanted: dict[str, tuple[str, bytes]]) -> None:
    assert shape(raw) == wanted


@pytest.mark.parametrize(
    ("encoding", "encoded", "content"),
    [
        ("base64", b"aGVs\r\nbG8=", b"hello"),
        ("BASE64", b"aGVsbG8", b"hello"),
        ("base64", b"aGVs!bG8=garbage=", base64.b64decode(b"aGVsbG8garbage==")),
        ("base64", b"a", b""),
        ("base64", b"", b""),
        ("quoted-printable", b"a=3D=\r\nb=C3=BC", b"a=b\xc3\xbc"),
        ("quoted-printable", b"100% =ZZ =", b"100% =ZZ "),
        ("8bit", b"\xc3\xbc", b"\xc3\xbc"),
        ("unknown", b"=41", b"=41"),
    ],
)
def test_transfer_encodings(encoding: str, encoded: bytes, content: bytes) -> None:
    head = f"Content-Type: image/png\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n".encode()
    assert tree.read(head + encoded).content() == content


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ('Content-Type: image/png; name="a b.png"', "a b.png"),
        ("Content-Disposition: attachment; filename=x.txt", "x.txt"),
        ("Content-Disposition: attachment; filename*=utf-8''%C3%BC.txt", "ü.txt"),
        ('Content-Disposition: attachment; filename="=?utf-8?q?=C3=BC=2Etxt?="', "ü.txt"),
        ("Content-Disposition: attachment; filename*0=long; filename*1=er.txt", "longer.txt"),
        ("Content-Disposition: attachment; filename*=bad'%zz", ""),
        ("Content-Disposition: attachment", ""),
        ("Content-Type: text/plain; charset=x; charset=y; =;;;", ""),
    ],
)
def test_filenames(line: str, name: str) -> None:
    read = tree.read(line.encode() + b"\r\n\r\nx").filename
    assert read == name or (not name and "bad" in line)


def nested(depth: int) -> bytes:
    raw = b"deep"
    for level in range(depth):
        head = f"Content-Type: multipart/mixed; boundary=b{level}\r\n\r\n".encode()
        raw = head + f"--b{level}\r\n".encode() + raw + f"\r\n--b{level}--\r\n".encode()
    return raw


# Each with so many of what it is made of.
HOSTILE: dict[str, tuple[Callable[[int], bytes], int]] = {
    "nesting": (nested, 3000),
    "parts": (lambda n: multipart(*[b"\r\nx"] * n), 200_000),
    "header line": (lambda n: b"Subject: " + b"a" * n + b"\r\n\r\nx", 10_000_000),
    "header lines": (lambda n: b"X: y\r\n" * n + b"\r\nx", 50_000),
    "folds": (lambda n: b"X: y\r\n" + b" z\r\n" * n + b"\r\nx", 200_000),
    "parameters": (lambda n: b"Content-Type: text/plain" + b'; a="b' * n + b"\r\n\r\nx", 500_000),
    "half delimiters": (lambda n: multipart(b"\r\n" + b"--b " * n), 2_000_000),
    "delimiter": (lambda n: multipart(b"\r\n" + b"-" * n, boundary="-" * 60), 8_000_000),
    "base64": (
        lambda n: b"Content-Transfer-Encoding: base64\r\n\r\n" + b"A\n" * n,
        5_000_000,
    ),
    "quoted-printable": (
        lambda n: b"Content-Transfer-Encoding: quoted-printable\r\n\r\n" + b"=\r\n=A" * n,
        2_000_000,
    ),
    "forwarded": (lambda n: b"Content-Type: message/rfc822\r\n\r\n" * n + b"x", 20_000),
    "encoded words": (lambda n: b"Subject: " + b"=?utf-8?q?a?= " * n + b"\r\n\r\nx", 200_000),
    "addresses": (lambda n: b"To: " + b"a@example.com, " * n + b"\r\n\r\nx", 200_000),
    "references": (lambda n: b"References: " + b"<a@b> " * n + b"\r\n\r\nx", 500_000),
    "tags": (lambda n: b"Content-Type: text/html\r\n\r\n" + b"<div>" * n, 500_000),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_mail_is_kept_and_shown_whole(sandbox: Sandbox, me: Caller, name: str) -> None:
    make, count = HOSTILE[name]
    raw = make(count)
    id = sandbox.mail.put(ME, raw)
    for format in ("full", "metadata", "minimal"):
        assert me.get(f"messages/{id}", format=format).status_code == 200
    assert me.raw(id) == raw


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_mail_costs_no_more_work_than_its_length(sandbox: Sandbox, name: str) -> None:
    make, count = HOSTILE[name]
    small = min(count // 4, 500)
    letters = {n: make(n) for n in (1, small, 4 * small)}

    def keep_and_show(n: int) -> None:
        state, me = sandbox.mail, sandbox.mail.users.get(ME)
        stored = state.messages.find(me.n, state.put(ME, letters[n]))
        assert stored is not None
        opened = AttachmentIds(state.signing_key, state.clock)
        reading = resource.Reading(stored, (), letters[n], opened)
        for format in ("full", "metadata", "minimal"):
            resource.message(reading, format=format)

    assert grows_with_its_input(keep_and_show, small)


def test_hostile_mail_is_sent_or_refused(me: Caller) -> None:
    for name in ("nesting", "addresses", "encoded words", "references"):
        make, count = HOSTILE[name]
        response = me.call(
            "POST",
            "messages/send",
            prefix="/upload",
            data=b"Cc: ann@example.com\r\n" + make(count),
            headers={"Content-Type": "message/rfc822"},
        )
        assert response.status_code in (200, 400), name


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_are_some_message(raw: bytes) -> None:
    for part in tree.read(raw).walk():
        part.content()
    read = headers.read(raw)
    assert b"".join(f.raw for f in read.fields) + read.blank + read.body == raw


PIECES = st.sampled_from(
    [
        *(b"\r\n", b"\n", b"--b", b"--b--", b" ", b"a", b"Content-Type: ", b"multipart/mixed"),
        *(
            b"; boundary=b",
            b"message/rfc822",
            b"text/html",
            b"; charset=utf-16",
            b"=?x?b?",
            b"\xff",
        ),
        *(b"Content-Transfer-Encoding: base64", b"name*0*=", b"'", b'"', b"filename=", b"\0", b":"),
    ]
)


@settings(max_examples=500, deadline=None)
@given(st.lists(PIECES, max_size=40))
def test_any_mixture_of_mime_is_some_message(pieces: list[bytes]) -> None:
    raw = b"".join(pieces)
    ids = [part.part_id for part in tree.read(raw).walk()]
    assert len(ids) == len(set(ids))
    for part in tree.read(raw).walk():
        part.content()


LINES = st.lists(st.text(st.characters(blacklist_categories=["Cs"]), max_size=30), max_size=5)


@settings(max_examples=100, deadline=None)
@given(LINES)
def test_text_survives_the_encodings(lines: list[str]) -> None:
    content = "\r\n".join(line.replace("\r", "").replace("\n", "") for line in lines).encode()
    head = "Content-Type: image/x; name=x\r\nContent-Transfer-Encoding: {}\r\n\r\n"
    encoded = base64.encodebytes(content)
    assert tree.read(head.format("base64").encode() + encoded).content() == content
    printable = quopri.encodestring(content.replace(b"\r\n", b"\n")).replace(b"\n", b"\r\n")
    assert tree.read(head.format("quoted-printable").encode() + printable).content() == content


def test_the_corpus_can_be_read_in_every_format(sandbox: Sandbox, me: Caller, corpus: Path) -> None:
    files = [path for path in sorted(corpus.rglob("*.eml")) if path.stat().st_size < 2_000_000]
    assert files
    for place, path in enumerate(files):
        raw = path.read_bytes()
        id = sandbox.mail.put(ME, raw)
        for format in ("full", ("metadata", "minimal", "raw")[place % 3]):
            response = me.get(f"messages/{id}", format=format)
            assert response.status_code == 200, (path.name, format, response.text)
        assert "raw" not in response.json() or unbase64url(response.json()["raw"]) == raw
    assert len(me.listed(includeSpamTrash="true")) == len(files)
    assert me.get("messages", q="the -quite OR larger:1K").status_code == 200


def test_the_corpus_is_inserted_or_refused_with_a_reason(
    sandbox: Sandbox, me: Caller, corpus: Path
) -> None:
    statuses = set()
    for path in sorted(corpus.rglob("*.eml")):
        raw = path.read_bytes()
        response = me.call(
            "POST",
            "messages",
            prefix="/upload",
            data=raw,
            headers={"Content-Type": "message/rfc822"},
        )
        statuses.add(response.status_code)
        if response.status_code == 200:
            stored = sandbox.mail.raw(ME, response.json()["id"])
            assert stored == headers.crlf(raw), path.name
        else:
            assert refusal(response)[0] == 400, path.name
    assert statuses == {200, 400}
