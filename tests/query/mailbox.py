"""Sixty messages for the tables of expected ids; read them before you change a table.

They stand newest first, so that every date search finds a run of them. Where nothing is said, a
message comes to "Max Eder <me@example.com>", weighs 2,000 bytes and has the Message-ID
<ID@mail.test>.
"""

from __future__ import annotations

from datetime import UTC, datetime

from gmailkit.model.mail import Address, Attachment, Mail
from gmailkit.query.document import Document
from gmailkit.query.match import Context

ME = "Max Eder <me@example.com>"
AMY = "Amy Adams <amy@example.com>"
WINTER = "Amy Winter <a.winter@mail.example.net>"
BOB = "Bob Brown <bob@example.com>"
CARLA = "Carla Núñez <carla@example.org>"
SHOP = "Blue Shop <offers@shop.test>"

CONTEXT = Context(
    now=datetime(2026, 6, 15, 12, tzinfo=UTC).timestamp(), me=frozenset({"Me@Example.com"})
)
MAILBOX: dict[str, Document] = {}


def people(text: str) -> tuple[Address, ...]:
    """Addresses as written above, joined by commas."""
    found = []
    for one in filter(None, text.split(", ")):
        name, _, email = one.rpartition(" <")
        found.append(Address(email.rstrip(">"), name))
    return tuple(found)


def message(
    id: str,
    date: str,
    sender: str,
    subject: str,
    text: str = "",
    *,
    labels: str = "",
    user: tuple[str, ...] = (),
    to: str = ME,
    cc: str = "",
    bcc: str = "",
    html: str = "",
    files: tuple[str, ...] = (),
    inline: tuple[str, ...] = (),
    size: int = 2000,
    message_id: str | None = None,
    list_id: str = "",
    delivered_to: str = "",
) -> None:
    headers = (("List-Id", list_id), ("delivered-to", delivered_to))
    mail = Mail(
        sender=people(sender)[0] if sender else None,
        to=people(to),
        cc=people(cc),
        bcc=people(bcc),
        subject=subject,
        text=text,
        html=html,
        message_id=f"<{id}@mail.test>" if message_id is None else message_id,
        headers=tuple((name, value) for name, value in headers if value),
        attachments=(
            *(Attachment(name, b"x") for name in files),
            *(Attachment(name, b"x", "image/png", inline=True) for name in inline),
        ),
    )
    moment = datetime.fromisoformat(date).replace(tzinfo=UTC).timestamp()
    MAILBOX[id] = Document.of(mail, labels=[*labels.split(), *user], date=moment, size=size)


