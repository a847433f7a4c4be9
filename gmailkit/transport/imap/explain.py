"""What each command and each answer of a session means, and where it is written.

Sources: RFC 3501 and 9051 (IMAP), 5530 (response codes), 5161 (ENABLE),
2177 (IDLE), 2971 (ID), 4315 (UIDPLUS), 6154 (SPECIAL-USE), 6851 (MOVE), 6855 (UTF8), 7162
(CONDSTORE, QRESYNC), 7888 (literals), and Google's page on X-GM-EXT-1.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from gmailkit.transport.transcript import (
    MASKED,
    Closed,
    Content,
    Event,
    Given,
    Line,
    Opened,
    Said,
    Secured,
)

COMMANDS = {
    "CAPABILITY": "Asks what the server can (RFC 3501 section 6.1.1).",
    "NOOP": "Asks for an answer and for news, and no more (RFC 3501 section 6.1.2).",
    "LOGOUT": "Ends the conversation (RFC 3501 section 6.1.3).",
    "STARTTLS": "Asks to go on encrypted; what was said before counts no more (section 6.2.1).",
    "AUTHENTICATE": "Signs in; what proves it is masked here (RFC 3501 section 6.2.2).",
    "LOGIN": "Signs in with a password, masked here (RFC 3501 section 6.2.3).",
    "ID": "Says what program we are, and asks the same (RFC 2971).",
    "ENABLE": "Switches on what both sides must agree on (RFC 5161).",
    "LIST": "Asks for the folders, with marks of what they are for (RFC 6154).",
    "STATUS": "Counts the messages of a folder without going there (RFC 3501 section 6.3.10).",
    "NAMESPACE": "Asks what names of one's own folders begin with (RFC 2342).",
    "GETQUOTAROOT": "Asks how much the mailbox may hold (RFC 9208 section 4.1.2).",
    "SELECT": "Goes to a folder to change something there (RFC 3501 section 6.3.1).",
    "EXAMINE": "Goes to a folder to read only: no message becomes read by it (section 6.3.2).",
    "CREATE": "Makes a folder (RFC 3501 section 6.3.3).",
    "SUBSCRIBE": "Has programs show the folder (RFC 3501 section 6.3.6).",
    "APPEND": "Puts a message there, with flags and the time of receipt (section 6.3.11).",
    "IDLE": "Waits for news; DONE ends it (RFC 2177).",
    "DONE": "Ends the waiting (RFC 2177).",
    "UID SEARCH": "Asks for the numbers of messages that match (RFC 3501 section 6.4.4).",
    "UID FETCH": "Asks for parts of messages; PEEK leaves them unread (section 6.4.5).",
    "UID STORE": "Changes flags or labels (RFC 3501 section 6.4.6).",
    "UID COPY": "Has the server copy messages into another folder (RFC 3501 section 6.4.7).",
    "UID MOVE": "Has the server move them, in one step (RFC 6851).",
    "UID EXPUNGE": "Deletes for good those with the flag \\Deleted (RFC 4315 section 2.1).",
}
ANSWERS = {
    "CAPABILITY": "What it can.",
    "LIST": "A folder: marks, what parts levels, name in modified UTF-7 (section 5.1.3).",
    "STATUS": "The counts of a folder.",
    "NAMESPACE": "What names of folders begin with: one's own, those of others, shared ones.",
    "QUOTAROOT": "What limits the folder, by name.",
    "QUOTA": "A limit: what it counts, how much there is, and how much may be (STORAGE in 1,024).",
    "FLAGS": "Flags and keywords that the folder has.",
    "SEARCH": "The numbers of messages that were found.",
    "ENABLED": "What is switched on now.",
    "ID": "What program it is.",
    "BYE": "It closes the connection, and says why (RFC 3501 section 7.1.5).",
    "VANISHED": "Messages that are gone (RFC 7162 section 3.2.10).",
    "EXISTS": "How many messages the folder has.",
    "RECENT": "How many are new since somebody looked.",
    "EXPUNGE": "A message is gone; those behind it move up by one.",
    "FETCH": "Facts of a message.",
}
CODES = {  # RFC 3501 section 7.1, RFC 5530, 4315, 7162
    "ALERT": "it wants people to read this",
    "APPENDUID": "the number that the message has there",
    "COPYUID": "the numbers that the copies have there",
    "AUTHENTICATIONFAILED": "user, password or token is wrong",
    "AUTHORIZATIONFAILED": "signed in, but not allowed to act for that user",
    "EXPIRED": "the password has expired",
    "PRIVACYREQUIRED": "wants encryption for it",
    "UNAVAILABLE": "something behind it does not answer at the moment",
    "INUSE": "somebody else works on it at the moment",
    "OVERQUOTA": "the mailbox is full, or more was asked for than it gives",
    "THROTTLED": "too much was asked for",
    "NOPERM": "not allowed",
    "NONEXISTENT": "there is no such folder",
    "ALREADYEXISTS": "there is one already",
    "TRYCREATE": "there is no such folder; it may be made",
    "LIMIT": "more than it can do",
    "CANNOT": "never possible",
    "TOOBIG": "too large",
    "READ-WRITE": "the folder may be changed",
    "READ-ONLY": "the folder may only be read",
    "PERMANENTFLAGS": "flags that stay; \\* means any keyword",
    "UIDVALIDITY": "as long as this is the same, so are the numbers of messages",
    "UIDNEXT": "the number of the next message to come",
    "UNSEEN": "the first message that was not read",
    "HIGHESTMODSEQ": "counts changes, so that only those since can be asked for",
    "CLOSED": "the folder before is left",
    "SERVERBUG": "a fault of the server",
    "CORRUPTION": "the mailbox is damaged",
}
_TAG = re.compile(r"[A-P]+\d+ ")
_STATUS = re.compile(r"(?:\* |[A-P]+\d+ )(OK|NO|BAD|PREAUTH|BYE)\b ?(?:\[([A-Z0-9-]+))?")
_NUMBERED = re.compile(r"\* \d+ ([A-Z]+)")
_WORDS = {"OK": "Done", "NO": "Refused", "BAD": "Not understood", "PREAUTH": "Signed in already"}


def explain(event: Event) -> Iterator[str]:
    """Sentences about one event; none where it speaks for itself."""
    match event:
        case Opened():
            yield "The server speaks first."
        case Secured():
            yield "The certificate is one of that host, and an authority we believe vouches for it."
        case Line():
            yield from _of_command(event.text)
        case Said():
            yield from _of_answer(event.text)
        case Content():
            yield "The message as it goes, lines ending with CRLF; its size was said before."
        case Given():
            yield "Bytes of mail, as many as the line before says (RFC 3501 section 4.3)."
        case Closed() if event.why:
            yield "Without LOGOUT, and so without a proper end."
        case _:
            return


def _of_command(text: str) -> Iterator[str]:
    if text == MASKED:
        yield "Our answer to what the server asked, masked."
        return
    words = _TAG.sub("", text, count=1).split()
    name = " ".join(words[:2]) if words and words[0] == "UID" else (words or [""])[0]
    yield COMMANDS.get(name.upper(), "A command that goes on, or none that gmailkit knows.")


def _of_answer(text: str) -> Iterator[str]:
    if text.startswith("+") or text == MASKED:
        yield "It waits for more (RFC 3501 section 7.5)."
        return
    if found := _STATUS.match(text):
        word = ANSWERS["BYE"] if found[1] == "BYE" else _WORDS[found[1]]
        code = CODES.get(found[2] or "")
        yield f"{word.rstrip('.')}{f': {code}' if code else ''}."
        return
    found = _NUMBERED.match(text) or re.match(r"\* ([A-Z]+)", text)
    if found and found[1] in ANSWERS:
        yield ANSWERS[found[1]]
