"""Four newsletters with everything such mail carries: List-Id, ways out, pixels, preheaders."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from gmailkit.model.mail import Address
from gmailkit.sandbox.sample.days import Days, day_text
from gmailkit.sandbox.sample.letter import Letter, token
from gmailkit.sandbox.sample.page import Section, newsletter, newsletter_text
from gmailkit.sandbox.sample.producers import POSTWAGON


class _Paper(NamedTuple):
    """A newsletter; `issues` are (days ago, subject, stories of a title and a text)."""

    name: str
    sender: Address
    list_id: str
    color: str
    labels: tuple[str, ...]
    issues: tuple[tuple[int, str, tuple[tuple[str, str], ...]], ...]


_SLOW_READER = _Paper(
    "The Slow Reader",
    Address("letters@slow-reader.example", "The Slow Reader"),
    "The Slow Reader <weekly.slow-reader.example>",
    "#653e9b",
    ("Reading list", "CATEGORY_UPDATES"),
    (
        (4, "Books that begin on a train", (
            ("The 6:14 to nowhere", "A novel in which nobody arrives and nobody minds."),
            ("Timetables as poems", "An editor collected forty of them, all out of print."),
        )),
        (32, "What a librarian reads at night", (
            ("Lamp, blanket, atlas", "We asked eleven. Nine said maps, two said nothing."),
            ("The returned book", "It came back after 51 years with a note and a pressed fern."),
        )),
        (88, "In praise of footnotes", (
            ("Below the line", "The best joke of the year hides in note 212 of a history of salt."),
            ("A reader writes", "Please, no endnotes. My thumb is tired of the walk."),
        )),
        (131, "Maps of places that are not", (
            ("The island that moved", "Three captains drew it, in three oceans, all sober."),
            ("Legend", "What the symbol with the small goat means. It means goat."),
        )),
        (201, "Summer shelf", (
            ("Heavy books for light days", "Three bricks that float well in a deck chair."),
            ("Short, shorter", "Stories that end before the kettle boils."),
        )),
        (262, "Winter, unabridged", (
            ("Snowed in", "Five long novels, by the number of blankets they take."),
            ("Index of first lines", "It snowed. It had snowed. It would, he said, snow."),
        )),
        (760, "Letters nobody sent", (
            ("A drawer in Ghent", "Four hundred letters, stamped, sealed, kept. He was shy."),
            ("Postscript", "Only one of them was opened, by the cat of the house."),
        )),
        (410, "On rereading", (
            ("The same river twice", "She reads it each spring and notes what has moved."),
            ("Spoilers", "A second reading has none. Discuss, quietly."),
        )),
    ),
)  # fmt: skip

_KITCHEN = _Paper(
    "Kitchen Ledger",
    Address("hello@kitchen-ledger.example", "Kitchen Ledger"),
    "<kitchen-ledger.letters.example>",
    "#cf8933",
    ("CATEGORY_PROMOTIONS",),
    (
        (6, "Soup for a grey week, 12.50 for four", (
            ("Leek and lentil", "One pot, 35 minutes, best on the third day."),
            ("The bread question", "Rye. The answer is rye."),
        )),
        (20, "Plums, quickly", (
            ("A cake without a scale", "Seven spoons of this, five of that, one tin, done."),
            ("Stones out", "A wine bottle and a chopstick take care of a kilo in nine minutes."),
        )),
        (62, "The last tomatoes", (
            ("Slow in the oven", "Two hours at 120 degrees turn dull ones into sweets."),
            ("Keep the water", "What runs out of them is tomorrow's dressing."),
        )),
        (118, "Cold coffee, warm evenings", (
            ("Overnight", "Coarse, cold, twelve hours in the fridge, and no bitterness at all."),
            ("What the ice is for", "Freeze coffee, not water. You knew that."),
        )),
        (330, "A pantry in winter", (
            ("Ten jars", "What we opened in January, in the order of regret."),
            ("Beans, ranked", "The small white ones win again, by a bean."),
        )),
        (940, "The first ledger", (
            ("Salt", "We begin where everything begins, with a pinch and an argument."),
            ("Who we are", "Two cooks, one stove, and a scale that lies."),
        )),
        (590, "Flour and patience", (
            ("The starter that would not", "It was the tap water. Let it stand over night."),
            ("Knead or wait", "Time does the same work and asks for less coffee."),
        )),
    ),
)  # fmt: skip

_NIGHT_SKY = _Paper(
    "Night Sky Weekly",
    Address("editor@nightsky.example", "Night Sky Weekly"),
    "Night Sky <nightsky.lists.example>",
    "#1c4587",
    ("CATEGORY_UPDATES",),
    (
        (3, "Saturn comes to dinner", (
            ("South, at nine", "A steady yellow light: that is the one with rings."),
            ("Bring binoculars", "They do not show the rings, but they show that it is no star."),
        )),
        (10, "A moon you can count on", (
            ("First quarter on Wednesday", "The best night for craters has half a moon."),
            ("Seeing", "If the stars twinkle, look at the moon. If not, look further."),
        )),
        (17, "Meteors, if it clears", (
            ("Fifteen an hour", "Between midnight and four, from the east, with a blanket."),
            ("Wish list", "A reader has sent us hers. It is long and mostly about socks."),
        )),
        (24, "The square of autumn", (
            ("Four stars", "Pegasus is a square with ambitions. Start there, turn left."),
            ("Farthest by eye", "The smudge beside it is another galaxy, 2.5 million years late."),
        )),
        (150, "Short nights", (
            ("Noctilucent", "Silver clouds after sunset, 80 km up, lit from below the horizon."),
            ("No darkness", "North of here the sun only pretends to set. Sleep."),
        )),
        (365, "One year of looking up", (
            ("What we saw", "Two eclipses, one comet, 114 cloudy nights. Worth it."),
            ("What we missed", "The other comet. The editor was at a wedding."),
        )),
    ),
)  # fmt: skip

_TINY_TOOLS = _Paper(
    "Tiny Tools",
    Address("tim@tinytools.example", "Tim from Tiny Tools"),
    "Tiny Tools Digest <digest.tinytools.example>",
    "#076239",
    ("Reading list", "CATEGORY_UPDATES"),
    (
        (8, "#48: a diff that reads like prose", (
            ("worddiff", "Compares texts by words and shows moved sentences as moved."),
            ("Ask a pipe", "How to watch what flows between two programs without a third."),
        )),
        (36, "#44: sorting a million lines on a phone", (
            ("External, merged", "Chunks of 50,000 lines, a heap of twenty files, four minutes."),
            ("Locale surprises", "LC_ALL=C is not rude, it is honest."),
        )),
        (71, "#39: the humble checksum", (
            ("Trust, then verify", "Write the hash beside the file, and read it back once a year."),
            ("Bit rot is real", "One reader found 3 flipped bits in 2 TB. The holiday video."),
        )),
        (103, "#34: names for temporary things", (
            ("tmp2_final", "A reader sent us the list. It has 212 lines and one apology."),
            ("Delete by date", "If the name holds a day, a cron job can forget it for you."),
        )),
        (134, "#30: mailboxes as plain files", (
            ("From space", "Why a line that begins with From must be quoted, and by whom."),
            ("Grep your past", "Twenty years of mail, eleven seconds, no server."),
        )),
        (279, "#12: clocks", (
            ("Monotonic or wall", "Measure with one, write down the other, never mix them."),
            ("Leap of faith", "February 29 broke a ticket machine again. See you in four years."),
        )),
    ),
)  # fmt: skip

_UNREAD_BELOW = 9  # days


def letters(days: Days) -> Iterator[Letter]:
    for paper in (_SLOW_READER, _KITCHEN, _NIGHT_SKY, _TINY_TOOLS):
        for ago, subject, stories in paper.issues:
            yield _issue(days, paper, ago, subject, stories)


def _issue(
    days: Days, paper: _Paper, ago: int, subject: str, stories: tuple[tuple[str, str], ...]
) -> Letter:
    key = f"{paper.sender.email}-{ago}"
    date = days.ago(ago, "05:00")
    site = f"https://{paper.sender.email.rpartition('@')[2]}"
    way_out = f"{site}/unsubscribe/{token(key, 20)}"
    preheader = f"{stories[0][1]} ({day_text(date)})"
    sections = [Section(title, text, f"{site}/{token(title, 8)}") for title, text in stories]
    return Letter(
        key=key,
        date=date,
        sender=paper.sender,
        subject=subject,
        text=newsletter_text(preheader, sections, unsubscribe=way_out),
        html=newsletter(paper.name, preheader, sections, unsubscribe=way_out, color=paper.color),
        labels=_place(paper, ago),
        headers=_list_headers(paper, way_out),
        producer=POSTWAGON,
        delivered_to="me+news@example.com",
    )


def _place(paper: _Paper, ago: int) -> tuple[str, ...]:
    inbox = ("INBOX",) if ago < 60 else ()
    return (*inbox, *paper.labels, *(("UNREAD",) if ago < _UNREAD_BELOW else ()))


def _list_headers(paper: _Paper, way_out: str) -> dict[str, str]:
    domain = paper.sender.email.rpartition("@")[2]
    return {
        "List-Id": paper.list_id,
        "List-Unsubscribe": f"<{way_out}>, <mailto:leave@{domain}?subject=unsubscribe>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "Feedback-ID": f"{token(domain, 6)}:{domain}",
    }
