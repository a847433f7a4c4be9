"""Rules and mail made at random, so that some rules catch some of the mail."""

from __future__ import annotations

import json
from random import Random

WORDS = "report invoice lunch build failed passed news offer meeting plan café Grüße 42".split()
PEOPLE = (
    "Ann Lee <ann@example.com>",
    "ci@builds.example.org",
    "Shop <orders@shop.example>",
    "bob@x.example",
)
LABELS = ("Work", "Work/Builds", "Money", "News & Offers", "Später")
TABS = ("social", "promotions", "updates", "forums")


def mail(chance: Random, number: int, to: str) -> bytes:
    """A message; some have a list, some a file, some are large."""
    subject = " ".join(chance.choices(WORDS, k=chance.randint(1, 4)))
    body = " ".join(chance.choices(WORDS, k=chance.randint(0, 30)))
    if chance.random() < 0.1:
        body += "x" * 3000
    head = [
        f"From: {chance.choice(PEOPLE)}",
        f"To: {chance.choice((to, 'team@example.com', 'Ann Lee <ann@example.com>'))}",
        f"Cc: {chance.choice(PEOPLE)}",
        f"Subject: {subject}",
        f"Message-ID: <{number}@made.example>",
        "MIME-Version: 1.0",
        *(
            [f"List-ID: <{chance.choice(WORDS[:4])}.lists.example>"]
            if chance.random() < 0.2
            else []
        ),
    ]
    text = ["Content-Type: text/plain; charset=utf-8", "", body]
    if chance.random() < 0.2:
        head.append('Content-Type: multipart/mixed; boundary="b"')
        file = ['Content-Disposition: attachment; filename="plan.pdf"', "", "data"]
        text = ["", "--b", *text, "--b", "Content-Type: application/pdf", *file, "--b--"]
    return "\r\n".join([*head, *text, ""]).encode()


def rules(chance: Random, count: int) -> str:
    """A file of so many rules. Those with a category put on the same one: which of several stays,
    nobody knows.
    """
    tab = chance.choice(TABS)
    return "\n".join(_rule(chance, number, tab) for number in range(count))


def _rule(chance: Random, number: int, tab: str) -> str:
    which = _match(chance) if chance.random() < 0.6 else _criteria(chance)
    lines = ["[[rule]]", f'name = "r{number}"', *which, *_done(chance, tab)]
    return "\n".join(lines) + "\n"


def _match(chance: Random) -> list[str]:
    terms = [_term(chance) for _ in range(chance.randint(1, 3))]
    text = chance.choice((" ", " OR ")).join(terms)
    return [f"match = {json.dumps(text, ensure_ascii=False)}"]


def _term(chance: Random) -> str:
    word, other = chance.sample(WORDS, 2)
    who = chance.choice(("ann", "lee", "builds.example.org", "shop", "bob@x.example"))
    return chance.choice(
        (
            *(
                word,
                f'"{word} {other}"',
                f"subject:{word}",
                f"-{word}",
                f"(subject:{word} {other})",
            ),
            *(f"from:{who}", f"to:{who}", f"cc:{who}", f"-from:{who}", f"{{from:{who} {word}}}"),
            *("has:attachment", "filename:pdf", "larger:2K", "smaller:2K", f"list:{word}"),
            f"{word} AROUND 3 {other}",
        )
    )


def _criteria(chance: Random) -> list[str]:
    word, other = chance.sample(WORDS, 2)
    lines = chance.sample(
        [
            f'from = "{chance.choice(("Ann Lee", "ann@example.com", "shop.example", "ci"))}"',
            f'to = "{chance.choice(("team@example.com", "ann", "bob"))}"',
            f'subject = "{word} {other}"',
            f'query = "{word} -from:{other}"',
            f'not = "subject:{word} OR {other}"',
            "has_attachment = true",
            chance.choice(('larger = "2K"', 'smaller = "2K"')),
            f'subject = "{word}"',
        ],
        k=chance.randint(1, 2),
    )
    lines = list({line.split(" ")[0]: line for line in lines}.values())
    return [*lines, *(["exclude_chats = true"] if chance.random() < 0.2 else [])]


def _done(chance: Random, tab: str) -> list[str]:
    labels = ", ".join(f'"{name}"' for name in chance.sample(LABELS, chance.randint(1, 2)))
    more = ["archive = true", "read = true", "star = true", f'category = "{tab}"', "delete = true"]
    more.append(f"important = {chance.choice(('true', 'false'))}")
    weights = [0.3, 0.2, 0.2, 0.1, 0.05, 0.15]
    done = [line for line, weight in zip(more, weights, strict=True) if chance.random() < weight]
    return [f"label = [{labels}]", *done] if not done or chance.random() < 0.6 else done
