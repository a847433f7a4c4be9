"""Known words are found in fifty files that other programs made."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from gmailkit.attached.extractor import Extractor
from gmailkit.model.mail import Attachment
from gmailkit.query.words import index_of, phrase

TEXTS = {
    "english": ("The quarterly report is attached.", "quarterly report"),
    "german": ("Die Straße nach Köln ist gesperrt.", "Straße nach Köln"),
    "french": ("La réunion générale à l'été.", "réunion générale"),
    "polish": ("Żółta łódź płynie do Gdańska.", "łódź płynie"),
    "greek": ("Η τιμή είναι καλή σήμερα.", "τιμή είναι"),
    "russian": ("Отчёт за третий квартал готов.", "третий квартал"),
}
OFFICE = {  # what LibreOffice writes out of a text, a table and a presentation
    "txt": ("docx", "odt", "pdf", "html"),
    "csv": ("xlsx", "ods", "pdf"),
    "odp": ("pptx", "pdf"),
}
SLIDE = """<?xml version="1.0" encoding="UTF-8"?>
<office:document xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"
 xmlns:draw="urn:oasis:names:tc:opendocument:xmlns:drawing:1.0"
 xmlns:svg="urn:oasis:names:tc:opendocument:xmlns:svg-compatible:1.0"
 xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"
 office:version="1.3" office:mimetype="application/vnd.oasis.opendocument.presentation">
<office:body><office:presentation><draw:page draw:name="one">
<draw:frame svg:width="20cm" svg:height="5cm" svg:x="1cm" svg:y="1cm"><draw:text-box>
<text:p>{}</text:p></draw:text-box></draw:frame></draw:page></office:presentation></office:body>
</office:document>"""


def programs(*names: str) -> None:
    for name in names:
        if shutil.which(name) is None:
            pytest.skip(f"{name} is not installed here")


def office(folder: Path, form: str, *files: Path) -> None:
    home = (folder / "office").as_uri()
    out = folder / form
    command = ["soffice", f"-env:UserInstallation={home}", "--headless", "--convert-to", form]
    if files[0].suffix == ".csv":
        command += ["--infilter=CSV:44,34,76"]  # commas, quotation marks, UTF-8
    subprocess.run(
        [*command, "--outdir", str(out), *map(str, files)], check=True, capture_output=True
    )


def by_libreoffice(folder: Path) -> Iterator[tuple[str, Path]]:
    sources: dict[str, list[Path]] = {"txt": [], "csv": [], "odp": []}
    for name, (text, _) in TEXTS.items():
        for kind, content in (
            ("txt", f"\ufeff{text}\n"),
            ("csv", f"\ufeffnumber,text\n7,{text}\n"),
            ("odp", SLIDE.format(text)),
        ):
            made = folder / f"{name}-{kind}.{'fodp' if kind == 'odp' else kind}"
            made.write_text(content)
            sources[kind].append(made)
    for kind, forms in OFFICE.items():
        for form in forms:
            office(folder, form, *sources[kind])
            for source in sources[kind]:
                yield source.name.partition("-")[0], folder / form / f"{source.stem}.{form}"


def by_troff(folder: Path) -> Iterator[tuple[str, Path]]:
    """groff writes PDF itself, and PostScript that Ghostscript makes PDF of."""
    text = TEXTS["english"][0].encode()
    direct, drawn = folder / "groff.pdf", folder / "ghost.pdf"
    direct.write_bytes(subprocess.run(["groff", "-Tpdf"], input=text, capture_output=True).stdout)
    shown = subprocess.run(["groff", "-Tps"], input=text, capture_output=True).stdout
    ghost = ["gs", "-q", "-dBATCH", "-dNOPAUSE", "-sDEVICE=pdfwrite", f"-sOutputFile={drawn}", "-"]
    subprocess.run(ghost, input=shown, check=True, capture_output=True)
    yield from (("english", path) for path in (direct, drawn))


@pytest.mark.soak
@pytest.mark.timeout(900)
def test_known_words_are_found_in_fifty_files(tmp_path: Path) -> None:
    programs("soffice", "groff", "gs")
    made = [*by_libreoffice(tmp_path), *by_troff(tmp_path)]
    assert len(made) >= 50
    missed = []
    with Extractor() as reader:
        for language, path in made:
            answer = reader.read(Attachment(path.name, path.read_bytes()))
            if not answer or phrase(TEXTS[language][1]) not in index_of([answer.text]):
                missed.append((path.name, answer))
    assert missed == []
