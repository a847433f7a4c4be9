"""Spam, kept harmless: it only promises too much."""

from __future__ import annotations

from collections.abc import Iterator

from gmailkit.model.mail import Address
from gmailkit.sandbox.sample.days import Days
from gmailkit.sandbox.sample.files import archive
from gmailkit.sandbox.sample.letter import Letter
from gmailkit.sandbox.sample.page import paragraphs

_SPAM = (
    (1, "prizes@lucky-wheel.test", "WINNER DEPT.", "CONGRATULATIONS!!! You were selected",
     "You won a kitchen with everything in it. Confirm your details within 12 hours."),
    (2, "invoice@secure-pay.test", "Accounting", "Overdue invoice 0098841",
     "Your last payment did not arrive. Open the attached archive to see the details."),
    (3, "support@paypall-secure.test", "Supp0rt Team", "Your acount is suspended",
     "Please verify you identity here: https://paypall-secure.test/login or loose access."),
    (5, "doctor@miracle-tea.test", "Dr. Tea", "Lose 12 kg while you sleep",
     "One cup before bed. Scientists are speechless, and so will be your scale."),
    (8, "prince@far-away.test", "His Highness", "Confidential business proposal",
     "I am in possession of 18.5 million and a large heart. Kindly reply with a bank account."),
    (9, "jobs@easy-money.test", "HR", "Work from home, 4,000 a week",
     "No experience, no questions, no boss. You only forward parcels."),
    (12, "seo@rank-rocket.test", "Kevin", "Your website is on page 7",
     "I had a look at your site and it is very nice, but page 7! I can fix this by Friday."),
    (15, "deal@wrist-watches.test", "Watches", "Re: Re: your order of 3 watches",
     "Gold, golder, goldest. Ninety percent off for the next 9 customers."),
    (19, "crypto@moon-coin.test", "MoonCoin", "Only 3 hours left 🚀🚀",
     "Double your coins by sending them to us. Why would we lie?"),
    (22, "voicemail@pbx-office.test", "Voice Mail", "You have (1) new voice message",
     "Duration 00:43. Caller unknown. Enable content to listen."),
)  # fmt: skip


def letters(days: Days) -> Iterator[Letter]:
    for ago, email, name, subject, text in _SPAM:
        yield Letter(
            key=f"spam-{ago}",
            date=days.ago(ago, f"{ago % 12:02}:{ago * 5 % 60:02}"),
            sender=Address(email, name),
            subject=subject,
            text=f"Dear me@example.com,\n\n{text}\n" if ago % 2 else "",
            html=paragraphs(f"Dear friend,\n\n{text}\n\nRef. {ago * 7919}"),
            files=(archive("invoice_0098841.zip", {"read me.txt": "Nice try.\n"}),) * (ago == 2),
            labels=("SPAM", "UNREAD") if ago % 3 else ("SPAM",),
            headers={"X-Priority": "1 (Highest)"},
        )
