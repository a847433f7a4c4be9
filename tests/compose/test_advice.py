"""What is said of a message before it leaves, and what is not said."""

from __future__ import annotations

import io
import zipfile

import pytest

from gmailkit.compose.advice import advise
from gmailkit.compose.mention import mentions_attachment
from gmailkit.model.mail import Address, Attachment, Mail

ANN = Address("ann@example.com")
FILE = Attachment("a.pdf", b"%PDF", "application/pdf")
PICTURE = Attachment("p.png", b"\x89PNG", "image/png", "p@x", inline=True)


def people(count: int) -> tuple[Address, ...]:
    return tuple(Address(f"p{n}@example.com") for n in range(count))


def zipped(*names: str) -> Attachment:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name in names:
            archive.writestr(name, b"x")
    return Attachment("files.zip", file.getvalue(), "application/zip")


def said(size: int = 1_000, **fields: object) -> tuple[str, ...]:
    return advise(Mail(**{"to": (ANN,), "subject": "s", "text": "t", **fields}), size)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "fields",
    [
        {"text": "Hello"},
        {"text": "Report attached.", "attachments": (FILE,)},
        {"text": "", "attachments": (FILE,)},
        {"text": "", "html": "<p>Hello</p>"},
        {"to": people(100)},
        {"bcc": (ANN,)},
        {"to": (), "cc": (ANN,), "bcc": (ANN,)},
        {"attachments": (zipped("a.txt", "b/c.pdf"),)},
        {"attachments": (Attachment("archive.zip", b"PK\x03\x04broken"),)},
        {"attachments": (Attachment("exe", b"x"), Attachment(".exe", b"x"))},
    ],
    ids=lambda fields: str(fields)[:40],
)
def test_an_ordinary_message_is_not_talked_about(fields: dict[str, object]) -> None:
    assert said(**fields) == ()