message(
    "m01", "2026-06-15 11:30", AMY, "Lunch on Friday",
    "Shall we meet at noon? Bring the blue cat.",
    labels="INBOX UNREAD CATEGORY_PERSONAL", user=("Work",), size=1023,
    message_id="<CAF+x=1@mail.example.com>", delivered_to="me@example.com",
)  # fmt: skip
message(
    "m02", "2026-06-15 11:00", WINTER, "Re: Lunch on Friday",
    "Noon is fine. The category is still open.",
    cc=AMY, labels="INBOX IMPORTANT STARRED CATEGORY_PERSONAL", user=("Work/Big project",),
    size=1024, message_id="<abc.def@example.com>", delivered_to="me@example.com",
)  # fmt: skip
message(
    "m03", "2026-06-15 10:30", BOB, "Friday lunch moved",
    "Lunch is on Monday now, says the secret planner.",
    to=f"{ME}, {AMY}", labels="INBOX UNREAD CATEGORY_PERSONAL", user=("École",), size=1025,
    message_id="<ABC.def@example.com>", delivered_to="me@example.com",
)  # fmt: skip
message(
    "m04", "2026-06-15 10:15", BOB, "Invoice 2026-17",
    "The amount is 01.2047-100 units.",
    to=f"amy@example.com, {ME}", labels="INBOX IMPORTANT CATEGORY_PERSONAL", user=("Work",),
    files=("invoice-2026-17.pdf",), size=5_242_880,
    message_id="<with%percent@example.com>", delivered_to="me@example.com",
)  # fmt: skip
message(
    "m05", "2026-06-15 10:00:00", AMY, "Café at noon",
    "The cafe by the river has a blue door.",
    to="me@example.com", labels="INBOX STARRED CATEGORY_SOCIAL", user=("Work/Big project",),
    size=512, message_id="no-brackets@example.com", delivered_to="me+news@example.com",
)  # fmt: skip
message(
    "m06", "2026-06-15 09:59:59", CARLA, "Résumé attached",
    "My resume is in the file. Cats are welcome.",
    cc=AMY, labels="INBOX UNREAD CATEGORY_SOCIAL", files=("Résumé.pdf",), size=5_242_881,
    message_id="<a b@example.com>", delivered_to="old.me@example.org",
)  # fmt: skip
message(
    "m07", "2026-06-15 08:00:00", "Amyas Leigh <amyas@example.com>", "Budget",
    "Lunch budget: 3.5 million. Friday is the deadline.",
    labels="INBOX MUTED CATEGORY_SOCIAL", user=("Work Big project",), size=900,
    message_id="<id(7)@example.com>", delivered_to="me@example.com",
)  # fmt: skip
message(
    "m08", "2026-06-15 07:59:59", "Pulse <notify@pulse.social.test>", "Amy liked your photo",
    "See https://www.youtube.com/watch?v=abc and reply.",
    labels="INBOX SNOOZED CATEGORY_SOCIAL", user=("Big project",), size=1000, message_id="",
    list_id="<pulse.social.test>", delivered_to="me+news@example.com",
)  # fmt: skip
message(
    "m09", "2026-06-14 12:00:00", "Pulse <notify@pulse.social.test>", "東京旅行の写真",
    "写真は https://youtu.be/xyz にあります。",
    labels="INBOX IMPORTANT CATEGORY_SOCIAL", user=("旅行",), size=1020,
    list_id="<pulse.social.test>",
)  # fmt: skip
message(
    "m10", "2026-06-14 11:59:59", SHOP, "Summer sale: 20% off",
    html="<p>Every <b>w</b>ord counts. Holiday offers!</p>"
    '<a href="https://drive.google.com/file/d/abc">Plans</a>',
    labels="INBOX UNREAD CATEGORY_PROMOTIONS", user=("Receipts & Taxes",),
    list_id="Blue Shop offers <offers.shop.test>", delivered_to="me+news@example.com",
)  # fmt: skip
message(
    "m11", "2026-06-13 20:00", SHOP, "Sale ends today",
    "Our holiday sale ends. No vacation from savings.",
    labels="INBOX MUTED CATEGORY_PROMOTIONS", user=("旅行",),
    list_id="Blue Shop offers <offers.shop.test>", delivered_to="me+news@example.com",
)  # fmt: skip
message(
    "m12", "2026-06-12 09:00", "Dan <dan.amy@shop.test>", "Write to the developers",
    "The list is dev.lists.test and the notes are https://docs.google.com/document/d/abc/edit now.",
    to=f"bob@example.com, {ME}", labels="INBOX SNOOZED CATEGORY_PROMOTIONS", user=("旅行",),
)  # fmt: skip
message(
    "m13", "2026-06-10 15:00", SHOP, "Your blue basket",
    html="<style>p {color: purple}</style><script>var hidden = 1;</script><p>Blue things wait.</p>"
    "<p><a class=x href='https://docs.google.com/document/d/abc'>Terms</a></p>",
    labels="INBOX SNOOZED CATEGORY_PROMOTIONS", user=("École",),
    list_id="Blue Shop offers <offers.shop.test>", delivered_to="me+news@example.com",
)  # fmt: skip
message(
    "m14", "2026-06-08 12:00:00", AMY, "Numbers",
    "Sheet: https://docs.google.com/spreadsheets/d/abc with 3.5 and 3-5 inside.",
    bcc=AMY, labels="INBOX STARRED CATEGORY_PROMOTIONS", user=("École",),
)  # fmt: skip
message(
    "m15", "2026-06-08 11:59:59", "Parcel Post <track@parcel.test>", "Parcel on its way",
    "Slides for the driver: https://docs.google.com/presentation/d/abc. It arrives on Monday.",
    cc="amy@example.com", labels="INBOX CATEGORY_UPDATES", user=("Receipts & Taxes",),
)  # fmt: skip
message(
    "m16", "2026-06-05 16:00", "Parcel Post <track@parcel.test>", "Parcel delivered",
    "Proof: https://drive.google.com/open?id=abc",
    labels="INBOX IMPORTANT CATEGORY_UPDATES", user=("Work",), files=("report.txt",),
    size=10_485_760,
)  # fmt: skip
message(
    "m17", "2026-06-03 10:00", ME, "Note to self",
    "Watch https://m.youtube.com/watch?v=abc tonight. Buy milk.",
    labels="INBOX SENT CATEGORY_PERSONAL",
)  # fmt: skip
message(
    "m18", "2026-06-01 08:00:00", ME, "Photo of the cat",
    "The black cat sat on the mat.",
    to=AMY, bcc=CARLA, labels="SENT STARRED", files=("report-txt.jpg",), size=10_485_761,
)  # fmt: skip
message(
    "m19", "2026-06-01 07:59:59", ME, "Minutes",
    "Alpha beta gamma. Delta AND epsilon.",
    to=f"amy@example.com, {BOB}", bcc=WINTER, labels="SENT",
)  # fmt: skip
message(
    "m20", "2026-05-28 10:00", ME, "Draft contract",
    "Please read https://docs.google.com/document/d/abc and use the tools.",
    to=CARLA, cc=BOB, bcc="amy@example.com", labels="SENT IMPORTANT", user=("Work",),
    files=("pdf-tools.zip", ""), size=3_000_000,
)  # fmt: skip
message(
    "m21", "2026-05-20 10:00", ME, "Out of office",
    "My holiday begins on Monday and my vacation ends in July. "
    "https://docs.google.com/spreadsheets/d/abc",
    to="team@example.com", bcc=f"{AMY}, {CARLA}", labels="SENT", user=("École",),
)  # fmt: skip
message(
    "m22", "2026-05-16 12:00:00", ME, "Holiday list",
    "Slides: https://docs.google.com/presentation/d/abc/edit",
    to=BOB, bcc="amy@example.com, me@example.com", labels="SENT SCHEDULED",
)  # fmt: skip
message(
    "m23", "2026-05-16 11:59:59", ME, "Road map",
    html='<a title="x > y" href="https://drive.google.com/drive/folders/abc">Folder</a> of maps.',
    to=WINTER, labels="DRAFT SCHEDULED",
)  # fmt: skip
message(
    "m24", "2026-05-01 10:00", ME, "",
    "Unfinished notes, gamma beta alpha.",
    to="", labels="DRAFT SCHEDULED", files=("report.txt",),
)  # fmt: skip
message(
    "m25", "2026-04-15 10:00", ME, "Vacation request",
    "This holiday I take my vacation with a cat.",
    to=BOB, labels="DRAFT SCHEDULED",
)  # fmt: skip
message(
    "m26", "2026-04-01 08:00:00", ME, "Party",
    "A secret plan for the birthday of Carla.",
    to="", cc="amy@example.com", labels="DRAFT SCHEDULED",
)  # fmt: skip
message(
    "m27", "2026-04-01 07:30:00", ME, "Party again",
    "Keep it secret until her birthday.",
    to="", labels="DRAFT",
)  # fmt: skip
message(
    "m28", "2026-03-20 10:00", "Amy Adams <winner@lottery.test>", "You won a cat",
    "Cat or dog? Claim your prize.",
    labels="SPAM UNREAD",
)  # fmt: skip
message(
    "m29", "2026-03-01 10:00", "Rich Prince <prince@lottery.test>", "Claim your prize",
    "Click https://docs.google.com.evil.test/document/d/abc to claim.",
    labels="SPAM", list_id="<win.lists.test>",
)  # fmt: skip
message(
    "m30", "2026-02-14 10:00", "Lottery <lottery@lottery.test>", "Lottery",
    "Watch https://notyoutube.com/watch and https://youtube.com.evil.test/watch for the draw.",
    to="", labels="SPAM",
)  # fmt: skip
message(
    "m31", "2026-01-20 10:00", AMY, "Quarterly report",
    "The quarterly figures are in the report; see page 7.",
    cc=f"{WINTER}, {BOB}", labels="UNREAD CATEGORY_UPDATES", user=("Work/Big project",),
    files=("Quarterly Report.PDF",), size=1_048_576, delivered_to="old.me@example.org",
)  # fmt: skip
message(
    "m32", "2026-01-01 08:00:00", BOB, "Archive",
    "Unpack it. Terms: https://docs.google.com/document/d/abc",
    labels="CATEGORY_UPDATES", user=("Big project",), files=("take2.7z",), size=1_048_577,
    delivered_to="old.me@example.org",
)  # fmt: skip
message(
    "m33", "2026-01-01 07:59:59", CARLA, "Straße und Größe",
    "Die Straße ist naß. https://docs.google.com/spreadsheets/d/abc",
    to=BOB, cc=ME, labels="MUTED CATEGORY_UPDATES", user=("Big project", "École"),
    delivered_to="old.me@example.org",
)  # fmt: skip
message(
    "m34", "2025-12-24 10:00", "Ivo <ivo@lists.test>", "[dev] Release plan",
    "Slides https://docs.google.com/presentation/d/abc before the release.",
    to="dev@lists.test", cc=ME, labels="SNOOZED CATEGORY_FORUMS", user=("旅行",),
    list_id="Developers <dev.lists.test>", delivered_to="old.me@example.org",
)  # fmt: skip
message(
    "m35", "2025-11-30 10:00", CARLA, "Re: [dev] Release plan",
    "Logs at https://drive.google.com/file/d/abc.",
    to="dev@lists.test", cc=ME, labels="CATEGORY_FORUMS", user=("旅行",),
    list_id="Developers <dev.lists.test>",
)  # fmt: skip
message(
    "m36", "2025-10-31 10:00", WINTER, "[dev] Patch for the parser",
    "Talk: http://www.youtube.com/watch?v=abc - please review the patch.",
    to="dev@lists.test", cc="me@example.com", labels="STARRED CATEGORY_FORUMS", user=("Work",),
    files=("report.txt.diff", "mypdf.diff"), list_id="Developers <dev.lists.test>",
)  # fmt: skip
message(
    "m37", "2025-09-15 10:00", "Grace <grace@code.test>", "Build failed",
    "A document, a spreadsheet and a presentation about drive and youtube failed at 12:30.",
    to="builds@code.test", cc=ME, labels="MUTED CATEGORY_FORUMS", user=("[Old] mail",),
    list_id="Builds <builds.code.test>",
)  # fmt: skip
message(
    "m38", "2025-08-01 10:00", "robot@code.test", "Build passed",
    "All 1,024 tests passed.",
    to="builds@code.test", labels="CATEGORY_FORUMS", user=("Big project",),
    list_id="Builds <builds.code.test>",
)  # fmt: skip
message(
    "m39", "2025-07-04 10:00", "Hotel Aurora <stay@aurora.test>", "Your stay",
    "Vacation rooms are ready.",
    labels="CATEGORY_RESERVATIONS", user=("Big project",), inline=("logo.png",), size=11_000_000,
)  # fmt: skip
message(
    "m40", "2025-06-15 12:00:00", BOB, "Cabin booked",
    "For the vacation and the holiday we have a cabin: https://docs.google.com/document/d/abc",
    labels="IMPORTANT CATEGORY_RESERVATIONS", user=("Work/Big project",),
)  # fmt: skip
message(
    "m41", "2025-06-15 11:59:59", "Rail <tickets@rail.test>", "Ticket 99",
    "Seat 12-A. Plan: https://docs.google.com/spreadsheets/d/abc",
    labels="MUTED CATEGORY_RESERVATIONS", user=("[Old] mail",),
)  # fmt: skip
message(
    "m42", "2025-03-03 10:00", "Blue Air <fly@blueair.test>", "Boarding pass",
    "Gate B7. Safety: https://docs.google.com/presentation/d/abc",
    labels="SNOOZED CATEGORY_RESERVATIONS", user=("[Old] mail",),
)  # fmt: skip
message(
    "m43", "2024-12-31 10:00", "Table <book@table.test>", "Table for two",
    "Vacation? Holiday? Watch https://www.youtube.com/embed/abc",
    labels="CATEGORY_RESERVATIONS", user=("[Old] mail",),
)  # fmt: skip
message(
    "m44", "2024-02-29 10:00", "Blue Shop <orders@shop.test>", "Order 1001",
    "Thank you for the blue lamp.",
    labels="CATEGORY_PURCHASES", user=("Receipts & Taxes",), files=("receipt.pdf",),
    size=20_000_000,
)  # fmt: skip
message(
    "m45", "2023-05-05 10:00", "Bookshop <orders@books.test>", "Order 1002",
    "Thank you for the book. List: https://docs.google.com/spreadsheets/d/abc",
    labels="CATEGORY_PURCHASES", user=("Work/Big project",), files=("receipt_2025.pdf",),
    size=26_214_400,
)  # fmt: skip
message(
    "m46", "2022-05-05 10:00", "Taxes Office <office@tax.test>", "Tax bill",
    "Holiday pay one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
    "fifteen sixteen seventeen eighteen nineteen twenty vacation pay. "
    "https://docs.google.com/presentation/d/abc",
    labels="CATEGORY_PURCHASES", user=("Receipts & Taxes",),
)  # fmt: skip
message(
    "m47", "2021-05-05 10:00", "Phone <bill@phone.test>", "Phone bill",
    "The secret of a low bill before any birthday: https://drive.google.com/file/d/abc",
    labels="CATEGORY_PURCHASES", user=("Receipts & Taxes",),
)  # fmt: skip
message(
    "m48", "2020-06-01 10:00", "Power <bill@power.test>", "Power bill",
    "Secret birthday discount.",
    labels="CATEGORY_PURCHASES", user=("[Old] mail",),
)  # fmt: skip
message(
    "m49", "2019-06-01 10:00", "Cheap Pills <pills@pharma.test>", "Cheap pills",
    "Buy now, buy cheap, buy pills.",
    to="Max Eder <someone@else.test>", labels="SPAM",
)  # fmt: skip
message(
    "m50", "2018-06-01 10:00", "", "",
    to="", labels="SPAM", files=("myreport.txt",), size=12_000_000,
)  # fmt: skip
message(
    "m51", "2017-06-01 10:00", "Old Friend <friend@old.test>", "Hello again",
    "Long time no see. Don't be a stranger.",
    labels="TRASH",
)  # fmt: skip
message(
    "m52", "2016-03-01 10:00", BOB, "Surprise",
    "It is secret, as her birthday is near. The cat knows.",
    labels="TRASH STARRED",
)  # fmt: skip
message(
    "m53", "2015-06-01 10:00", AMY, "Birthday",
    "Her birthday is no secret.",
    labels="TRASH", user=("Work",), files=("old report.txt",), size=4_000_000,
)  # fmt: skip
message(
    "m54", "2012-06-01 10:00", "Sam <sam@notexample.com>", "Dogs and cats",
    "A dog and a category of cats; concatenate.",
    labels="TRASH UNREAD",
)  # fmt: skip
message(
    "m55", "2010-06-01 10:00", ME, "Sold",
    "Sold the lamp, kept the cat.",
    to=BOB, bcc=AMY, labels="SENT TRASH",
)  # fmt: skip
message("m56", "2004-04-16 10:00", BOB, "", "ping", labels="CHAT")
message("m57", "2003-06-01 10:00", CARLA, "", "pong", labels="CHAT")
message("m58", "2002-06-01 10:00", AMY, "", "pong ping", labels="CHAT")
message("m59", "2001-06-01 10:00", BOB, "", "ping pong", labels="CHAT")
message("m60", "2000-06-01 10:00", ME, "", "The cat naps.", to=BOB, labels="CHAT")
