"""What the parts of a message are to a reader: text, HTML, and what is attached."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

import msgspec

from gmailkit.mime.charset import decode_text, is_known
from gmailkit.mime.header import decode
from gmailkit.mime.parameter import parse_value
from gmailkit.mime.structure import Part, Structure, read_header
from gmailkit.mime.transfer import decode_transfer
from gmailkit.model.mail import Attachment

_CID = re.compile(r"""\bcid:([^\s"'<>()]++)""", re.IGNORECASE)
_META_CHARSET = re.compile(
    rb"""<meta[^>]{0,200}?charset\s{0,9}=\s{0,9}["']?([\w.:-]{1,40})""", re.I
)
_MESSAGES = ("message/rfc822", "message/global")  # RFC 2046 section 5.2.1, RFC 6532 section 3.7


class Contents(msgspec.Struct):
    text: str = ""
    html: str = ""
    attachments: tuple[Attachment, ...] = ()


def collect(structure: Structure) -> Contents:
    """The readable parts joined, the others as attachments in the order of the message.

    Attached is what has a file name or asks for it, what is no text, and any message inside.
    """
    found = _Found()
    _Walk(structure, found).part(structure.root, parent="")
    html = _joined(found.htmls)
    shown = {cid.lower() for cid in _CID.findall(html)}
    return Contents(_joined(found.texts), html, tuple(_placed(found.attachments, shown)))


class _Found(msgspec.Struct):
    texts: list[str] = msgspec.field(default_factory=list)
    htmls: list[str] = msgspec.field(default_factory=list)
    others: list[str] = msgspec.field(default_factory=list)  # few can show these: AMP, enriched
    attachments: list[Attachment] = msgspec.field(default_factory=list)


class _Walk:
    def __init__(self, structure: Structure, found: _Found) -> None:
        self._structure = structure
        self._found = found

    def part(self, part: Part, *, parent: str) -> None:
        if not part.children:
            self._leaf(part, parent)
        elif part.content_type == "multipart/alternative":
            self._alternative(part)
        else:
            for child in part.children:
                self.part(child, parent=part.content_type)

    def _alternative(self, part: Part) -> None:
        """One rendition of each kind, though some mailers nest pictures or files beside them."""
        renditions = []
        for child in part.children:
            rendition = _Found(attachments=self._found.attachments)
            _Walk(self._structure, rendition).part(child, parent=part.content_type)
            renditions.append(rendition)
        texts = _best(r.texts for r in renditions)
        htmls = _best(r.htmls for r in renditions)
        self._found.texts += texts or ([] if htmls else _best(r.others for r in renditions))
        self._found.htmls += htmls

    def _leaf(self, part: Part, parent: str) -> None:
        value = part.value("Content-Disposition", charset=self._structure.charset())
        disposition, parameters = parse_value(value)
        name = parameters.get("filename") or part.parameters.get("name", "")
        # A message that is nothing but text is not its own attachment, whatever name it was given.
        attached = disposition == "attachment" or bool(name and parent)
        if not attached and (bucket := self._bucket(part, parent)) is not None:
            bucket.append(self._text(part))
        else:
            self._attach(part, name=name, disposition=disposition, parent=parent)

    def _bucket(self, part: Part, parent: str) -> list[str] | None:
        """Where the text of a part belongs; None when it is better kept as a file."""
        match part.content_type:
            case "text/plain":
                return self._found.texts
            case "text/html":
                return self._found.htmls
            case "text/calendar":
                return None
        if part.main_type != "text" or parent not in ("", "multipart/alternative"):
            return None
        return self._found.others if parent else self._found.texts

    def _content(self, part: Part) -> bytes:
        value = part.value("Content-Transfer-Encoding")
        encoding = "-".join(re.split("[;(]", value)[0].lower().split())  # "quoted printable" too
        content, defect = decode_transfer(self._structure.body(part), encoding)
        self._note(defect)
        return content

    def _text(self, part: Part) -> str:
        content = self._content(part)
        charset = part.parameters.get("charset", "")
        if not charset and part.content_type == "text/html":
            meta = _META_CHARSET.search(content, 0, 2048)
            charset = meta[1].decode() if meta else ""
        if charset and not is_known(charset):
            self._note(f"unknown charset {charset[:40]!r}")
        return decode_text(content, charset).replace("\r\n", "\n").replace("\r", "\n")

    def _attach(self, part: Part, *, name: str, disposition: str, parent: str) -> None:
        content = self._content(part)
        if not name and part.content_type in _MESSAGES:
            name = f"{decode(read_header(content).root.value('Subject')) or 'message'}.eml"
        content_id = decode(part.value("Content-ID")).strip("<> ")
        pictured = part.main_type == "image" or parent == "multipart/related"
        inline = bool(content_id) and pictured and disposition != "attachment"
        self._found.attachments.append(
            Attachment(name, content, part.content_type, content_id, inline)
        )

    def _note(self, defect: str) -> None:
        if defect:
            self._structure.defects[defect] = None


def _best(renditions: Iterable[list[str]]) -> list[str]:
    """The first that says anything; else the first."""
    some = [texts for texts in renditions if any(texts)]
    saying = (texts for texts in some if any(text.strip() for text in texts))
    return next(saying, some[0] if some else [])


def _joined(texts: list[str]) -> str:
    """One after the other, each beginning a line."""
    some = [text for text in texts if text]
    return "".join(text if text.endswith("\n") else f"{text}\n" for text in some[:-1]) + "".join(
        some[-1:]
    )


def _placed(attachments: list[Attachment], shown: set[str]) -> Iterable[Attachment]:
    """What the HTML shows by its Content-ID is inline, even where it calls itself attached."""
    for kept in attachments:
        inline = kept.inline or kept.content_id.lower() in shown
        yield replace(kept, inline=inline) if inline != kept.inline else kept
