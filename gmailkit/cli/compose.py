"""The words of a message: from options, from stdin, or asked for as a classic mail program does."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gmailkit.cli import body
from gmailkit.cli.ask import ask, can_ask
from gmailkit.cli.event import event_of
from gmailkit.cli.letter import STDIN, Copies, Given, Head, Text
from gmailkit.cli.state import State
from gmailkit.errors import UsageError

if TYPE_CHECKING:
    from gmailkit.gmail import Gmail
    from gmailkit.services.sending.words import Words

# Commas, or Outlook's semicolons; a quoted name may hold either.
_BETWEEN = re.compile(r'(?:"(?:[^"\\]|\\.)*"|[^",;])+')
_TRIES = 3  # answers to one question


def complete(state: State, gmail: Gmail, given: Given) -> Words:
    """Everything a message needs; the person is asked for what is missing, if there is one.

    Raises UsageError for two bodies, an unreadable file, or nobody to send to.
    """
    check_stdin(given)
    if given.raw is not None:
        return _finished(state, given)
    check_people(given.recipients, more=", the subject after -s")
    if given.template is not None:
        return _from_template(state, given)
    asking = can_ask(state)
    own = gmail.address if asking else ""  # not signed in? Better said before a letter is typed
    words = _said(state, given)
    if given.nothing and asking and (sender := _ask_sender(state, gmail, own)):
        words["sender"] = sender
    if not ("to" in words or "cc" in words or "bcc" in words):
        words["to"] = _ask_recipients(state, own)
    words["subject"] = _subject(state, given)
    words |= beside(state, given)
    if asking:
        gmail.compose(**words)
    return words | in_form(given, _plain_text(state, given))


def plain(state: State, given: Text) -> Words:
    """The text and what goes with it, as far as the options say it: nobody is asked."""
    said = body.text(state, given.body, given.body_file) or ""
    return beside(state, given) | in_form(given, said)


def beside(state: State, given: Text) -> Words:
    """What goes with a text: HTML, attachments, the signature."""
    check_stdin(given)
    words: Words = {"signature": given.signature, "attach": _attached(state, given)}
    if given.html:
        words["html"] = body.html(state, given.html)
        words["folder"] = body.folder_of(given.html)
    return words


def in_form(given: Text, text: str) -> Words:
    """`text` as what it is, and for Markdown the folder that its pictures are looked for in."""
    if not given.markdown:
        return {"text": text}
    file = given.body_file
    return {"markdown": text, **({"folder": file.parent} if file and str(file) != STDIN else {})}


def people(given: Copies) -> Words:
    """Who else gets it, from whom it is and where answers go; what is not said is left out."""
    words: Words = {}
    if given.cc:
        words["cc"] = each_address(given.cc)
    if given.bcc:
        words["bcc"] = each_address(given.bcc)
    if given.reply_to:
        words["reply_to"] = each_address(given.reply_to)
    if given.sender:
        words["sender"] = given.sender
    return words


def recipients(given: Head) -> list[str]:
    """As arguments, and as --to."""
    return each_address([*given.recipients, *given.to])


def check_stdin(given: Text) -> None:
    if given.from_stdin > 1:
        raise UsageError("Standard input is wanted twice.", hint="Give one of them as a file.")


def check_people(named: Sequence[str], *, more: str = "") -> None:
    """UsageError for arguments that are words, as in `send ann@example.com Hello`; `more` is what
    else goes elsewhere.
    """
    from gmailkit.services.sending.words import ME

    words = [text for text in named if "@" not in text and text.strip() != ME]
    if words:
        said = ", ".join(map(repr, words))
        one = len(words) == 1
        raise UsageError(
            f"{said} {'is no e-mail address' if one else 'are no e-mail addresses'}.",
            hint=f"Arguments are those who get it; the text goes after --body{more}.",
        )


def _attached(state: State, given: Text) -> list[Any]:
    return [("", body.stdin_bytes(state)) if each == STDIN else each for each in given.attach]


def is_empty(words: Words) -> bool:
    """Whether it says nothing at all."""
    if "raw" in words or "template" in words:
        return False
    texts = (words.get("subject"), words.get("text"), words.get("html"), words.get("markdown"))
    others = words.get("attach") or words.get("invite")
    return not (any((text or "").strip() for text in texts) or others)


def _finished(state: State, given: Given) -> Words:
    if not replace(given, raw=None).nothing:
        raise UsageError(
            "A finished message (--raw) takes no words beside it.",
            hint="Who gets it, and what it says, stands in the message itself.",
        )
    raw = given.raw or ""
    return {"raw": body.stdin_bytes(state) if raw == STDIN else Path(raw)}


def _from_template(state: State, given: Given) -> Words:
    """The template asks for nothing: what it leaves open is an error."""
    words = _said(state, given)
    words["template"] = given.template or ""
    words["values"] = dict(_value(each) for each in given.values)
    if given.subject is not None:
        words["subject"] = given.subject
    words["text"] = body.text(state, given.body, given.body_file) or ""
    return words | beside(state, given)


def _value(given: str) -> tuple[str, str]:
    name, sign, value = given.partition("=")
    if not sign or not name:
        raise UsageError(f"{given!r} sets nothing.", hint="Write it like --set name=Ann.")
    return name, value


def _said(state: State, given: Given) -> Words:
    """What the options say without a question; what they leave out is left out."""
    if given.values and given.template is None:
        raise UsageError("--set needs a --template that uses the value.", hint="Give both.")
    words = people(given)
    if event := event_of(state, given):
        words["invite"] = event
    if to := recipients(given):
        words["to"] = to
    if given.headers:
        words["headers"] = [_header(each) for each in given.headers]
    if given.importance:
        words["importance"] = given.importance
    if given.unsubscribe:
        words["unsubscribe"] = given.unsubscribe
    return words


def _header(given: str) -> tuple[str, str]:
    name, colon, value = given.partition(":")
    if not colon:
        raise UsageError(f"{given!r} is no header line.", hint="Write it like 'X-Report-Id: 7'.")
    return name.strip(" "), value.strip(" ")


def _subject(state: State, given: Given) -> str:
    if given.subject is not None:
        return given.subject
    return ask(state, "Subject: ") if can_ask(state) else ""


def _ask_sender(state: State, gmail: Gmail, own: str) -> str | None:
    def check(answer: str) -> None:
        gmail.compose(to=own, sender=answer)

    return _ask_until_right(state, f"From [{own}]: ", check) or None


def _ask_recipients(state: State, own: str) -> list[str]:
    from gmailkit.mime.address import check_address
    from gmailkit.services.sending.words import ME

    def check_each(answer: str) -> None:
        for each in each_address([answer]):
            check_address(own if each == ME else each)

    answer = _ask_until_right(state, "To: ", check_each) if can_ask(state) else ""
    if not answer:
        raise UsageError(
            "The message has no recipient.", hint="Name one: gmailkit send ann@example.com"
        )
    return each_address([answer])


def _ask_until_right(state: State, prompt: str, check: Callable[[str], None]) -> str:
    """The answer that passes `check`, or none; what is wrong is said, and the question comes again,
    but not for ever: what answers may be a program.
    """
    for left in reversed(range(_TRIES)):
        answer = ask(state, prompt).strip()
        if not answer:
            return ""
        try:
            check(answer)
        except UsageError as error:
            if not left:
                raise
            state.out.before_asking(" ".join(filter(None, (error.message, error.hint))))
        else:
            return answer
    raise AssertionError  # the last answer returns or raises


def each_address(given: Sequence[str]) -> list[str]:
    """One address an item; whatever is odd is left as it is, for `check_address` to refuse."""
    from gmailkit.services.sending.words import ME

    found: list[str] = []
    for text in given:
        parts = [part.strip() for part in _BETWEEN.findall(text)]
        parts = [part for part in parts if part]
        whole = (
            text.isprintable()
            and text.count('"') % 2 == 0
            and all("@" in part or part == ME for part in parts)
        )
        found += parts if whole and parts else [text]
    return found


def _plain_text(state: State, given: Given) -> str:
    said = body.text(state, given.body, given.body_file)
    if said is not None:
        return said
    if given.from_stdin or ((given.html or given.invite) and sys.stdin.isatty()):
        return ""  # there is something to read without it, or standard input holds something else
    return body.stdin(state)
