"""What a caller may say of a message."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Literal, TypedDict

from gmailkit.errors import UsageError
from gmailkit.model.mail import Address, Attachment

if TYPE_CHECKING:
    from gmailkit.compose.template import Template
    from gmailkit.services.sending.writing.event import Event

ME = "me"  # as a recipient: the own address, as in Google's userId

Importance = Literal["high", "normal", "low"]
Recipients = str | Address | Iterable[str | Address]
File = str | Path | Attachment | tuple[str, bytes] | BinaryIO
Files = File | Iterable[File]
Headers = Mapping[str, str] | Iterable[tuple[str, str]]


class Words(TypedDict, total=False):
    """The words of `Gmail.compose` and `Gmail.send`; what is left out is empty.

    to, cc, bcc, reply_to   addresses with or without names, one or several; "me" is the own one
    sender                  any address this mailbox may send from; without it Gmail puts its own
    text, html              the body; with both, the reader's program chooses
    markdown                the body as Markdown: becomes HTML and a plain text beside it
    folder                  where pictures that HTML or Markdown names are looked for (here)
    pictures_in             the only folders they may come from; with a template that puts values
                            into its text `folder`, else any
    template                the file of a template, or its text; see docs/templates.md
    values                  what the template's names stand for
    signature               put the sender's Gmail signature below
    attach                  paths, globs, (name, bytes), Attachment objects, files open for bytes
    invite                  an event: everybody in to and cc is asked to it; its start alone will do
    headers                 further header lines
    importance              "high" or "low"
    unsubscribe             an https: or mailto: address that takes the reader off the list
    thread_id, in_reply_to, references   the conversation it belongs to
    raw                     a finished message in the place of all others but thread_id
    """

    to: Recipients
    cc: Recipients
    bcc: Recipients
    reply_to: Recipients
    sender: str | Address | None
    subject: str
    text: str
    html: str
    markdown: str
    folder: Path | None
    pictures_in: Iterable[Path]
    template: str | Path | Template
    values: Mapping[str, object]
    signature: bool
    attach: Files
    invite: Event | str
    headers: Headers
    importance: Importance
    unsubscribe: str | Iterable[str]
    thread_id: str | None
    in_reply_to: str
    references: Iterable[str]
    raw: bytes | Path | BinaryIO


_TEXTS = ("subject", "text", "html", "markdown", "importance", "in_reply_to")
_MANY = ("to", "cc", "bcc", "reply_to")
_MEANT = {"body": "text", "message": "text", "attachments": "attach", "files": "attach"}
_MEANT |= {"from_": "sender", "from_address": "sender", "title": "subject"}


def check_words(words: Mapping[str, object]) -> None:
    """UsageError for a word that there is not (what it holds would be left out in silence), and for
    a value of a kind that it cannot have.
    """
    known = Words.__annotations__
    for word in words:
        if word not in known:
            near = get_close_matches(word, known, n=1)
            meant = _MEANT.get(word) or (near[0] if near else "")
            raise UsageError(
                f"A message has no {word!r}.",
                hint=f"Did you mean {meant}?" if meant else f"There are {', '.join(known)}.",
            )
    for word in _TEXTS:
        if not isinstance(words.get(word, ""), str):
            raise _unfit(
                words, word, "a text", 'Leave it out, or decode it: words.decode("utf-8").'
            )
    for word in _MANY:
        value = words.get(word, ())
        if isinstance(value, bytes) or not isinstance(value, Iterable | Address):
            raise _unfit(words, word, "an address or several", "Write it like ann@example.com.")


def _unfit(words: Mapping[str, object], word: str, wants: str, hint: str) -> UsageError:
    return UsageError(f"{word} is {words[word]!r:.40}, and has to be {wants}.", hint=hint)
