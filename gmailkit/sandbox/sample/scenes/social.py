"""Networks that report who has followed, liked and turned a year older."""

from __future__ import annotations

from collections.abc import Iterator

from gmailkit.model.mail import Address
from gmailkit.sandbox.sample.days import Days
from gmailkit.sandbox.sample.letter import Letter, token
from gmailkit.sandbox.sample.page import paragraphs

_NETWORKS = {
    "chirp": Address("notify@chirp.example", "Chirp"),
    "rowers": Address("news@rowing-friends.example", "Rowing Friends"),
    "linked": Address("updates@guildbook.example", "Guildbook"),
}

_NEWS = (
    (1, "chirp", "Hana Mori posted for the first time in a while", "“The tram rang before I did.”"),
    (3, "rowers", "Nils rowed 12.4 km this morning", "That is 800 m more than last week. Cheer?"),
    (11, "linked", "You appeared in 6 searches this week", "Two of them were for map makers."),
    (14, "chirp", "Max and 3 others liked your post", "The one about the train and the goat."),
    (26, "linked", "Congratulate Bob Okafor on 5 years", "He started at Example five years ago."),
    (52, "rowers", "The regatta needs helpers", "Buoys, buns and a loud voice are wanted."),
    (101, "chirp", "Lena Brandt is now following you", "She follows 41 people and a lighthouse."),
    (175, "linked", "Carla Nunes wants to connect", "You have 12 colleagues in common."),
    (262, "chirp", "A year ago today", "You posted a picture of a boat that leaks a little."),
    (405, "rowers", "Welcome to Rowing Friends", "Tell us which side you row on, and since when."),
    (
        1012,
        "chirp",
        "Welcome to Chirp, Mira",
        "Say something short. Others will say something back.",
    ),
    (777, "linked", "Confirm your address", "Then people you worked with can find you."),
)


def letters(days: Days) -> Iterator[Letter]:
    for ago, network, subject, text in _NEWS:
        sender = _NETWORKS[network]
        link = f"https://{sender.email.rpartition('@')[2]}/n/{token(subject, 9)}"
        body = f"{subject}.\n\n{text}\n\n{link}\n"
        yield Letter(
            key=f"{network}-{ago}",
            date=days.ago(ago, "12:12"),
            sender=sender,
            subject=subject,
            text=body,
            html=paragraphs(body),
            labels=_place(ago),
            headers={"List-Unsubscribe": f"<{link}/mute>"},
        )


def _place(ago: int) -> tuple[str, ...]:
    place = ("INBOX", "CATEGORY_SOCIAL") if ago < 45 else ("CATEGORY_SOCIAL",)
    return (*place, "UNREAD") if ago < 4 else place
