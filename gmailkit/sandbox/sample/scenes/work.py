"""Conversations at work: projects, clients, slides, and who brings the cake."""

from __future__ import annotations

from collections.abc import Iterator

from gmailkit.sandbox.sample.conversation import Conversation, letters_of
from gmailkit.sandbox.sample.days import Days
from gmailkit.sandbox.sample.files import archive, csv, docx, pdf, png
from gmailkit.sandbox.sample.letter import Letter

_CONVERSATIONS = (
    Conversation(
        key="first-day",
        subject="Your first day",
        ago=884,
        at="12:00",
        people="ann me",
        labels=("Work",),
        script="""
@ann
Dear Mira,

we are glad that you come. Nine o'clock at the old mill, ring at "Maps".
Bring a passport and, if you have one, a favourite mug.

Ann Keller
@me +5h
Dear Ann,

passport and mug are packed. I will be the one who looks at the ceiling;
I was told there is a painted globe.
@ann +20m
There is. It misses New Zealand, like all of them.
""",
    ),
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
        key="quarter-numbers",
        subject="Numbers of the quarter",
        ago=68,
        at="15:31",
        people="ann me carla",
        labels=("Work",),
        script="""
@ann
The sheet for the quarter is open:
https://docs.google.com/spreadsheets/d/1Quarter-Numbers-77ab/edit#gid=0
Mira, the support hours are missing. Carla, is the 1,204.50 in row 18
before or after tax?
@carla +45m
Before. I added a column so that nobody has to ask again.
@me +1h
Support hours are in: 312, of which Harbor alone 96. I would like to
talk about that with Dina before it goes into the report.
@ann +10m
Do. Until then the cell stays yellow.
""",
    ),
    Conversation(
        key="town-hall",
        subject="Slides for the town hall",
        ago=47,
        at="09:10",
        people="carla me",
        labels=("Work",),
        inbox=True,
        script="""
@carla
Ten slides, ten minutes. Have a look before I add pictures?
https://docs.google.com/presentation/d/1TownHall-autumn-31c0/edit
@me +2h
Slide 4 says the same as slide 6, and 6 says it better. Otherwise I
would not touch a thing.
@carla +30m STARRED
Slide 4 is gone. The recording of the rehearsal is here, for your eyes
only: https://www.youtube.com/watch?v=tH4ll-R3hea
""",
    ),
    Conversation(
        key="holiday-cover",
        subject="Who covers August",
        ago=150,
        at="11:55",
        people="ann bob carla me",
        labels=("Work",),
        script="""
@ann
Please enter your summer holiday in the table this week. Whoever goes on
vacation in August needs a stand-in by name, not "somebody".
@bob +2h
I take the first two weeks. Carla is my somebody, she knows already.
@me +1d
Last week of August for me, Bob covers. The secret door code for the
server room is with reception.
""",
    ),
    Conversation(
        key="printer",
        subject="Printer on the second floor",
        ago=83,
        at="14:02",
        people="me bob",
        script="""
@me
The new printer asks for a PIN and prints in Danish. Do you know more?
@bob +6m
Menu, third flag from the left. The PIN is on the sticker below, as is
the sandwich I lost in spring.
""",
    ),
    Conversation(
        key="gdynia-expenses",
        subject="Expenses from Gdynia",
        ago=189,
        at="17:25",
        people="me ann",
        files={
            "taxi": png("taxi-receipt.png", width=80, height=120, color=0x335577),
            "list": csv(
                "gdynia.csv",
                [("what", "PLN"), ("train", "212.00"), ("taxi", "38.50")],
            ),
        },
        script="""
@me file:taxi,list
Ann, here are the list and the one receipt that survived the rain. The
hotel is on the company card.
@ann +16h
Received. 250.50 PLN come back with the salary of this month.
@me +7m
The rain made it worth 251.
""",
    ),
    Conversation(
        key="interview",
        subject="Interview on Tuesday: your part",
        ago=29,
        at="10:44",
        people="ann me",
        labels=("Work",),
        inbox=True,
        files={"task": pdf("code-task.pdf", ["Task", "Read the log, find the slow request."])},
        script="""
@ann file:task
The candidate comes at ten on Tuesday. You have the second half hour;
the task is attached, she has not seen it.
@me +35m
Good task. I will ask about the third line of the log first, everybody
misses it.
@ann +1d IMPORTANT
She found the third line in a minute. I think we have a colleague.
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
    Conversation(
        key="lunch",
        subject="Lunch on Thursday?",
        ago=2,
        at="09:02",
        people="ann bob carla me",
        inbox=True,
        unread=1,
        script="""
@carla
The noodle place in Mill Street opens again on Thursday. Half past
twelve?
@bob +9m
Yes. And yes to the dumplings before anyone asks.
@me +40m
I am in.
@ann +1h
Me too, I book a table for four. The terrace, if the sun agrees.
""",
    ),
    Conversation(
        key="standby",
        subject="Standby phone this weekend",
        ago=3,
        at="15:15",
        people="bob me",
        labels=("Work",),
        inbox=True,
        unread=1,
        script="""
@me
Bob, can you take the standby phone from Friday evening? I am at my
mother's and the reception there is one bar in the attic.
@bob +2h IMPORTANT
Sure. Send me the list of numbers, and say hello to the attic.
""",
    ),
)  # fmt: skip


def letters(days: Days) -> Iterator[Letter]:
    for conversation in _CONVERSATIONS:
        yield from letters_of(conversation, days)
