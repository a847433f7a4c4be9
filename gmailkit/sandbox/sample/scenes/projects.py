"""Conversations about projects and clients."""

from __future__ import annotations

from collections.abc import Iterator

from gmailkit.sandbox.sample.conversation import Conversation, letters_of
from gmailkit.sandbox.sample.days import Days
from gmailkit.sandbox.sample.files import archive, csv, docx, pdf, png
from gmailkit.sandbox.sample.letter import Letter

_CONVERSATIONS = (
    Conversation(
        key="sample-files",
        subject="Sample files of the warehouses",
        ago=205,
        at="07:07",
        people="me bob",
        labels=("Work/Projects/Atlas",),
        files={
            "rotterdam": csv("rotterdam.csv", [("gate", "date"), (1, "03.04."), (2, "4/3")]),
            "gdynia": csv("gdynia-bramy.csv", [("brama", "data"), (7, "04-03")]),
        },
        script="""
@me file:rotterdam,gdynia
Two of three, Porto follows. Look at the dates in the first one and tell
me which month you would bet on.
@bob +55m
I would not bet. Is there anybody who remembers that day?
@me +3h
The gate keeper does: it rained, so it was April.
""",
    ),
    Conversation(
        key="atlas-kickoff",
        subject="Atlas kickoff",
        ago=212,
        at="08:12",
        people="me ann bob carla",
        labels=("Work/Projects/Atlas",),
        files={
            "plan": docx(
                "Atlas plan.docx",
                ["Project Atlas", "Goal: one map for all warehouses.", "Ten weeks to the release."],
            ),
            "budget": csv(
                "atlas-budget.csv",
                [("item", "euros"), ("licences", 4200), ("hosting", 1800), ("travel", 950)],
            ),
        },
        script="""
@ann
Hello all,

Atlas starts next week. The plan is at
https://docs.google.com/document/d/1AtLaS-kickoff-plan-9f2c/edit
and needs a look from each of you before we meet. Bob owns the importer,
Carla the map itself, Mira talks to the warehouses.

Ann
@bob +3h
Read it. The importer is fine by me if we get sample files from at
least three warehouses; the last ones had dates in four formats.

Bob
@me +50m
I can get files from Rotterdam, Gdynia and Porto by Wednesday. Porto
sends spreadsheets by post otherwise, so be kind to them.

Mira
@carla +1d file:plan STARRED
I wrote my part of the plan down as a document of its own (attached).
Short version: tiles first, search second, colours last.

Carla
@ann +2h file:budget IMPORTANT
Budget attached, please treat it as confidential. Travel is tight, so
meet on video where you can.
@me +25m
Looks right to me. One question: who pays for the Gdynia visit?
@ann +12m
We do. Book it.
""",
    ),
    Conversation(
        key="atlas-tiles",
        subject="Map tiles are grey in Porto",
        ago=131,
        at="10:03",
        people="bob carla me",
        labels=("Work/Projects/Atlas",),
        files={
            "grey": png("porto-grey.png", width=96, height=64, color=0x808080),
            "log": archive("tiles-log.zip", {"tiles.log": "10:01 miss 8/122/91\n"}),
        },
        script="""
@carla file:grey
Since this morning every tile west of the river is grey (picture
attached). Zoom 12 and above only.
@bob +15m
Zoom 12 is where the new cache starts. I bet on the cache.
@carla +4m
You bet on the cache every time.
@bob +2m
And how often was I wrong?
@me +30m
The warehouse in Porto noticed as well, they called. They can live
with it until tomorrow noon, the trucks are loaded then.
@bob +1h file:log
Log attached. The cache answers "hit" with an empty tile when the disk
was full at the moment of writing.
@carla +20m
So it is the cache.
@bob +1m STARRED
So it is the cache.
@me +10m
Can you clear the empty ones without clearing everything? A full
rebuild takes the whole night.
@bob +40m
Yes: everything below 200 bytes goes. 14,302 tiles. Running.
@carla +35m
Porto is green again. And brown, and blue. Thank you both.
@me +5m
Told them, they send their regards and ask for the satellite layer.
""",
    ),
    Conversation(
        key="big-move",
        subject="Moving to Mill Street",
        ago=95,
        at="13:20",
        people="ann team",
        labels=("Work/Projects/Big Move",),
        files={"floor": pdf("floor-plan.pdf", ["Mill Street 9, second floor", "24 desks"])},
        script="""
@ann file:floor
Dear all,

we have signed. From the first of the month our office is in Mill
Street 9, second floor; the floor plan is attached. Please tell me by
Friday where you would like to sit, and whether you need a desk that
can be raised.
@me +2h cc:bob
A window to the yard, please, and as far from the coffee machine as the
plan allows. The raised desk would be good for my back.

Mira
@bob +3h cc:me
As near to the coffee machine as the plan allows.
@carla +1d cc:me
I keep my plants, so I need south. Who takes the big fern?
@ann +4h cc:me,bob,carla
Noted, noted, noted. The fern goes to the meeting room and is everybody's
duty from now on. Boxes arrive on Monday, one each, the rest is moved
by the movers.
@me +20m
One box is a threat. I will start today.
""",
    ),
    Conversation(
        key="harbor-contract",
        subject="Contract renewal, Harbor Logistics",
        ago=176,
        at="07:48",
        people="dina me",
        labels=("Work/Clients & Partners",),
        files={
            "draft": docx("contract-draft-2.docx", ["Framework agreement", "Term: 24 months"]),
            "signed": pdf("contract-signed.pdf", ["Framework agreement", "Signed by both parties"]),
        },
        script="""
@dina file:draft
Dear Mira,

please find attached the second draft of the framework agreement.
Our lawyers changed clause 7 (liability) and clause 11 (notice period,
now three months). The rest is as discussed by telephone.

Kind regards
Dina Haddad
Harbor Logistics
@me +1d
Dear Dina,

clause 11 is fine. In clause 7 we would like the cap back at the yearly
fee; "unlimited" is a word our insurance does not like.

Best
Mira
@dina +2d
Dear Mira,

agreed, the cap is back. May I have it signed this week?
@me +3h bcc:ann
You may. Thank you for the quick answer.
@dina +1d file:signed IMPORTANT STARRED
Signed copy attached, the paper is in the post. I look forward to two
more years.
""",
    ),
    Conversation(
        key="release-4-2",
        subject="Release 4.2: what is left",
        ago=5,
        at="08:20",
        people="carla bob me",
        labels=("Work/Projects",),
        inbox=True,
        unread=2,
        script="""
@carla
Left on the list: release notes (Mira), migration of the old tiles
(Bob), last look at the colours (me). Anything I forgot?
@bob +25m
The licence file still says last year.
@me +2h
Release notes are in https://docs.google.com/document/d/1Notes-4-2-beta/edit
and want a second pair of eyes. The licence file says this year now.
@bob +20h
Second pair of eyes: "teh" in the second line, otherwise ship it. The
migration ran over night, 0 errors.
@carla +3h
Colours done. Shall we release on Thursday morning, before the build
server has its moods?
""",
    ),
)  # fmt: skip


def letters(days: Days) -> Iterator[Letter]:
    for conversation in _CONVERSATIONS:
        yield from letters_of(conversation, days)
