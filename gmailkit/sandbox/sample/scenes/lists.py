"""Mailing lists: threads among strangers, and the digest of a forum."""

from __future__ import annotations

from collections.abc import Iterator

from gmailkit.model.mail import Address
from gmailkit.sandbox.sample.conversation import Conversation, letters_of
from gmailkit.sandbox.sample.days import Days, day_text
from gmailkit.sandbox.sample.files import text_file
from gmailkit.sandbox.sample.letter import Letter

_TOOLS = Address("mail-tools@lists.example.org", "Mail tools")
_CHESS = Address("clubs@lists.example.net", "Chess clubs")


def _list_headers(address: Address, name: str) -> dict[str, str]:
    local, _, domain = address.email.partition("@")
    return {
        "List-Id": f"{name} <{local}.{domain}>",
        "List-Post": f"<mailto:{address.email}>",
        "List-Archive": f"<https://{domain}/archives/{local}/>",
        "List-Unsubscribe": f"<mailto:{local}-leave@{domain}>",
        "Sender": f"{local}-bounces@{domain}",
    }


_CONVERSATIONS = (
    Conversation(
        key="list-from-lines",
        subject="[mail-tools] Quoting of From lines, once and for all",
        ago=46,
        at="18:18",
        people="kofi ivan emil me",
        via=_TOOLS,
        headers=_list_headers(_TOOLS, "Mail tools"),
        inbox=True,
        files={"patch": text_file("from-quoting.patch", "--- a/mbox.c\n+++ b/mbox.c\n")},
        script="""
@ivan
Our archive has messages in which a body line begins with "From " and the
reader splits there. Who quotes, who unquotes, and how often?
@emil +4h
The writer adds one ">" to every line of the form ">*From ", the reader
takes one away. Everything else loses something.
@kofi +2h file:patch
Patch attached, eleven lines, five of them are the test.
@me +20h
Works here with 12,000 messages; two of them had a bare carriage return in
the middle, these come through as well. Thank you.
@ivan +1h
Merged. I will never speak of it again.
""",
    ),
    Conversation(
        key="list-dates",
        subject="[mail-tools] Date header from the year 2098",
        ago=155,
        at="09:59",
        people="emil kofi",
        via=_TOOLS,
        headers=_list_headers(_TOOLS, "Mail tools"),
        script="""
@kofi
A printer in our office sends mail from the year 2098. Every client puts it
on top of the list for ever. Sort by arrival, please.
@emil +3h
Sorting by arrival it is. Has anyone asked the printer what it is like?
@kofi +15m
It says: paper jam.
""",
    ),
    Conversation(
        key="list-endgames",
        subject="[clubs] Rook endings for tired people",
        ago=21,
        at="21:21",
        people="lena ivan",
        via=_CHESS,
        headers=_list_headers(_CHESS, "Chess clubs"),
        inbox=True,
        unread=1,
        labels=("Clubs/Chess",),
        script="""
@ivan
I look for a booklet about rook endings that can be read after work.
Anything above forty pages falls asleep on my face.
@lena +11h
There is one of 32 pages with one position a page. I lend you mine if it
comes back without coffee this time.
""",
    ),
)  # fmt: skip

_FORUM = Address("digest@forum.gardeners.example", "Gardeners' Forum")
_DIGESTS = (
    (2, ("Moss in the lawn: enemy or friend?", "Quince tree, second year, no fruit")),
    (9, ("A hedgehog moved in, what now", "Frost on the balcony", "Sharpening a spade")),
    (16, ("Compost that smells of apples", "Bulbs: how deep is deep")),
    (23, ("Slugs. Again.", "Rain barrel under a tin roof")),
    (107, ("Watering at noon: a myth?", "Tomatoes with cracks")),
    (300, ("Seeds from last year", "Pruning roses with cold hands")),
)


def letters(days: Days) -> Iterator[Letter]:
    for conversation in _CONVERSATIONS:
        yield from letters_of(conversation, days)
    for ago, topics in _DIGESTS:
        yield _digest(days, ago, topics)


def _digest(days: Days, ago: int, topics: tuple[str, ...]) -> Letter:
    date = days.ago(ago, "02:00")
    lines = [f"{n}. {topic} ({(ago * n) % 23 + 2} replies)" for n, topic in enumerate(topics, 1)]
    return Letter(
        key=f"forum-{ago}",
        date=date,
        sender=_FORUM,
        subject=f"Gardeners' Forum digest, {day_text(date)}",
        text="\n".join(["Talked about since yesterday:", "", *lines, "", "Read: "])
        + f"https://forum.gardeners.example/digest/{ago}\n",
        labels=(*(("INBOX",) if ago < 20 else ()), "CATEGORY_FORUMS"),
        headers={"List-Id": "Gardeners <digest.forum.gardeners.example>", "Precedence": "list"},
        delivered_to="me+garden@example.com",
    )
