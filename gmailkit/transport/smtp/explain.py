"""What each command and each reply of a session means, and where it is written.

Sources: RFC 5321 (SMTP), 3463 and the IANA registry (enhanced codes), 3207 (STARTTLS), 4954
(AUTH), 1870 (SIZE), 6152 (8BITMIME), 6531 (SMTPUTF8), 2920 (PIPELINING), 3461 (DSN).
"""

from __future__ import annotations

from collections.abc import Iterator

from gmailkit.transport.smtp.reply import Reply
from gmailkit.transport.smtp.transcript import (
    MASKED,
    Answer,
    Closed,
    Content,
    Event,
    Line,
    Opened,
    Secured,
)

COMMANDS = {
    "EHLO": "Says who we are and asks what the server can (RFC 5321 section 4.1.1.1).",
    "HELO": "The same without extensions, as of old (RFC 5321 section 4.1.1.1).",
    "STARTTLS": "Asks to go on encrypted; what was said before counts no more (RFC 3207).",
    "AUTH": "Signs in; what proves it is masked here (RFC 4954).",
    "MAIL": "Begins a message and says where failures are reported to; it need not be what From "
    "says (RFC 5321 section 4.1.1.2).",
    "RCPT": "One recipient of the envelope, whatever To and Cc say (RFC 5321 section 4.1.1.3).",
    "DATA": "Asks to hand over header and text (RFC 5321 section 4.1.1.4).",
    ".": "The line that ends the message: from here on it may have been taken "
    "(RFC 5321 section 4.1.1.4).",
    "RSET": "Gives the message up before it was handed over (RFC 5321 section 4.1.1.5).",
    "NOOP": "Asks for an answer and no more (RFC 5321 section 4.1.1.9).",
    "QUIT": "Ends the conversation (RFC 5321 section 4.1.1.10).",
}
PARAMETERS = {
    "SIZE": "SIZE tells its bytes beforehand (RFC 1870).",
    "BODY": "BODY says that it has bytes above 127 (RFC 6152).",
    "SMTPUTF8": "SMTPUTF8 says that addresses or header are in UTF-8 (RFC 6531).",
    "RET": "RET says how much of it a report shall hold (RFC 3461 section 4.3).",
    "ENVID": "ENVID is what a report will call the message (RFC 3461 section 4.4).",
    "ORCPT": "ORCPT is the recipient as the report will name it (RFC 3461 section 4.2).",
    "NOTIFY": "NOTIFY says when to report to the sender (RFC 3461 section 4.1).",
}
KEYWORDS = {
    "SIZE": "the largest message it takes, in bytes (RFC 1870)",
    "8BITMIME": "takes bytes above 127 in texts (RFC 6152)",
    "SMTPUTF8": "takes addresses and headers in every script (RFC 6531)",
    "PIPELINING": "takes several commands at once (RFC 2920)",
    "STARTTLS": "can go on encrypted (RFC 3207)",
    "AUTH": "ways to sign in (RFC 4954)",
    "DSN": "reports delivery when asked (RFC 3461)",
    "ENHANCEDSTATUSCODES": "says more exactly what went wrong (RFC 2034)",
    "CHUNKING": "takes messages in pieces of told length (RFC 3030)",
    "BINARYMIME": "takes messages without line ends (RFC 3030)",
    "PRDR": "answers for each recipient after the message (draft-hall-prdr)",
    "HELP": "tells its commands (RFC 5321 section 4.1.1.8)",
    "VRFY": "can check an address (RFC 5321 section 4.1.1.6)",
    "ETRN": "sends what waits for a domain (RFC 1985)",
    "REQUIRETLS": "passes it on encrypted or not at all (RFC 8689)",
    "LIMITS": "tells how much of what it takes (RFC 9422)",
}
CODES = {  # RFC 5321 section 4.2.3, RFC 4954 section 6, RFC 3207 section 4
    211: "system status",
    214: "help",
    220: "ready",
    221: "closing the connection",
    235: "signed in",
    250: "done",
    251: "the recipient is elsewhere; it passes the message on",
    252: "cannot say whether the recipient exists, and takes the message",
    334: "goes on with signing in: it waits for an answer",
    354: "waits for the message",
    421: "not available; it closes the connection",
    432: "the password must be changed first",
    450: "the mailbox is busy or blocked at the moment",
    451: "something failed at the server",
    452: "not enough room, or too many recipients at once",
    454: "cannot at the moment",
    455: "cannot serve the parameters at the moment",
    500: "does not know the command, or the line is too long",
    501: "does not understand what follows the command",
    502: "does not have the command",
    503: "the command does not fit here",
    504: "does not have that parameter or way to sign in",
    521: "takes no mail at all (RFC 7504)",
    523: "needs encryption to sign in",
    530: "wants encryption or signing in first",
    534: "wants a stronger way to sign in",
    535: "user, password or token is wrong",
    538: "wants encryption for this way to sign in",
    541: "refuses the message by its rules",
    550: "no such mailbox, or refused by its rules",
    551: "the recipient is elsewhere",
    552: "too large, or no room left",
    553: "the address is not allowed",
    554: "failed, or refused by its rules",
    555: "does not know a parameter of MAIL or RCPT",
    556: "that domain takes no mail (RFC 7504)",
}
SERIOUSNESS = {2: "Taken.", 3: "It waits for more.", 4: "Later it may work.", 5: "For good."}
SUBJECTS = {  # RFC 3463 section 3
    0: "no more is known",
    1: "it is about an address",
    2: "it is about the mailbox",
    3: "it is about the server of the recipient",
    4: "it is about the way there",
    5: "it is about the conversation",
    6: "it is about the content",
    7: "it is about rules or security",
}
GOOD = {
    "0.0": "all is well",
    "1.0": "the sender is good",
    "1.5": "the recipient is good",
    "6.0": "the message is taken",
    "7.0": "it believes us",
}
ENHANCED = {
    "1.0": "other trouble with an address",
    "1.1": "no such mailbox",
    "1.2": "no such domain",
    "1.3": "not an address",
    "1.5": "the recipient is good",
    "1.6": "the mailbox has moved",
    "1.8": "the sender's domain does not exist",
    "1.10": "that domain takes no mail",
    "2.0": "other trouble with the mailbox",
    "2.1": "the mailbox is closed",
    "2.2": "the mailbox is full",
    "2.3": "the message is too long for the mailbox",
    "3.1": "the server's disk is full",
    "3.2": "the server takes no mail at the moment",
    "3.4": "the message is too large for the server",
    "4.1": "no answer from the next server",
    "4.2": "the connection broke",
    "4.3": "the directory (DNS) gave no answer",
    "4.4": "it cannot be passed on",
    "4.5": "too much traffic; at Gmail: the day's sending limit is reached",
    "4.6": "it goes in circles",
    "4.7": "it took too long",
    "5.0": "other trouble with the conversation",
    "5.1": "the command does not fit here",
    "5.2": "does not understand the command",
    "5.3": "too many recipients",
    "5.4": "does not understand a parameter",
    "6.1": "that kind of content is not taken",
    "6.7": "addresses in UTF-8 are not taken",
    "7.0": "a rule or security",
    "7.1": "the rules of the server forbid it",
    "7.8": "user, password or token is wrong",
    "7.9": "this way to sign in is too weak; at Gmail: an app password is needed",
    "7.11": "encryption is needed for this way to sign in",
    "7.14": "at Gmail: sign in with a browser first",
    "7.26": "neither SPF nor DKIM vouch for it",
    "7.28": "too much mail of this kind",
}


