"""What was bought: receipts of shops, with the parcel's way to the door."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from gmailkit.model.mail import Address
from gmailkit.sandbox.sample.days import Days, day_text
from gmailkit.sandbox.sample.files import pdf, png
from gmailkit.sandbox.sample.letter import Letter
from gmailkit.sandbox.sample.page import rows

_ME_AT_SHOPS = Address("me+shop@example.com", "Mira Vale")


class _Order(NamedTuple):
    ago: int
    shop: str
    domain: str
    number: str
    items: tuple[tuple[str, float], ...]
    paper: bool = False  # comes with a PDF

    @property
    def total(self) -> str:
        return f"{sum(price for _, price in self.items):,.2f} EUR"


_ORDERS = (
    _Order(15, "Kestrel Outdoor", "kestrel-outdoor.example", "K-70551",
           (("Rain jacket, blue, M", 129.00), ("Wool socks, 3 pairs", 27.50)), paper=True),
    _Order(33, "Paper & Thread", "paperandthread.example", "20933",
           (("Notebook, dotted, A5", 14.20), ("Linen tape", 6.80))),
    _Order(72, "The Green Grocer", "greengrocer.example", "GG-4102",
           (("Vegetable box, medium", 24.90), ("Sourdough loaf", 5.10))),
    _Order(140, "Lumen Lamps", "lumen.example", "LL-0098",
           (("Desk lamp, brass", 84.00),), paper=True),
    _Order(226, "Bicycle Barn", "bikebarn.example", "BB-33121",
           (("Chain, 11 gears", 31.90), ("Brake pads, pair", 12.50), ("Workshop hour", 55.00)),
           paper=True),
    _Order(358, "Paper & Thread", "paperandthread.example", "18220",
           (("Fountain pen ink, 50 ml", 11.90),)),
    _Order(489, "Kettle & Cup", "kettlecup.example", "5561-A",
           (("Teapot, 1.2 l", 38.00), ("Assam, 250 g", 12.40)), paper=True),
    _Order(1044, "Paper & Thread", "paperandthread.example", "08115",
           (("Moving boxes, 20", 38.00), ("Tape, brown", 4.40))),
    _Order(655, "Kestrel Outdoor", "kestrel-outdoor.example", "K-51209",
           (("Tent, two persons", 239.00),), paper=True),
)  # fmt: skip

_PARCELS = (
    (14, "K-70551", "Kestrel Outdoor", "left our warehouse and is on the road to you"),
    (12, "K-70551", "Kestrel Outdoor", "lies with your neighbour at number 14"),
    (30, "20933", "Paper & Thread", "is in the letter box"),
    (137, "LL-0098", "Lumen Lamps", "could not be delivered: nobody at home at 10:40"),
    (136, "LL-0098", "Lumen Lamps", "waits at the post office in Mill Street for ten days"),
    (485, "5561-A", "Kettle & Cup", "was delivered to the front door"),
)


def letters(days: Days) -> Iterator[Letter]:
    for order in _ORDERS:
        yield _receipt(days, order)
    for ago, number, shop, what in _PARCELS:
        yield _parcel(days, ago, number, shop, what)
    yield _refund(days)


def _receipt(days: Days, order: _Order) -> Letter:
    date = days.ago(order.ago, "19:42")
    cells = [*((item, f"{price:,.2f} EUR") for item, price in order.items), ("Sum", order.total)]
    lines = "\n".join(f"  {item:<32}{price:>12}" for item, price in cells)
    title = f"Receipt for order {order.number}"
    paper = [order.shop, title, f"{date:%d.%m.%Y}", *(f"{item}  {price}" for item, price in cells)]
    return Letter(
        key=f"order-{order.number}",
        date=date,
        sender=Address(f"orders@{order.domain}", order.shop),
        to=(_ME_AT_SHOPS,),
        subject=f"{title} ({order.shop})",
        text=f"Thank you for shopping at {order.shop}!\n\n{lines}\n\n"
        f"Paid by card, {day_text(date)}.\n"
        "You may send things back within 30 days.\n",
        html=rows(f"{order.shop}: {title}", cells, footer="Keep this mail, it is your warranty."),
        files=(pdf(f"receipt_{order.number}.pdf", paper),) if order.paper else (),
        labels=(
            "Receipts",
            "CATEGORY_UPDATES",
            "CATEGORY_PURCHASES",
            *(("INBOX",) if order.ago < 40 else ()),
        ),
        delivered_to=_ME_AT_SHOPS.email,
    )


def _parcel(days: Days, ago: int, number: str, shop: str, what: str) -> Letter:
    code = f"RX{number.strip('KLA-').replace('-', '')}{ago}NL"
    return Letter(
        key=f"parcel-{number}-{ago}",
        date=days.ago(ago, "10:41"),
        sender=Address("tracking@swift-parcel.example", "Swift Parcel"),
        to=(_ME_AT_SHOPS,),
        subject=f"Your parcel {code}",
        text=f"Good morning,\n\nyour parcel of {shop} (order {number}) {what}.\n\n"
        f"Follow it: https://swift-parcel.example/t/{code}\n",
        labels=("CATEGORY_UPDATES", *(("INBOX",) if ago < 40 else ())),
        delivered_to=_ME_AT_SHOPS.email,
    )


def _refund(days: Days) -> Letter:
    return Letter(
        key="refund-brass-lamp",
        date=days.ago(128, "11:20"),
        sender=Address("orders@lumen.example", "Lumen Lamps"),
        subject="Refund: one dented lamp",
        text="Dear Mira Vale,\n\nsorry about the dent. We have sent 20.00 EUR of the 84.00 EUR"
        " back to your card; the lamp stays with you. Your picture is below.\n",
        html="<p>Dear Mira Vale,</p><p>sorry about the dent. We have sent <b>20.00 EUR</b> of the "
        '84.00 EUR back to your card; the lamp stays with you.</p><img src="cid:dent@lumen" '
        'alt="the dent">\n',
        files=(png("dent.png", width=48, height=32, color=0xB8860B, content_id="dent@lumen"),),
        labels=("Receipts", "CATEGORY_UPDATES", "CATEGORY_PURCHASES"),
    )
