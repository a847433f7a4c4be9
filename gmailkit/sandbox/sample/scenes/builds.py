"""Notifications of a build server: the last ones wait unread, the older ones are filed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from gmailkit.model.mail import Address
from gmailkit.sandbox.sample.days import Days
from gmailkit.sandbox.sample.letter import Letter, token
from gmailkit.sandbox.sample.page import rows

CI = Address("ci@builds.acme.example", "Acme CI")
_ME_AT_CI = "me+ci@example.com"


class _Build(NamedTuple):
    ago: int
    time: str
    repository: str
    number: int
    result: str
    step: str
    detail: str


# days ago, time, repository, number, what happened, the step and its words
_OLD = (
    (402, "08:12", "api", 41, "failed", "lint", "E501 line too long in billing/export.py:88"),
    (401, "09:40", "api", 42, "fixed", "lint", "all 212 files are clean again"),
    (371, "16:05", "web", 12, "failed", "test", "CheckoutPage › shows the total: expected 3 got 2"),
    (371, "17:31", "web", 13, "fixed", "test", "CheckoutPage passes on all three browsers"),
    (
        318,
        "11:20",
        "api",
        57,
        "failed",
        "build",
        "no space left on device while linking api-server",
    ),
    (290, "22:48", "docs", 4, "failed", "links", "2 dead links in getting-started.md"),
    (251, "10:02", "api", 66, "failed", "test", "test_refund_twice: 409 expected, 500 received"),
    (251, "13:15", "api", 67, "failed", "test", "test_refund_twice still red after 3 repeats"),
    (250, "08:55", "api", 68, "fixed", "test", "1,204 tests passed in 6 min 41 s"),
    (204, "19:33", "web", 29, "failed", "deploy", "staging refused the certificate of the mirror"),
    (160, "07:17", "api", 81, "canceled", "queue", "superseded by build #82 of the same branch"),
    (122, "15:44", "docs", 9, "failed", "spell", "unknown word: idempotencey"),
    (97, "12:09", "api", 97, "failed", "test", "timeout after 900 s in tests/soak"),
    (61, "18:26", "web", 51, "failed", "size", "bundle grew by 212 kB, the limit is 50 kB"),
)
_NEW = (
    (9, "08:31", "api", 117, "failed", "test", "test_invoice_rounding: 12.50 is not 12.49"),
    (8, "21:14", "api", 118, "failed", "test", "test_invoice_rounding fails on Python 3.13 alone"),
    (7, "10:20", "web", 58, "failed", "lint", "unused import in CartDrawer.tsx"),
    (6, "06:02", "api", 119, "fixed", "test", "rounding is back to half-even, 1,311 tests passed"),
    (5, "14:47", "docs", 14, "failed", "links", "404 from the page about webhooks"),
    (4, "09:08", "api", 120, "failed", "build", "lock file is out of date: run the resolver again"),
    (3, "09:36", "api", 121, "failed", "build", "hash mismatch of a downloaded wheel"),
    (2, "17:53", "web", 60, "failed", "test", "3 snapshots are obsolete, 1 has changed"),
    (1, "07:45", "api", 122, "failed", "test", "test_login_rate_limit is flaky, 2 of 5 runs"),
)


def letters(days: Days) -> Iterator[Letter]:
    for build in map(_Build._make, _OLD):
        yield _notice(build, days.ago(build.ago, build.time), ("CI", "CATEGORY_UPDATES"))
    for build in map(_Build._make, _NEW):
        date = days.ago(build.ago, build.time)
        yield _notice(build, date, ("INBOX", "UNREAD", "CATEGORY_UPDATES"))
    last = _Build(0, "", "api", 123, "failed", "test", "test_webhook_retry: 5 calls, 3 expected")
    date = days.minutes_ago(47)
    yield _notice(last, date, ("INBOX", "UNREAD", "IMPORTANT", "CATEGORY_UPDATES"))


def _notice(build: _Build, date: datetime, labels: tuple[str, ...]) -> Letter:
    name = f"acme/{build.repository}"
    link = f"https://builds.acme.example/{name}/{build.number}"
    commit = token(f"{name} {build.number}", 10)
    facts = [
        ("Repository", name),
        ("Commit", commit),
        ("Step", f"{build.step} ({build.number % 7 + 2} min {build.number * 13 % 60} s)"),
        ("Result", build.result),
    ]
    table = "\n".join(f"{left + ':':<12} {right}" for left, right in facts)
    return Letter(
        key=f"build-{build.repository}-{build.number}",
        date=date,
        sender=CI,
        subject=f"[{name}] build #{build.number} {build.result}",
        text=f"{table}\n\n    {build.detail}\n\nFull log: {link}\n",
        html=rows(f"Build #{build.number} {build.result}", facts, footer=f"{build.detail} {link}"),
        labels=labels,
        headers={"X-Build-Result": build.result, "Auto-Submitted": "auto-generated"},
        delivered_to=_ME_AT_CI,
    )