def explain(event: Event) -> Iterator[str]:
    """Sentences about one event; none where it speaks for itself."""
    match event:
        case Opened():
            yield "The server speaks first."
        case Line():
            yield from _of_command(event.text)
        case Answer():
            yield from _of_reply(event.reply, event.to)
        case Secured():
            yield "The certificate is one of that host, and an authority we believe vouches for it."
        case Content():
            yield (
                "Header, empty line, text. Bcc has been taken out; a dot at the start of a line is "
                "doubled (RFC 5321 section 4.5.2)."
            )
        case Closed() if event.why:
            yield "Without QUIT, and so without a proper end (RFC 5321 section 3.8)."
        case _:
            return


def meaning(reply: Reply) -> str:
    """One reply in words, with the sections that say so."""
    words = CODES.get(reply.code) or SERIOUSNESS.get(reply.code // 100, "no reply of SMTP")
    said = f"{reply.code}: {words.rstrip('.')} (RFC 5321 section 4.2.3)"
    if reply.enhanced:
        said += f"; {reply.enhanced}: {_detail(reply.enhanced)} (RFC 3463)"
    return f"{said}."


def _detail(enhanced: str) -> str:
    kind, _, code = enhanced.partition(".")
    if kind == "2":
        return GOOD.get(code, "done")
    return ENHANCED.get(code) or SUBJECTS.get(int(code.partition(".")[0]), "unknown")


def _of_command(line: str) -> Iterator[str]:
    verb, *rest = line.split()
    if line == MASKED:
        yield "Our answer to what the server asked, masked (RFC 4954)."
        return
    yield COMMANDS.get(verb.upper(), "No command of SMTP that gmailkit knows.")
    for word in rest:
        name = word.partition("=")[0].upper()
        if verb.upper() in ("MAIL", "RCPT") and name in PARAMETERS:
            yield PARAMETERS[name]


def _of_reply(reply: Reply, to: str) -> Iterator[str]:
    yield meaning(reply)
    if to.upper().startswith("EHLO") and reply.done:
        for line in reply.lines[1:]:
            keyword = line.replace("=", " ").split(" ")[0].upper()
            yield f"{keyword}: {KEYWORDS.get(keyword, 'an extension that gmailkit does not use')}."
