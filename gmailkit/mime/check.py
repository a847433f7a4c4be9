"""What may not stand in a message we make: nothing typed by a user may become structure."""

from __future__ import annotations

import re
from collections.abc import Iterator

from gmailkit.errors import UsageError
from gmailkit.mime.address import is_addr_spec
from gmailkit.mime.entity import CALENDAR_METHOD
from gmailkit.model.mail import Address, Attachment, Mail

# Every control but TAB, and the separators that some software takes for a line end; halves of
# characters, which cannot be written.
_NEVER = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_HALF = re.compile(r"[\ud800-\udfff]")
_FIELD_NAME = re.compile(r"[!-9;-~]{1,70}")  # RFC 5322 section 2.2
_TYPE = re.compile(r"[a-z0-9][\w!#$&^.+-]{0,126}/[a-z0-9][\w!#$&^.+-]{0,126}", re.A | re.I)
_LONGEST_ID = 900  # with its header's name well under the 998 of a line
_ID = re.compile(rf"[!-;=?-~]{{1,{_LONGEST_ID}}}")  # printable, without angle brackets

_OWN_FIELDS = frozenset(
    "from to cc bcc reply-to subject date message-id in-reply-to references mime-version".split()
)


def check_mail(mail: Mail) -> None:
    """UsageError naming the first thing in `mail` that cannot be sent as it is."""
    for what, address in _addresses(mail):
        if not isinstance(address, Address):
            raise UsageError(
                f"{what}: {address!r} is no Address.", hint="Write Address('ann@example.com')."
            )
    for what, text in _header_texts(mail):
        _check_text(what, text)
    for what, address in _addresses(mail):
        if not is_addr_spec(address.email):
            raise UsageError(
                f"{what}: {address.email!r} is no e-mail address.",
                hint="Write it like ann@example.com.",
            )
    for one in " ".join((mail.message_id, mail.in_reply_to, *mail.references)).split():
        if len(one) > _LONGEST_ID:
            raise UsageError(f"The message id {one[:40]!r}... is too long for a header.")
    for name, _ in mail.headers:
        _check_name(name)
    for attachment in mail.attachments:
        _check_attachment(attachment)
    _check_calendar(mail.calendar)
    for what, text in (("text", mail.text), ("html", mail.html)):
        if found := _HALF.search(text):
            raise UsageError(f"The {what} holds half a character (U+{ord(found[0]):04X}).")


def _header_texts(mail: Mail) -> Iterator[tuple[str, str]]:
    """Everything that will stand in a header, with the words an error calls it by."""
    for what, address in _addresses(mail):
        yield f"{what} address", address.email
        yield f"{what} name", address.name
    yield "subject", mail.subject
    yield "Message-ID", mail.message_id
    yield "In-Reply-To", mail.in_reply_to
    yield from (("References", one) for one in mail.references)
    for name, value in mail.headers:
        yield "header name", name
        yield f"header {name}", value
    for attachment in mail.attachments:
        yield "attachment name", attachment.filename
        yield "attachment type", attachment.content_type
        yield "Content-ID", attachment.content_id


def _addresses(mail: Mail) -> Iterator[tuple[str, Address]]:
    groups = {"To": mail.to, "Cc": mail.cc, "Bcc": mail.bcc, "Reply-To": mail.reply_to}
    if mail.sender:
        yield "From", mail.sender
    for what, addresses in groups.items():
        yield from ((what, address) for address in addresses)


def _check_text(what: str, text: str) -> None:
    if found := _NEVER.search(text):
        raise UsageError(
            f"The {what} holds {_called(found[0])}, which no header may hold.",
            hint="Write it on one line, without control characters.",
        )


def _called(character: str) -> str:
    return "a line break" if character in "\r\n" else f"the character U+{ord(character):04X}"


def _check_name(name: str) -> None:
    if not _FIELD_NAME.fullmatch(name):
        raise UsageError(f"{name!r} is no header name.", hint="Write it like X-Report-Id.")
    if name.lower() in _OWN_FIELDS or name.lower().startswith("content-"):
        raise UsageError(
            f"The header {name} cannot be given as an extra one.",
            hint="It is made from the fields of Mail: sender, to, subject, attachments ...",
        )


def _check_calendar(content: bytes) -> None:
    try:
        content.decode()
    except UnicodeDecodeError:
        raise UsageError("The invitation is not UTF-8.") from None
    if content and not CALENDAR_METHOD.search(content):
        raise UsageError(
            "The invitation says no METHOD, and nobody could answer it.",
            hint="Attach it as a file, or make it with gmailkit.compose.invite.",
        )


def _check_attachment(attachment: Attachment) -> None:
    if not _TYPE.fullmatch(attachment.content_type):
        raise UsageError(
            f"{attachment.content_type!r} is no content type.",
            hint="Write it like application/pdf, without parameters.",
        )
    if attachment.content_id and not _ID.fullmatch(attachment.content_id):
        raise UsageError(f"{attachment.content_id!r} is no Content-ID.", hint="Write it like a@b.")
