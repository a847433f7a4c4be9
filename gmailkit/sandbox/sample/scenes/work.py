"""Conversations at work."""

from __future__ import annotations

from collections.abc import Iterator

from gmailkit.sandbox.sample.conversation import Conversation, letters_of
from gmailkit.sandbox.sample.days import Days
from gmailkit.sandbox.sample.files import csv, docx
from gmailkit.sandbox.sample.letter import Letter

_ATLAS = Conversation(
    key="atlas-kickoff",
    subject="Atlas kickoff",
    ago=212,
    at="08:12",
    people="me ann bob carla",
    labels=("Work/Projects/Atlas",),
    files={
        "plan": docx(
            "Atlas plan.docx",
            ["Project Atlas", "Goal: one map for all warehouses.", "First release in ten weeks."],
        ),
        "budget": csv(
            "atlas-budget.csv",
            [("item", "euros"), ("licences", 4200), ("hosting", 1800), ("travel", 950)],
        ),
    },
    script="""
@ann
Hello all,

Atlas starts on Monday. The plan is at
https://docs.google.com/document/d/1AtLaS-kickoff-plan-9f2c/edit
and needs a look from each of you before Friday. Bob owns the importer,
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
@ann +2h file:budget
Budget attached, please treat it as confidential. Travel is tight, so
meet on video where you can.
@me +25m
Looks right to me. One question: who pays for the Gdynia visit?
@ann +12m
We do. Book it.
""",
)


def letters(days: Days) -> Iterator[Letter]:
    for conversation in (_ATLAS,):
        yield from letters_of(conversation, days)
