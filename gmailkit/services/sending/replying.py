"""A stored message to a reply or a forward of it that is ready to leave."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Unpack

from gmailkit.compose.advice import NO_TEXT, advise
from gmailkit.compose.quote import Quote, as_html, forwarded, quote_of
from gmailkit.compose.reply import Answer, each_once, forward_of, reply_to
from gmailkit.errors import UsageError
from gmailkit.mime.build import build
from gmailkit.mime.html import html_to_text
from gmailkit.model.mail import Address, Attachment, Mail
from gmailkit.model.outgoing import Outgoing
from gmailkit.services.connect import Connection
from gmailkit.services.sending.parent import Parent
from gmailkit.services.sending.words import ME, Recipients, Words
from gmailkit.services.sending.writing.files import MOST_BYTES, too_large
from gmailkit.services.sending.writing.write import recipient, write

NO_ID = "The message has no Message-ID: the answer begins a new conversation."
IN_TRASH = "The message is in Trash."
SIGNED = "The message is signed or encrypted, which a forward undoes; send it as an attachment."
_SEALED = ("multipart/signed", "multipart/encrypted", "application/pkcs7-mime")
_END_OF_BODY = re.compile(r"\s*(?:</body\s*>\s*)?(?:</html\s*>\s*)?\Z", re.IGNORECASE)
# A lone CR, which some readers take for a line end, is one here too.
_BCC = re.compile(
    rb"(?:\A|(?<=[\r\n]))(?:resent-)?bcc[ \t]*:"
    rb"[^\r\n]*(?:(?:\r\n|\r|\n)[ \t][^\r\n]*)*(?:\r\n|\r|\n|\Z)",
    re.IGNORECASE,
)


def reply(
    connection: Connection,
    parent: Parent,
    *,
    all: bool = False,
    quote: bool = True,
    add: Recipients = (),
    remove: Recipients = (),
    **words: Unpack[Words],
) -> Outgoing:
    """A reply to `parent`, to whom and from which alias it says; nothing leaves.

    `words` are those of any message; recipients in them come on top, as those in `add` do. Below
    the text stands the parent, unless `quote` is False. Raises UsageError where the parent names
    nobody to reply to.
    """
    answer = reply_to(parent.mail, parent.own, all=all)
    answer = answer.with_recipients(_people(connection, add), _people(connection, remove))
    if not (answer.to or words.get("to") or words.get("cc") or words.get("bcc")):
        raise _nobody(parent.mail, answer)
    below = quote_of(parent.mail) if quote else None
    return _written(connection, parent, answer, words, below)


def forward(
    connection: Connection,
    parent: Parent,
    to: Recipients,
    /,
    *,
    as_attachment: bool = False,
    **words: Unpack[Words],
) -> Outgoing:
    """The message to somebody else, with what is attached to it; nothing leaves.

    Below the text stand a block of its header and its words; with `as_attachment` the message is
    attached whole, as it is stored.
    """
    answer = replace(forward_of(parent.mail), to=_people(connection, to))
    if as_attachment:
        attach = Attachment(
            f"{parent.mail.subject or 'message'}.eml", _without_bcc(parent), "message/rfc822"
        )
        return _written(connection, parent, answer, words, None, attach=(attach,))
    message = _written(connection, parent, answer, words, forwarded(parent.mail))
    warnings = tuple(each for each in message.warnings if each != NO_TEXT)  # it has the parent's
    if parent.mail.header("Content-Type").lower().startswith(_SEALED):
        warnings = (*warnings, SIGNED)
    return replace(message, warnings=warnings)


def _written(
    connection: Connection,
    parent: Parent,
    answer: Answer,
    words: Words,
    below: Quote | None,
    *,
    attach: tuple[Attachment, ...] = (),
) -> Outgoing:
    words = {"subject": answer.subject, "sender": parent.sender, **words}
    nobody = not (words.get("to") or words.get("cc") or words.get("bcc"))
    # What the parent says was looked at already; it may hold what nobody would type.
    own = write(connection, **words | {"to": ME} if nobody else words)
    mail = _to(own.mail, answer, mine=nobody)
    mail = replace(mail, in_reply_to=answer.in_reply_to, references=answer.references)
    judged = replace(mail, attachments=(*mail.attachments, *attach))
    mail = _with(judged, below) if below else judged
    raw = build(mail)
    if len(raw) > MOST_BYTES:
        raise too_large(len(raw))
    # A quoted "see the attachment" promises nothing.
    advice = advise(replace(judged, attachments=mail.attachments), len(raw))
    said = set(advise(own.mail, own.size))
    more = tuple(each for each in own.warnings if each not in said)
    return Outgoing(
        mail=mail,
        raw=raw,
        thread_id=parent.thread_id if answer.in_reply_to else None,
        warnings=(*_about(parent, answer), *advice, *more),
        invitation=own.invitation,
    )


def _about(parent: Parent, answer: Answer) -> Iterable[str]:
    if parent.trashed:
        yield IN_TRASH
    if not answer.in_reply_to:
        yield NO_ID
    if answer.left_out:
        yield f"Left out, being no address: {', '.join(answer.left_out)}."


def _to(mail: Mail, answer: Answer, *, mine: bool) -> Mail:
    """With the recipients of the parent before those that were named; `mine`: none were."""
    to, cc = ((), ()) if mine else (mail.to, mail.cc)
    to = each_once((*answer.to, *to))
    return replace(mail, to=to, cc=each_once((*answer.cc, *cc), without=to))


def _with(mail: Mail, below: Quote) -> Mail:
    """The words, and the quote below them in each form they have."""
    below = below.beside(mail.attachments)
    attachments = (*mail.attachments, *below.files)
    if not mail.html and not below.rich:
        return replace(mail, text=_stacked(mail.text, below.text), attachments=attachments)
    text = mail.text if mail.text or not mail.html else html_to_text(mail.html)
    return replace(
        mail,
        text=_stacked(text, below.text),
        html=_inside(mail.html or as_html(mail.text), below.html),
        attachments=(*attachments, *below.pictures),
    )


def _stacked(text: str, below: str) -> str:
    return f"{text.rstrip()}\n\n{below}" if text.strip() else below


def _inside(html: str, below: str) -> str:
    """The HTML with more at the end of its body."""
    end = _END_OF_BODY.search(html)
    at = end.start() if end else len(html)
    gap = "<br>\n" if html.strip() else ""
    return f"{html[:at]}\n{gap}{below}{html[at:].lstrip()}"


def _people(connection: Connection, given: Recipients) -> tuple[Address, ...]:
    many = (given,) if isinstance(given, str | Address) else given
    return tuple(recipient(connection, each) for each in many)


def _without_bcc(parent: Parent) -> bytes:
    """As it is stored, but that a message of one's own names those whom nobody was to know of."""
    end = re.search(rb"\r?\n\r?\n", parent.raw)
    at = end.end() if end else len(parent.raw)
    return _BCC.sub(b"", parent.raw[:at]) + parent.raw[at:]


def _nobody(mail: Mail, answer: Answer) -> UsageError:
    left_out = f" but {', '.join(answer.left_out)}" if answer.left_out else ""
    return UsageError(
        f"The message names nobody to reply to{left_out}.",
        hint="Name somebody with add (--add).",
    )
