"""Conversations in the office: numbers, expenses, holidays, and who brings the cake."""

from __future__ import annotations

from collections.abc import Iterator

from gmailkit.sandbox.sample.conversation import Conversation, letters_of
from gmailkit.sandbox.sample.days import Days
from gmailkit.sandbox.sample.files import csv, pdf, png
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
