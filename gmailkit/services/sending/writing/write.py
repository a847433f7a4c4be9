"""Words to a message that is ready to leave."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Unpack

from gmailkit.compose.advice import advise
from gmailkit.compose.headers import extra_headers
from gmailkit.errors import UsageError
from gmailkit.mime.address import check_address
from gmailkit.mime.build import build
from gmailkit.model.ids import ThreadId
from gmailkit.model.mail import Address, Mail
from gmailkit.model.outgoing import Outgoing
from gmailkit.services.connect import Connection
from gmailkit.services.sending.words import ME, Recipients, Words, check_words
from gmailkit.services.sending.writing.aliases import Sender, sender_of
from gmailkit.services.sending.writing.body import Body, body_of
from gmailkit.services.sending.writing.event import Event, calendar_of, in_words
from gmailkit.services.sending.writing.files import MOST_BYTES, Room, read_all, too_large
from gmailkit.services.sending.writing.filled import filled
from gmailkit.services.sending.writing.finished import finished
from gmailkit.zones import LOCAL


def write(connection: Connection, **words: Unpack[Words]) -> Outgoing:
    """Nothing leaves. Raises UsageError for a bad address, no recipient, an attachment that is not
    there, a message too large, and a sender that is no address of this account, since Gmail would
    replace it without a word.
    """
    check_words(words)
    if "raw" in words:
        return _finished(connection, words)
    words = filled(words)
    thread, event = words.get("thread_id"), _event(connection, words.get("invite"))
    mail, warnings = _mail(connection, words)
    if event:
        mail = _inviting(connection, mail, event)
    raw = build(mail)
    if len(raw) > MOST_BYTES:
        raise too_large(len(raw))
    return Outgoing(
        mail=mail,
        raw=raw,
        thread_id=ThreadId(thread) if thread else None,
        warnings=(*advise(mail, len(raw)), *warnings, *(event.remarks if event else ())),
        invitation=event.invitation if event else None,
    )


def composed(message: Outgoing | None, words: Words, compose: Callable[..., Outgoing]) -> Outgoing:
    """The `message`, or what `compose` makes of the words. UsageError for both at once: one of the
    two would be left out in silence.
    """
    if message is None:
        return compose(**words)
    if not isinstance(message, Outgoing):
        raise UsageError(
            f"{message!r:.60} is no composed message.",
            hint="Say it in words, as to=, subject=, text=; or compose(...) it first.",
        )
    if words:
        raise UsageError(
            f"A composed message takes no words beside it: {', '.join(words)}.",
            hint="Say all of it in compose(...), or leave the message out.",
        )
    return message


def recipient(connection: Connection, given: str | Address) -> Address:
    """The address a person means; UsageError when it is none."""
    return check_address(connection.address if given == ME else given)


def _finished(connection: Connection, words: Words) -> Outgoing:
    others = [name for name, value in words.items() if value and name not in ("raw", "thread_id")]
    if others:
        raise UsageError(
            f"A finished message (raw) takes no {others[0]} beside it.",
            hint="What it says stands in the message itself.",
        )
    return finished(connection, words["raw"], thread_id=words.get("thread_id"))


def _mail(connection: Connection, words: Words) -> tuple[Mail, tuple[str, ...]]:
    """The message, and what is to be said of its making."""
    people = _people(connection, words)
    if not (people.to or people.cc or people.bcc):
        raise UsageError(
            "The message has no recipient.", hint="Name one: to, cc or bcc (--to, --cc, --bcc)."
        )
    signed = words.get("signature", False)
    sender = sender_of(connection, words.get("sender"), signature=signed)
    room = Room()
    body = _body(words, sender, room)
    answers = people.reply_to or ((check_address(sender.reply_to),) if sender.reply_to else ())
    mail = replace(
        people,
        sender=sender.address,
        reply_to=answers,
        subject=words.get("subject", ""),
        date=datetime.fromtimestamp(int(connection.clock.now()), UTC),
        in_reply_to=words.get("in_reply_to", ""),
        references=tuple(words.get("references", ())),
        headers=extra_headers(
            words.get("headers", ()),
            importance=words.get("importance", ""),
            unsubscribe=words.get("unsubscribe", ()),
        ),
        text=body.text,
        html=body.html,
        attachments=(*body.pictures, *read_all(words.get("attach", ()), room)),
    )
    bare = signed and not sender.signature
    return mail, ("Gmail has no signature for this address.",) if bare else ()


def _event(connection: Connection, said: object) -> Event | None:
    """With times in the place of words, and with a uid."""
    if not said:
        return None
    event = Event(start=said) if isinstance(said, str) else said
    if not isinstance(event, Event):
        hint = 'Write it like Event(start="tomorrow 9:00").'
        raise UsageError(f"invite is {said!r:.40}, and has to be an Event.", hint=hint)
    return event.read(datetime.fromtimestamp(connection.clock.now(), LOCAL)).with_uid()


def _inviting(connection: Connection, mail: Mail, event: Event) -> Mail:
    """With the invitation in it, and a text for readers without a calendar."""
    if not mail.text and not mail.html:
        mail = replace(mail, text=in_words(event, mail.subject))
    organiser = mail.sender or Address(connection.address)
    made = mail.date or datetime.fromtimestamp(connection.clock.now(), UTC)
    return replace(
        mail,
        subject=mail.subject or event.title,
        calendar=calendar_of(event, mail, organiser=organiser, made=made),
    )


def _people(connection: Connection, words: Words) -> Mail:
    return Mail(
        to=_addresses(connection, words.get("to", ())),
        cc=_addresses(connection, words.get("cc", ())),
        bcc=_addresses(connection, words.get("bcc", ())),
        reply_to=_addresses(connection, words.get("reply_to", ())),
    )


def _body(words: Words, sender: Sender, room: Room) -> Body:
    return body_of(
        text=words.get("text", ""),
        html=words.get("html", ""),
        markdown=words.get("markdown", ""),
        folder=words.get("folder"),
        roots=tuple(words.get("pictures_in", ())),
        signature=sender.signature,
        room=room,
    )


def _addresses(connection: Connection, given: Recipients) -> tuple[Address, ...]:
    many = (given,) if isinstance(given, str | Address) else given
    return tuple(dict.fromkeys(recipient(connection, each) for each in many))
