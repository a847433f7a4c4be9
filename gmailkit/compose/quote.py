"""What stands below a reply or in a forward: somebody else's words, marked as theirs."""

from __future__ import annotations

import re
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from html import escape

from gmailkit.compose.quoted_html import MOST_HTML, quoted_html
from gmailkit.errors import UsageError
from gmailkit.mime.check import check_mail
from gmailkit.mime.date import format_date
from gmailkit.mime.header import clean
from gmailkit.mime.html import html_to_text
from gmailkit.model.mail import Address, Attachment, Mail

MOST_TEXT = 500_000  # characters; what is longer is cut, and it is said

# Gmail folds away what has these class names, as it does in its own replies.
_QUOTE = (
    '<div class="gmail_quote"><div class="gmail_attr">{head}<br></div>\n'
    '<blockquote class="gmail_quote" style="margin:0 0 0 .8ex;'
    'border-left:1px solid #ccc;padding-left:1ex">\n{html}</blockquote></div>\n'
)
_FORWARD = '<div class="gmail_quote"><div class="gmail_attr">{head}</div><br>\n{html}</div>\n'
_FORWARDED = "---------- Forwarded message ---------"


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """The same in both forms; a plain message takes `text` alone.

    `pictures` are those that the HTML shows, `files` what goes along in either form. `rich`: it was
    HTML, and loses something as text.
    """

    text: str
    html: str
    pictures: tuple[Attachment, ...] = ()
    files: tuple[Attachment, ...] = ()
    rich: bool = False

    def beside(self, others: Iterable[Attachment]) -> Quote:
        """With other Content-IDs where `others` of the same message have them for other pictures:
        a chart that is drawn anew each day has the same name each day.
        """
        taken = {each.content_id.lower(): each for each in others if each.content_id}
        quote = self
        for each in self.pictures:
            other = taken.get(each.content_id.lower())
            if other and other.content == each.content:
                quote = quote._without(each)
            elif other:
                quote = quote._renamed(each, f"quoted.{each.content_id}")
        return quote

    def _without(self, picture: Attachment) -> Quote:
        return replace(self, pictures=tuple(each for each in self.pictures if each != picture))

    def _renamed(self, picture: Attachment, cid: str) -> Quote:
        old = re.compile(rf'src="cid:{re.escape(escape(picture.content_id))}"', re.IGNORECASE)
        html = old.sub(lambda _: f'src="cid:{escape(cid)}"', self.html)
        new = replace(picture, content_id=cid)
        pictures = tuple(new if each == picture else each for each in self.pictures)
        return replace(self, html=html, pictures=pictures)


def quote_of(parent: Mail) -> Quote:
    """Below a reply: "On ..., Ann Lee wrote:" and the text after "> ", the HTML in a blockquote.

    Pictures from the net are left out: whoever reads the reply should not be counted by them.
    """
    head = _wrote(parent)
    text = _text(parent)
    html, pictures = _html(parent, text, remote=False)
    marked = "\n".join(map(_marked, text.rstrip().split("\n")))
    return Quote(
        text=f"{head}\n{marked}\n",
        html=_QUOTE.format(head=escape(head, quote=False), html=html),
        pictures=pictures,
    )


def forwarded(parent: Mail) -> Quote:
    """In a forward: a block of its header (without Bcc), then everything as it was."""
    text = _text(parent)
    html, pictures = _html(parent, text, remote=True)
    lines = [_FORWARDED, *(f"{name}: {value}" for name, value in _head(parent))]
    shown = "<br>\n".join(escape(line, quote=False) for line in lines)
    others = (each for each in parent.attachments if each not in pictures)
    return Quote(
        text="\n".join((*lines, "", text.rstrip("\n"), "")),
        html=_FORWARD.format(head=shown, html=html),
        pictures=pictures,
        files=tuple(map(sendable, others)),
        rich=bool(parent.html),
    )


def sendable(attachment: Attachment) -> Attachment:
    """What came in, without what may not go out: a type or a Content-ID that is none."""
    plain = replace(attachment, filename=clean(attachment.filename))
    typed = replace(plain, content_type="application/octet-stream")
    named = (attachment, plain, typed)
    for each in (*named, *(replace(one, content_id="", inline=False) for one in named)):
        with suppress(UsageError):
            check_mail(Mail(attachments=(each,)))
            return each
    return replace(typed, filename="", content_id="", inline=False)


def as_html(text: str) -> str:
    """Plain text as the HTML that looks like it: its lines, and the blanks that indent them."""
    lines = (escape(line, quote=False) for line in text.rstrip().split("\n"))
    kept = (re.sub(r"^ +| {2,}", lambda run: "&nbsp;" * len(run[0]), line) for line in lines)
    inside = "<br>\n".join(kept)
    return f"<div>{inside}</div>\n" if text.strip() else ""


def _wrote(parent: Mail) -> str:
    who = _named(parent.sender) if parent.sender else "Somebody"
    if not parent.date:
        return f"{who} wrote:"
    *day, clock, zone = format_date(parent.date).split()
    return f"On {' '.join(day)} at {clock[:5]} {zone}, {who} wrote:"


def _head(parent: Mail) -> list[tuple[str, str]]:
    facts = (
        ("From", _named(parent.sender) if parent.sender else ""),
        ("Date", format_date(parent.date) if parent.date else ""),
        ("Subject", parent.subject),
        ("To", ", ".join(map(_named, parent.to))),
        ("Cc", ", ".join(map(_named, parent.cc))),
    )
    return [(name, value) for name, value in facts if value]


def _named(address: Address) -> str:
    return f"{address.name} <{address.email}>" if address.name else address.email


def _marked(line: str) -> str:
    """RFC 3676 section 4.5: the marks of older quotes follow without a blank, so they count."""
    return f">{line}" if line.startswith(">") else f"> {line}".rstrip()


def _text(parent: Mail) -> str:
    text = parent.text if parent.text.strip() or not parent.html else html_to_text(parent.html)
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")
    if len(text) <= MOST_TEXT:
        return text
    return f"{text[:MOST_TEXT]}\n[The rest is too long to be quoted.]\n"


def _html(parent: Mail, text: str, *, remote: bool) -> tuple[str, tuple[Attachment, ...]]:
    """What can be quoted of the HTML, else the text as HTML; and the pictures it shows."""
    if not parent.html or len(parent.html) > MOST_HTML:
        return as_html(text), ()
    html, shown = quoted_html(parent.html, remote=remote)
    pictures = (e for e in parent.attachments if e.content_id and e.content_id.lower() in shown)
    return html, tuple(each for each in pictures if each == sendable(each))
