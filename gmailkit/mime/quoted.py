"""Which lines of a text are somebody else's, quoted below or between the author's own.

Marked lines (">"), with the line that says who wrote them; and what Outlook puts under a reply
without any mark, to the end. What is forwarded is no quote: it is what the message is about.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

CONTEXT = 3  # lines; a quote as short as this, with an answer below it, says what is answered

_WROTE = re.compile(
    r"\b(?:wrote|writes|schrieb|écrit|escribió|scritto|escreveu|schreef|skrev|napisał|napsal|"
    r"kirjoitti|писал|пишет|написал)\b|写道|寫道|のメール|書きました"
)
_TIME_AND_ADDRESS = re.compile(r"(?=[^@]*@)(?=[^\d]*\d)")
_BEGINS = re.compile(r"(?:On|Am|Le|El|Il|Em|Op|Den|Dnia|W dniu)\b")
_ORIGINAL = re.compile(
    r"\s*-{2,}\s*(?:Original (?:Message|Appointment)|Ursprüngliche Nachricht|Message d'origine|"
    r"Mensaje original|Messaggio originale|Mensagem original|Oorspronkelijk bericht|"
    r"Ursprungligt meddelande|Oprindelig meddelelse|Wiadomość oryginalna)\s*-{2,}\s*",
    re.IGNORECASE,
)
_FROM = re.compile(r"\s*\**(?:From|Von|De|Da|Van|Från|Fra|Od)\**:\**\s+\S")
_SUBJECT = re.compile(
    r"\s*\**(?:Subject|Betreff|Objet|Asunto|Oggetto|Assunto|Onderwerp|Ämne|Emne|Temat)\**:"
)
_RULE = re.compile(r"\s*[-_]{10,}\s*")
_FORWARDED = re.compile(r"forwarded|weitergeleitet|transféré|reenviado|inoltrat|doorgestuurd", re.I)
_HEADER_LINES = 8
_LONGEST = 400  # characters that say who wrote


@dataclass(frozen=True, slots=True)
class Block:
    """Lines that follow each other and are all the author's, or all quoted."""

    lines: tuple[str, ...]
    quoted: bool


def fold_quotes(text: str, note: Callable[[int], str], *, forward: bool = False) -> str:
    """`text` with each quote replaced by the `note` for its number of lines.

    A short one stays where an answer follows it, and all of them where there is nothing else.
    `forward`: the message hands on another one, which is then no quote though it is not marked.
    """
    blocks = list(blocks_of(text, forward=forward))
    last = max((n for n, block in enumerate(blocks) if _says_something(block)), default=-1)
    if last < 0:
        return text
    shown: list[str] = []
    for number, block in enumerate(blocks):
        answered = number < last
        if block.quoted and not (answered and len(block.lines) <= CONTEXT):
            shown.append(note(len(block.lines)))
        else:
            shown += block.lines
    return "\n".join(shown)


def blocks_of(text: str, *, forward: bool = False) -> Iterator[Block]:
    """Every line of `text`, in order; a quote has who wrote it with it, and the blanks around it
    are the author's.
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n").rstrip("\n").split("\n")
    end = len(lines) if forward else _unmarked(lines)
    own: list[str] = []
    at = 0
    while at < end:
        if not lines[at].startswith(">"):
            own.append(lines[at])
            at += 1
            continue
        after = _end_of_quote(lines, at, end)
        head = _attribution(own)
        yield Block(tuple(own[: len(own) - head]), quoted=False)
        yield Block(tuple(own[len(own) - head :] + lines[at:after]), quoted=True)
        own, at = [], after
    yield Block(tuple(own), quoted=False)
    if end < len(lines):
        yield Block(tuple(lines[end:]), quoted=True)


def _says_something(block: Block) -> bool:
    """Whether it holds words of the author, a signature aside."""
    if block.quoted:
        return False
    for line in block.lines:
        if line.rstrip() == "--":
            return False
        if line.strip():
            return True
    return False


def _end_of_quote(lines: list[str], at: int, end: int) -> int:
    """Behind the last marked line before the next one of the author's; blank lines join."""
    after = at
    while at < end and (lines[at].startswith(">") or not lines[at].strip()):
        at += 1
        if lines[at - 1].startswith(">"):
            after = at
    return after


def _attribution(own: list[str]) -> int:
    """How many lines at the end of `own` say who wrote what follows, with the blanks below."""
    end = len(own)
    while end and not own[end - 1].strip():
        end -= 1
    first = end
    while first and own[first - 1].strip() and end - first < CONTEXT:
        first -= 1
    for start in range(end - 1, first - 1, -1):
        said = " ".join(own[start:end])
        if said.endswith((":", "：")) and len(said) < _LONGEST and _names_somebody(said):
            above = (n for n in range(first, start) if _BEGINS.match(own[n]))
            return len(own) - next(above, start)
    return 0


def _names_somebody(said: str) -> bool:
    return bool(_WROTE.search(said) or _TIME_AND_ADDRESS.match(said))


def _unmarked(lines: list[str]) -> int:
    """Where a quote begins that has no marks and goes to the end; else the number of lines."""
    before = ""
    for at, line in enumerate(lines):
        if _ORIGINAL.fullmatch(line):
            return at
        if (
            _FROM.match(line)
            and not _FORWARDED.search(before)
            and any(_SUBJECT.match(each) for each in lines[at + 1 : at + _HEADER_LINES])
        ):
            return at - bool(at and _RULE.fullmatch(lines[at - 1]))
        if line.strip() and not _RULE.fullmatch(line):
            before = line
    return len(lines)