@pytest.mark.parametrize(
    ("fields", "size", "words"),
    [
        ({"text": "Report attached."}, 1, "says 'attached', but nothing is attached"),
        ({"text": "", "html": "<p>Report <b>attached</b>.</p>"}, 1, "says 'attached'"),
        ({"text": "see attached", "html": "<img>", "attachments": (PICTURE,)}, 1, "is attached"),
        ({"subject": " "}, 1, "no subject"),
        ({"to": (), "bcc": (ANN,)}, 1, "only Bcc"),
        ({"text": " \n"}, 1, "no text"),
        ({}, 25_000_001, "25.0 MB as it travels; many servers take no more than 25 MB"),
        ({"to": people(101)}, 1, "101 recipients are more than one message may have (100)"),
        ({"to": people(300), "bcc": people(300)[:1]}, 1, "300 recipients are more than one"),
        ({"to": people(501)}, 1, "may write to in a day (500)"),
        ({"attachments": (Attachment("run.EXE", b"MZ"),)}, 1, "files like run.EXE (.exe)"),
        ({"attachments": (Attachment("a.pdf.js ", b"x"),)}, 1, "(.js)"),
        ({"attachments": (zipped("ok.txt", "deep/setup.msi"),)}, 1, "files.zip (.msi)"),
        ({"attachments": (Attachment("empty.log", b""),)}, 1, "empty.log is empty"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_each_trouble_is_said_in_one_sentence(
    fields: dict[str, object], size: int, words: str
) -> None:
    (sentence,) = said(size, **fields)
    assert words in sentence
    assert sentence.endswith(".")
    assert "\n" not in sentence


MENTIONS = {
    "en": ("Please find attached the report.", "attached"),
    "en 2": ("The invoice is in the attachment.", "attachment"),
    "en 3": ("Enclosed are two photos.", "Enclosed"),
    "de": ("Die Rechnung ist im Anhang.", "im Anhang"),
    "de 2": ("Anbei der Bericht.", "Anbei"),
    "de 3": ("Der Vertrag ist beigefügt.", "beigefügt"),
    "fr": ("Veuillez trouver ci-joint le rapport.", "ci-joint"),
    "fr 2": ("La facture est en pièce jointe.", "pièce jointe"),
    "es": ("Le envío el informe adjunto.", "adjunto"),
    "pt": ("Segue em anexo o relatório.", "Segue em anexo"),
    "it": ("In allegato trovi la fattura.", "In allegato"),
    "nl": ("Zie de bijlage.", "bijlage"),
    "sv": ("Jag bifogar rapporten.", "bifogar"),
    "da": ("Rapporten er vedhæftet.", "vedhæftet"),
    "no": ("Se vedlegget.", "vedlegget"),
    "fi": ("Raportti on liitteenä.", "liitteenä"),
    "pl": ("W załączniku przesyłam raport.", "załączniku"),
    "cs": ("Zpráva je v příloze.", "v příloze"),
    "hu": ("Mellékelten küldöm.", "Mellékelten"),
    "ro": ("Am atașat raportul.", "atașat"),
    "tr": ("Rapor ektedir, ekteki dosyaya bakın.", "ekteki"),
    "ru": ("Отчёт во вложении.", "во вложении"),
    "uk": ("Звіт у вкладенні.", "у вкладенні"),
    "el": ("Σας επισυνάπτω την αναφορά.", "επισυνάπτω"),
    "he": ("הדוח מצורף.", "מצורף"),
    "ar": ("التقرير في المرفقات.", "المرفقات"),
    "hi": ("रिपोर्ट संलग्न है।", "संलग्न"),
    "ja": ("報告書を添付します。", "添付"),
    "zh": ("请见附件。", "附件"),
    "ko": ("보고서를 첨부합니다.", "첨부"),
}


@pytest.mark.parametrize("language", MENTIONS)
def test_a_mention_is_seen_in_many_languages(language: str) -> None:
    text, word = MENTIONS[language]
    assert mentions_attachment(text).lower() == word.lower()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "See you at noon.",
        "> Please find attached the report.\nThanks!",
        "Thanks!\n\nOn Mon, 23 Nov 2026, Ann wrote:\nPlease find attached",
        "Danke!\n\nAm 23.11.2026 um 10:00 schrieb Ann:\nAnbei",
        "Thanks!\n-----Original Message-----\nattached",
        "Thanks!\n-- \nThis mail and the attachments are confidential.",
        "If you got this by mistake, delete it and any attachments.",
        "There is no attachment this time, I sent it without attachments.",
        "Unattached and detached.",
        "The projects anexar and eclectic.",
    ],
    ids=lambda text: text[:30],
)
def test_what_is_quoted_or_something_else_is_no_mention(text: str) -> None:
    assert mentions_attachment(text) == ""


def test_a_line_that_begins_like_a_quote_and_is_none_hides_nothing() -> None:
    assert mentions_attachment("On the table:\nthe attached report") == "attached"


def test_a_long_text_is_looked_at_quickly() -> None:
    """A bound on work, not on time: what is beyond the first 200,000 characters is not read."""
    assert mentions_attachment("x " * 100_000 + "attached") == ""


@pytest.mark.parametrize(
    ("address", "meant"),
    [
        ("ann@gmial.com", "ann@gmail.com"),
        ("ann@Gmail.CON", "ann@gmail.com"),
        ("ann@hotmial.com", "ann@hotmail.com"),
    ],
)
@pytest.mark.parametrize("field", ["to", "cc", "bcc"])
def test_a_slip_in_the_domain_of_a_large_service_is_asked_about(
    address: str, meant: str, field: str
) -> None:
    (sentence,) = said(**{"to": (ANN,), field: (Address(address),)})
    assert f"Did you mean {meant}?" in sentence


@pytest.mark.parametrize("domain", ["gmail.com", "googlemail.com", "mail.com", "ymail.com"])
def test_a_domain_that_is_none_of_the_slips_is_nobodys_business(domain: str) -> None:
    assert said(to=(Address(f"ann@{domain}"),)) == ()
