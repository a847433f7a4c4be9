"""Text of attached files, and what becomes of those that mean no good (S8)."""

from __future__ import annotations

import io
import resource
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from gmailkit.attached import extractor, worker
from gmailkit.attached.documents import pieces
from gmailkit.attached.extractor import Extractor
from gmailkit.attached.kinds import Kind, kind_of
from gmailkit.attached.pipe import begin, read
from gmailkit.attached.worker import Question
from gmailkit.model.mail import Attachment

WORDS = "Zusammenfassung für Łódź, 東京 and Straße"


@pytest.fixture(scope="module")
def reader() -> Iterator[Extractor]:
    with Extractor() as opened:
        yield opened


def word() -> bytes:
    import docx

    document = docx.Document()
    document.add_paragraph(WORDS)
    document.add_table(1, 1).cell(0, 0).text = "in a cell"
    document.sections[0].header.paragraphs[0].text = "overhead"
    return saved(document)


def sheet() -> bytes:
    import openpyxl

    book = openpyxl.Workbook()
    book.active.title = "Budget"
    book.active.append([WORDS, 2026, None, "=1+1"])
    return saved(book)


def slides() -> bytes:
    import pptx

    shown = pptx.Presentation()
    slide = shown.slides.add_slide(shown.slide_layouts[0])
    slide.shapes.title.text = WORDS
    slide.notes_slide.notes_text_frame.text = "whisper"
    return saved(shown)


def saved(document: Any) -> bytes:
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()


def pdf(content: bytes, filter: bytes = b"") -> bytes:
    """One page that shows what `content` draws."""
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Contents 4 0 R"
        b"/Resources<</Font<</F<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>>>",
        b"<<%s/Length %d>>stream\n%s\nendstream" % (filter, len(content), content),
    ]
    out, places = b"%PDF-1.4\n", []
    for number, each in enumerate(objects, start=1):
        places.append(len(out))
        out += b"%d 0 obj%s endobj\n" % (number, each)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    start = len(out)
    out += b"xref\n0 5\n0000000000 65535 f \n" + table
    return out + b"trailer<</Size 5/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % start


def opened(content: str) -> bytes:
    file = io.BytesIO()
    text = "urn:oasis:names:tc:opendocument:xmlns:text:1.0"
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("content.xml", f'<a xmlns:t="{text}"><t:p>{content}</t:p></a>')
    return file.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.docx", word, [WORDS, "in a cell", "overhead"]),
        ("a.xlsx", sheet, [WORDS, "2026", "Budget"]),
        ("a.pptx", slides, [WORDS, "whisper"]),
        ("a.odt", lambda: opened(WORDS), [WORDS]),
        ("a", lambda: pdf(b"BT /F 9 Tf (Quarterly report) Tj ET"), ["Quarterly report"]),
        ("notes.TXT", lambda: WORDS.encode(), [WORDS]),
        ("notes.txt", lambda: WORDS.encode("utf-16"), [WORDS]),
        ("notes.txt", lambda: "Straße".encode("cp1252"), ["Straße"]),
        ("page.html", lambda: b"<script>no</script>W<b>or</b>d &eacute;", ["Word é"]),
    ],
)
def test_words_are_read(
    reader: Extractor, name: str, content: Callable[[], bytes], words: list[str]
) -> None:
    answer = reader.read(Attachment(name, content()))
    assert answer
    assert answer.unread == ""
    for each in words:
        assert each in answer.text
    assert "no" not in answer.text.split()


@pytest.mark.parametrize(
    ("name", "type", "content", "kind"),
    [
        ("a.jpg", "image/jpeg", b"\xff\xd8\xff", None),
        ("a.zip", "application/zip", b"PK\x03\x04", None),
        ("a.exe", "text/plain", b"MZ\0\0", None),
        ("a.docx", "application/octet-stream", b"PK\x03\x04", Kind.WORD),
        ("a.txt", "text/plain", b"%PDF-1.7", Kind.PDF),
        ("", "text/csv; charset=x", b"1,2", Kind.TEXT),
        ("letter", "application/vnd.oasis.opendocument.text", b"PK\x03\x04", Kind.OPEN),
        ("a.docx", "application/octet-stream", b"plain", None),
    ],
)
def test_what_a_file_is_its_bytes_say_before_its_name(
    name: str, type: str, content: bytes, kind: Kind | None
) -> None:
    assert kind_of(Attachment(name, content, type)) is kind


def bomb(size: int) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("content.xml", bytes(size))
    return file.getvalue()


