"""What is attached, as files beside a page: safely named, and none that a browser would run."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable
from dataclasses import dataclass

from gmailkit.mime.filename import fitted, safe_name
from gmailkit.model.mail import Attachment
from gmailkit.services.attachments.folder import Folder
from gmailkit.services.attachments.wanted import is_program

# A browser runs what is inside of these when they are opened, with the rights of a file.
_RUN = frozenset(
    "htm html xhtml xht shtml hta mht mhtml svg svgz xml xsl xslt rdf atom rss mathml swf".split()
)
# Never guessed at by their first bytes, since every browser knows what they are.
_KNOWN = frozenset(
    """txt csv md log ics vcf pdf png jpg jpeg gif webp bmp tif tiff heic doc docx xls xlsx ppt pptx
    odt ods odp rtf zip gz tgz 7z rar mp3 m4a ogg wav mp4 mov webm eml p7s asc json""".split()
)
_PICTURES = {
    "image/png": b"\x89PNG",
    "image/jpeg": b"\xff\xd8",
    "image/gif": b"GIF8",
    "image/webp": b"RIFF",
}
_SHOWN = 2 << 20  # bytes of a picture that stands inside of its page


@dataclass(frozen=True, slots=True)
class Saved:
    """`file` is its name beside the page. `as_text`: a browser would have run it; `program`: a
    system would.
    """

    attachment: Attachment
    file: str
    as_text: bool
    program: bool


def save(
    folder: Folder, below: list[str], attachments: Iterable[Attachment], *, mtime: float
) -> list[Saved]:
    """Each into the folder `below`; a name that other content has gets a number.

    Raises CannotWrite.
    """
    saved = []
    for each in attachments:
        name = safe_name(each.filename, content_type=each.content_type)
        as_text = _would_run(name, each.content)
        path, _ = folder.save(
            [*below, fitted(name, ".txt") if as_text else name], each.content, mtime=mtime
        )
        saved.append(Saved(each, path.name, as_text, is_program(each)))
    return saved


def picture(attachments: Iterable[Attachment], content_id: str) -> str:
    """The data: address of a picture that a message shows inside of itself; "" for none."""
    for each in attachments:
        if each.content_id.lower() == content_id.lower() and is_picture(each):
            kind = _kind(each)
            return f"data:{kind};base64,{b64encode(each.content).decode()}"
    return ""


def is_picture(attachment: Attachment) -> bool:
    """Whether a page can hold it inside."""
    begins = _PICTURES.get(_kind(attachment))
    size = attachment.size
    return begins is not None and size <= _SHOWN and attachment.content.startswith(begins)


def _kind(attachment: Attachment) -> str:
    return attachment.content_type.lower().partition(";")[0].strip()


def _would_run(name: str, content: bytes) -> bool:
    ending = name.rpartition(".")[2].lower() if "." in name else ""
    if ending in _RUN:
        return True
    begins = content[:1_024].lstrip(b"\xef\xbb\xbf\xff\xfe\x00 \t\r\n\f")
    return ending not in _KNOWN and begins.startswith(b"<")
