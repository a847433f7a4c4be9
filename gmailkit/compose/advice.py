"""What a careful friend would say before a message leaves. Nothing here forbids anything."""

from __future__ import annotations

from collections.abc import Iterator

from gmailkit.compose.mention import mentions_attachment
from gmailkit.mime.html import html_to_text
from gmailkit.model.mail import Attachment, Mail

# Gmail help 22839 (sending limits of a gmail.com account; Workspace allows more) and 6584.
MOST_RECIPIENTS = 100  # of one message; newer pages say 500, the strictest is taken
MOST_A_DAY = 500  # recipients in 24 hours
MOST_OTHERS_TAKE = 25_000_000  # bytes; what Gmail promises to carry and others to receive

# support.google.com/mail/answer/6590: Gmail bounces these, also inside archives.
BLOCKED = frozenset(
    """ade adp apk appx appxbundle bat cab chm cmd com cpl diagcab diagcfg diagpkg dll dmg ex ex_
    exe hta img ins iso isp jar jnlp js jse lib lnk mde mjs msc msi msix msixbundle msp mst nsh pif
    ps1 scr sct shb sys vb vbe vbs vhd vxd wsc wsf wsh xll""".split()
)
# Domains that people type for those of large mail services; most belong to somebody else.
SLIPS = {
    slip: meant
    for meant, slips in {
        "gmail.com": "gmial.com gmai.com gmal.com gamil.com gnail.com gmail.co gmail.con gmail.cm "
        "gmail.om gmaill.com gmil.com gmali.com gmail.comm",
        "hotmail.com": "hotmial.com hotmal.com hotmai.com hotmil.com hotmail.con hotmail.cm "
        "hotmaill.com hormail.com",
        "outlook.com": "outlok.com outloo.com outllok.com outlook.con outlook.cm oulook.com",
        "yahoo.com": "yaho.com yahooo.com yhaoo.com yaoo.com yahoo.con yahoo.cm",
        "icloud.com": "iclod.com icloud.con icoud.com iclould.com icluod.com",
    }.items()
    for slip in slips.split()
}
NO_TEXT = "The message has no text."


def advise(mail: Mail, size: int) -> tuple[str, ...]:
    """Sentences about a message of `size` bytes, the gravest first."""
    return tuple(_advice(mail, size))


def _advice(mail: Mail, size: int) -> Iterator[str]:
    yield from _about_files(mail)
    if size > MOST_OTHERS_TAKE:
        yield (
            f"The message has {size / 1e6:.1f} MB as it travels; many servers take no more than "
            f"{MOST_OTHERS_TAKE / 1e6:.0f} MB."
        )
    yield from _about_slips(mail)
    yield from _about_people(mail)
    if not mail.subject.strip():
        yield "The message has no subject."
    if not (mail.text.strip() or mail.html.strip() or mail.attachments or mail.calendar):
        yield NO_TEXT


def _about_files(mail: Mail) -> Iterator[str]:
    files = [each for each in mail.attachments if not each.inline]
    if not files and (word := mentions_attachment(mail.text or html_to_text(mail.html))):
        yield f"The text says {word!r}, but nothing is attached."
    for each in mail.attachments:
        if ending := blocked_ending(each):
            yield f"Gmail does not carry files like {each.filename} (.{ending}): it would bounce."
        elif not each.content:
            yield f"The attachment {each.filename} is empty."


def _about_people(mail: Mail) -> Iterator[str]:
    everyone = (*mail.to, *mail.cc, *mail.bcc)
    count = len({each.email.casefold() for each in everyone})
    if count > MOST_A_DAY:
        yield (
            f"{count} recipients are more than a gmail.com account may write to in a day "
            f"({MOST_A_DAY})."
        )
    elif count > MOST_RECIPIENTS:
        yield f"{count} recipients are more than one message may have ({MOST_RECIPIENTS})."
    if mail.bcc and not (mail.to or mail.cc):
        yield "There are only Bcc recipients: what they get is addressed to nobody."


def _about_slips(mail: Mail) -> Iterator[str]:
    for email in dict.fromkeys(each.email for each in (*mail.to, *mail.cc, *mail.bcc)):
        local, _, domain = email.rpartition("@")
        if meant := SLIPS.get(domain.lower()):
            yield f"{domain} is probably a slip. Did you mean {local}@{meant}?"


def blocked_ending(attachment: Attachment) -> str:
    """The ending of a file that Gmail does not carry, also of one in a zip archive; or ""."""
    if (ending := _ending(attachment.filename)) in BLOCKED:
        return ending
    if not attachment.content.startswith(b"PK\x03\x04"):
        return ""
    return next((each for each in map(_ending, _inside(attachment)) if each in BLOCKED), "")


def _ending(filename: str) -> str:
    stem, dot, ending = filename.rstrip(". ").rpartition(".")
    return ending.lower() if dot and stem else ""


def _inside(archive: Attachment) -> list[str]:
    from io import BytesIO
    from zipfile import BadZipFile, ZipFile

    try:
        with ZipFile(BytesIO(archive.content)) as opened:
            return opened.namelist()
    except (BadZipFile, ValueError, NotImplementedError, OSError):
        return []
