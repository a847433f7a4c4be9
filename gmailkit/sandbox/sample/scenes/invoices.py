"""Invoices with a PDF each: a client system's monthly ones, a web host's, a few of tradesmen."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import NamedTuple

from gmailkit.model.mail import Address
from gmailkit.sandbox.sample.days import Days, day_text, month_text
from gmailkit.sandbox.sample.files import csv, pdf
from gmailkit.sandbox.sample.letter import Letter
from gmailkit.sandbox.sample.page import rows

ACME = Address("billing@acme.example", "Acme Billing")
HOST = Address("billing@nimbus-hosting.example", "Nimbus Hosting Billing")


class _Invoice(NamedTuple):
    ago: int
    number: str
    item: str
    net: float

    @property
    def total(self) -> str:
        return f"{self.net * 1.2:,.2f} EUR"


_ACME = (
    (24, "A-2291", "Team plan, 14 seats", 168.00),
    (54, "A-2204", "Team plan, 14 seats, and 120 build hours", 198.50),
    (85, "A-2118", "Team plan, 13 seats", 156.00),
    (115, "A-2031", "Team plan, 13 seats, storage 200 GB", 171.20),
    (146, "A-1950", "Team plan, 12 seats", 144.00),
    (177, "A-1866", "Team plan, 12 seats, one training day", 894.00),
    (207, "A-1779", "Team plan, 12 seats (corrected)", 143.00),
    (238, "A-1702", "Team plan, 11 seats", 132.00),
    (330, "A-1440", "Starter plan, 8 seats, winter quarter", 230.40),
    (420, "A-1187", "Starter plan, 8 seats, autumn quarter", 230.40),
    (511, "A-0931", "Starter plan, 6 seats, summer quarter", 172.80),
    (602, "A-0688", "Starter plan, 6 seats, spring quarter", 172.80),
)
_HOST = (
    (12, "NH-88310", "Small server, Frankfurt, with nightly snapshots", 9.90),
    (104, "NH-80127", "Domain miravale.test for two years", 24.00),
    (377, "NH-61554", "Small server, Frankfurt", 8.90),
    (1083, "NH-20771", "Small server, Frankfurt, first month", 7.90),
    (733, "NH-40012", "Moving the old server, one hour of work", 65.00),
)


def letters(days: Days) -> Iterator[Letter]:
    for count, invoice in enumerate(map(_Invoice._make, _ACME)):
        yield _acme(days, invoice, filed=count >= 2)
    for invoice in map(_Invoice._make, _HOST):
        yield _host(days, invoice)
    yield _usage(days)
    yield _reminder(days)


def _acme(days: Days, invoice: _Invoice, *, filed: bool) -> Letter:
    date = days.ago(invoice.ago, "06:30")
    due = day_text(days.ago(invoice.ago) + timedelta(days=14))
    facts = [
        ("Invoice", invoice.number),
        (invoice.item, f"{invoice.net:,.2f} EUR"),
        ("VAT 20 %", f"{invoice.net * 0.2:,.2f} EUR"),
        ("Total", invoice.total),
    ]
    lines = [f"{left}: {right}" for left, right in facts]
    paper = ["Acme Example Ltd", "1 Anvil Road", "", *lines, "", f"Due {due}. Thank you."]
    labels = ("Receipts", "CATEGORY_UPDATES") if filed else ("INBOX", "CATEGORY_UPDATES")
    return Letter(
        key=f"acme-{invoice.number}",
        date=date,
        sender=ACME,
        subject=f"Your Acme invoice {invoice.number} for {month_text(date)}",
        text=f"Hello Mira,\n\nattached is invoice {invoice.number} over {invoice.total}.\n"
        f"It is for: {invoice.item}.\nWe will charge the card ending in 4417 on {due}.\n\n"
        "Questions? Answer to this mail.\n\nAcme Billing\n",
        html=rows(f"Invoice {invoice.number}", facts, footer="Acme Example Ltd, 1 Anvil Road"),
        files=(pdf(f"invoice-{invoice.number}.pdf", paper),),
        labels=labels if invoice.ago != 24 else (*labels, "UNREAD"),
    )


def _host(days: Days, invoice: _Invoice) -> Letter:
    paper = ["Nimbus Hosting", f"Invoice {invoice.number}", invoice.item, f"Paid: {invoice.total}"]
    return Letter(
        key=f"nimbus-{invoice.number}",
        date=days.ago(invoice.ago, "03:05"),
        sender=HOST,
        subject=f"[Nimbus] Invoice {invoice.number}",
        text=f"Invoice:  {invoice.number}\nItem:     {invoice.item}\nAmount:   {invoice.total}\n"
        "State:    paid by direct debit\n\nThis mail was written by a machine.\n",
        files=(pdf(f"{invoice.number}.pdf", paper),),
        labels=("CATEGORY_UPDATES", *(("INBOX",) if invoice.ago < 60 else ())),
    )


def _usage(days: Days) -> Letter:
    table = [("day", "minutes", "euros"), (1, 212, "3.18"), (2, 188, "2.82"), (3, 240, "3.60")]
    return Letter(
        key="acme-usage",
        date=days.ago(40, "06:31"),
        sender=ACME,
        subject="Build minutes you used, day by day",
        text="Hello Mira,\n\nyou asked for the build minutes behind invoice A-2204. They are in the"
        " attached table; the third day is the one with the stuck soak test.\n\nAcme Billing\n",
        files=(csv("build-minutes.csv", table),),
        labels=("INBOX", "STARRED", "CATEGORY_UPDATES"),
    )


def _reminder(days: Days) -> Letter:
    return Letter(
        key="acme-reminder",
        date=days.ago(11, "06:30"),
        sender=ACME,
        subject="Your card expires soon",
        text="Hello Mira,\n\nthe card ending in 4417 expires at the end of next month. Please add"
        " a new one under https://acme.example/account/cards so that builds keep running.\n",
        labels=("INBOX", "UNREAD", "CATEGORY_UPDATES"),
    )
