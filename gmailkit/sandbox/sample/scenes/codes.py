"""Sign-in codes, bank messages and security notices: short, automatic, quickly stale."""

from __future__ import annotations

from collections.abc import Iterator

from gmailkit.model.mail import Address
from gmailkit.sandbox.sample.days import Days
from gmailkit.sandbox.sample.files import pdf
from gmailkit.sandbox.sample.letter import Letter

_BANK = Address("service@northbank.example", "North Bank")
_FORGE = Address("noreply@codeforge.example", "Codeforge")
_ACCOUNT = Address("no-reply@accounts.example.com", "Example Accounts")

_CODES = (
    (2, "07:58", _BANK, "493021", "a payment of 129.00 EUR to Kestrel Outdoor"),
    (12, "20:13", _FORGE, "118 407", "a sign-in with Otter Browser on Linux"),
    (31, "12:40", _BANK, "770154", "a new payee: Lakeside School"),
    (74, "09:26", _FORGE, "902 336", "a sign-in with Heron Browser on a telephone"),
    (141, "19:40", _BANK, "036812", "a payment of 84.00 EUR to Lumen Lamps"),
    (228, "08:02", _FORGE, "551 990", "the removal of an old key"),
    (396, "22:51", _BANK, "640077", "a change of your card's limit"),
    (1079, "08:30", _BANK, "919 004", "the opening of your account"),
    (970, "21:05", _FORGE, "330 172", "your first key"),
    (655, "19:40", _BANK, "285519", "a payment of 239.00 EUR to Kestrel Outdoor"),
)

_NOTICES = (
    (12, "20:14", _FORGE, "A new device signed in to Codeforge",
     "Otter Browser on Linux, near Rotterdam. Was it you? Then there is nothing to do."),
    (58, "03:30", _ACCOUNT, "Security alert: a sign-in was blocked",
     "Somebody who knew your old password tried from 198.51.100.77. We did not let them in."),
    (99, "10:00", _ACCOUNT, "Your password was changed",
     "It was changed from your own computer. All other devices were signed out."),
    (187, "10:00", _FORGE, "Token \"deploy-staging\" expires in seven days",
     "Make a new one under Settings, Tokens, before the deployments stop."),
    (1080, "08:15", _BANK, "Welcome to North Bank",
     "Your card is in the post. It ends in 4417 and is, we think, a handsome blue."),
    (420, "10:00", _ACCOUNT, "Your recovery address is confirmed",
     "We will write to rosa.vale@example.net if you ever lock yourself out."),
)  # fmt: skip


def letters(days: Days) -> Iterator[Letter]:
    for ago, time, sender, code, what in _CODES:
        yield _code(days, ago, time, sender, code, what)
    for ago, time, sender, subject, what in _NOTICES:
        yield _notice(days, ago, time, sender, subject, what)
    for ago, month in ((9, "last month"), (70, "the summer quarter"), (250, "the winter quarter")):
        yield _statement(days, ago, month)
    yield _fresh_code(days)


def _code(days: Days, ago: int, time: str, sender: Address, code: str, what: str) -> Letter:
    return Letter(
        key=f"code-{sender.email}-{ago}",
        date=days.ago(ago, time),
        sender=sender,
        subject=f"Your code is {code}",
        text=f"{code}\n\nis your code for {what}.\nIt is good for ten minutes. Tell it to nobody, "
        f"not even to us.\n\n{sender.name}\n",
        labels=("CATEGORY_UPDATES", *(("INBOX",) if ago < 20 else ())),
    )


def _fresh_code(days: Days) -> Letter:
    return Letter(
        key="code-fresh",
        date=days.minutes_ago(4),
        sender=_FORGE,
        subject="Your code is 204 881",
        text="204 881\n\nis your code for a sign-in just now. If it was not you, change your"
        " password.\n\nCodeforge\n",
        labels=("INBOX", "UNREAD", "CATEGORY_UPDATES"),
    )


def _notice(days: Days, ago: int, time: str, sender: Address, subject: str, what: str) -> Letter:
    return Letter(
        key=f"notice-{sender.email}-{ago}",
        date=days.ago(ago, time),
        sender=sender,
        subject=subject,
        text=f"Hello Mira Vale,\n\n{what}\n\n{sender.name}\n",
        labels=("CATEGORY_UPDATES", "IMPORTANT", *(("INBOX",) if ago < 60 else ())),
        headers={"Auto-Submitted": "auto-generated"},
    )


def _statement(days: Days, ago: int, period: str) -> Letter:
    balance = f"{3120.75 - ago * 4.5:,.2f} EUR"
    paper = ["North Bank", f"Account statement, {period}", f"Balance: {balance}"]
    return Letter(
        key=f"statement-{ago}",
        date=days.ago(ago, "04:45"),
        sender=_BANK,
        subject=f"Your account statement for {period}",
        text=f"Dear customer,\n\nyour statement for {period} is attached.\n\nNorth Bank\n",
        files=(pdf(f"statement-{ago:03}.pdf", paper),),
        labels=("CATEGORY_UPDATES", *(("INBOX", "UNREAD") if ago < 20 else ())),
    )