LAUGHS = "".join(f"<!ENTITY l{n} '{f'&l{n - 1};' * 10}'>" for n in range(1, 10))
BAD = [
    ("zip bomb.odt", lambda: bomb(160 << 20), "too large unpacked"),
    ("billion laughs.odt", lambda: opened(f"<!DOCTYPE a [{LAUGHS}]>&l9;"), "broken"),
    ("torn.docx", lambda: word()[:2000], "broken"),
    ("torn.pdf", lambda: pdf(b"BT (x) Tj ET")[:150], "broken"),
    (
        "flate bomb.pdf",
        lambda: pdf(zlib.compress(bytes(100 << 20), 9), b"/Filter/FlateDecode"),
        "",
    ),
    ("large.pdf", lambda: b"%PDF-" + bytes(31 << 20), "too large"),
    ("long.txt", lambda: b"word " * 200_000, "too long"),
]


@pytest.mark.parametrize(("name", "content", "why"), BAD, ids=[name for name, *_ in BAD])
def test_what_means_no_good_is_skipped_with_a_reason_and_the_next_one_is_read(
    reader: Extractor, name: str, content: Callable[[], bytes], why: str
) -> None:
    answer = reader.read(Attachment(name, content()))
    assert answer
    assert answer.unread == why or (not why and answer.unread)
    assert len(answer.text) <= worker.MOST_TEXT
    good = reader.read(Attachment("a.odt", opened("still here")))
    assert good
    assert good.text == "still here"


def test_what_takes_too_long_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    def endless(kind: Kind, content: bytes) -> Iterator[str]:
        yield "a beginning"
        while True:
            try:
                zlib.compress(bytes(1 << 16))
            except Exception:  # noqa: BLE001 - as libraries do
                continue

    monkeypatch.setattr(worker, "SECONDS", 0.1)
    monkeypatch.setattr(worker, "pieces", endless)
    answer = worker._answer(Question(Kind.OPEN, b""))
    assert (answer.text, answer.unread) == ("a beginning", "took too long")


def test_a_process_that_dies_or_hangs_is_ended_and_another_one_goes_on(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(extractor, "PATIENCE", 0.3)
    for script, why in (
        ("import os; os._exit(9)", "broken"),
        ("input(); input()", "took too long"),
    ):
        (tmp_path / "dying.py").write_text(script)
        monkeypatch.setenv("PYTHONPATH", str(tmp_path))
        monkeypatch.setattr(extractor, "_WORKER", "dying")
        with Extractor() as other:
            answer = other.read(Attachment("a.odt", opened("x")))
            assert answer
            assert answer.unread == why
            monkeypatch.undo()
            again = other.read(Attachment("a.odt", opened("x")))
            assert again
            assert again.text == "x"
        monkeypatch.setattr(extractor, "PATIENCE", 0.3)


def test_the_process_runs_nothing_of_the_folder_it_is_begun_in_and_knows_no_secret(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """There saved attachments may lie, under the names of modules."""
    monkeypatch.chdir(tmp_path)
    for name in ("docx", "msgspec", "gmailkit"):
        (tmp_path / f"{name}.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')")
    with Extractor() as other:
        answer = other.read(Attachment("a.odt", opened("x")))
        assert answer
        assert answer.text == "x"
    assert not (tmp_path / "ran").exists()
    monkeypatch.setenv("GMAILKIT_ACCESS_TOKEN", "ya29.secret")
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "telling.py").write_text(
        "import os\nfrom gmailkit.attached.pipe import write\n"
        "write(os.fdopen(1, 'wb'), repr(sorted(os.environ)).encode())"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "own"))
    process = begin("telling")
    assert process.stdout
    told = (read(process.stdout) or b"").decode()
    process.communicate()
    assert "'PATH'" in told
    assert "TOKEN" not in told


def test_memory_is_bounded() -> None:
    script = (
        "from gmailkit.attached import worker\nworker._limit()\n"
        "worker.load = lambda kind: None\n"
        "worker.pieces = lambda kind, content: iter([b'x' * (600 << 20)])\n"
        "print(worker._answer(worker.Question('odf', b'')).unread)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout == "too much memory\n"
    assert resource.getrlimit(resource.RLIMIT_DATA)[0] != worker.MEMORY, "ours is as it was"


def test_no_file_can_be_written(tmp_path: Path) -> None:
    script = (
        "from pathlib import Path\nfrom gmailkit.attached import worker\nworker._limit()\n"
        f"Path({str(tmp_path / 'made')!r}).write_text('x')"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert "File too large" in done.stderr
    assert not (tmp_path / "made").read_text()


def test_without_the_extra_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "docx", None)
    assert worker._answer(Question(Kind.WORD, word.__name__.encode())).unread == worker.NEEDS_EXTRA


def test_nothing_that_a_file_refers_to_is_read(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret words")
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(
            "content.xml",
            f'<!DOCTYPE a [<!ENTITY s SYSTEM "{(tmp_path / "secret").as_uri()}">]>'
            '<a xmlns:t="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><t:p>x &s;</t:p></a>',
        )
    assert "secret" not in "".join(pieces(Kind.OPEN, file.getvalue()))
