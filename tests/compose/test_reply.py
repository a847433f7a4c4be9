"""To whom an answer goes, under which subject, after which messages."""

from __future__ import annotations

from typing import Any

import pytest

from gmailkit.compose.reply import (
    MOST_CHARACTERS,
    MOST_IDS,
    Answer,
    forward_of,
    mailbox_of,
    reply_to,
)
from gmailkit.compose.subject import forward_subject, reply_subject
from gmailkit.errors import UsageError
from gmailkit.mime.address import parse_addresses
from gmailkit.mime.build import build
from gmailkit.mime.parse import parse
from gmailkit.model.mail import Address, Mail
from gmailkit.sandbox.headers import subject_key

ME = "me@example.com"
LIST = ("List-Post", "<mailto:list@lists.example.org>")


def mail(**fields: Any) -> Mail:
    people = {"sender": "Ann <ann@example.com>", "to": ME, **fields}
    for name in ("to", "cc", "bcc", "reply_to"):
        people[name] = parse_addresses(people.get(name, ""))
    sender = parse_addresses(people["sender"])
    return Mail(**{**people, "sender": sender[0] if sender else None})


def people(answer: Answer) -> tuple[str, str]:
    return ", ".join(e.email for e in answer.to), ", ".join(e.email for e in answer.cc)


@pytest.mark.parametrize(
    ("fields", "one", "everybody"),
    [
        ({}, ("ann@example.com", ""), ("ann@example.com", "")),
        (
            {"reply_to": "desk@example.com"},
            ("desk@example.com", ""),
            ("desk@example.com", ""),
        ),
        (
            {"to": f"{ME}, bob@x.org", "cc": "carla@x.org, ann@example.com"},
            ("ann@example.com", ""),
            ("ann@example.com, bob@x.org", "carla@x.org"),
        ),
        (  # my own alias, written with a tag, and twice the same
            {"to": "Sales@example.org, BOB@x.org", "cc": "me+news@example.com, bob@x.org"},
            ("ann@example.com", ""),
            ("ann@example.com, BOB@x.org", ""),
        ),
        (  # my own message goes to those it went to
            {"sender": ME, "to": "bob@x.org", "cc": "carla@x.org"},
            ("bob@x.org", ""),
            ("bob@x.org", "carla@x.org"),
        ),
        (  # from an alias of mine, Reply-To or not
            {"sender": "sales@example.org", "to": "bob@x.org", "reply_to": ME},
            ("bob@x.org", ""),
            ("bob@x.org", ""),
        ),
        ({"sender": ME, "to": "", "cc": "bob@x.org"}, ("bob@x.org", ""), ("bob@x.org", "")),
        ({"sender": ME, "to": ME}, (ME, ""), (ME, "")),  # a note to myself
        ({"reply_to": ME}, ("ann@example.com", ""), ("ann@example.com", "")),
        (  # a list that To does not name
            {"headers": (LIST,)},
            ("ann@example.com", ""),
            ("ann@example.com", "list@lists.example.org"),
        ),
        (  # a list that has all answers come to it
            {"reply_to": "list@lists.example.org", "to": "list@lists.example.org"},
            ("list@lists.example.org", ""),
            ("list@lists.example.org", ""),
        ),
        (  # no From; the others can still be written to
            {"sender": "", "to": f"{ME}, bob@x.org"},
            ("", ""),
            ("bob@x.org", ""),
        ),
        ({"sender": "MAILER-DAEMON", "to": ME}, ("", ""), (ME, "")),
    ],
    ids=lambda value: str(value)[:50],
)
def test_who_gets_the_answer(
    fields: dict[str, Any], one: tuple[str, str], everybody: tuple[str, str]
) -> None:
    own = (ME, "sales@example.org")
    assert people(reply_to(mail(**fields), own)) == one
    assert people(reply_to(mail(**fields), own, all=True)) == everybody


def test_what_is_no_address_is_left_out_and_named() -> None:
    answer = reply_to(mail(to=f"{ME}, undisclosed-recipients", cc="bob@x.org"), (ME,), all=True)
    assert people(answer) == ("ann@example.com", "bob@x.org")
    assert answer.left_out == ("undisclosed-recipients",)


def test_recipients_are_added_and_removed() -> None:
    answer = reply_to(mail(to=f"{ME}, bob@x.org", cc="carla@x.org"), (ME,), all=True)
    changed = answer.with_recipients([Address("carla@x.org")], [Address("ANN@example.com")])
    assert people(changed) == ("bob@x.org, carla@x.org", "")
    assert people(answer.with_recipients([], [*answer.to])) == ("carla@x.org", "")
    with pytest.raises(UsageError, match=r"dan@x\.org would not get it") as caught:
        answer.with_recipients([], [Address("dan@x.org")])
    assert "ann@example.com, bob@x.org" in caught.value.hint


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Ann@Example.com", "ann@example.com", True),
        ("ann+x@example.com", "ann@example.com", True),
        ("a.n.n@gmail.com", "ann@googlemail.com", True),
        ("a.nn@example.com", "ann@example.com", False),
        ("+x@example.com", "ann@example.com", False),
    ],
)
def test_one_mailbox_has_many_spellings(one: str, other: str, same: bool) -> None:
    assert (mailbox_of(one) == mailbox_of(other)) is same


@pytest.mark.parametrize(
    ("subject", "reply", "forward"),
    [
        ("Hi", "Re: Hi", "Fwd: Hi"),
        ("Re: Hi", "Re: Hi", "Fwd: Hi"),
        ("RE:Hi", "RE:Hi", "Fwd: Hi"),
        ("Re: re: RE: Hi", "Re: Hi", "Fwd: Hi"),
        ("AW: Grüße", "AW: Grüße", "Fwd: AW: Grüße"),
        ("SV: Hej", "SV: Hej", "Fwd: SV: Hej"),
        ("Antw: Hoi", "Antw: Hoi", "Fwd: Antw: Hoi"),
        ("回复：你好", "回复：你好", "Fwd: 回复：你好"),
        ("Re[2]: Hi", "Re[2]: Hi", "Fwd: Re[2]: Hi"),
        ("Fwd: Hi", "Re: Fwd: Hi", "Fwd: Hi"),
        ("Re: Fwd: Hi", "Re: Fwd: Hi", "Fwd: Hi"),
        ("WG: Hi", "Re: WG: Hi", "WG: Hi"),
        ("Reminder: Hi", "Re: Reminder: Hi", "Fwd: Reminder: Hi"),
        ("two  blanks", "Re: two  blanks", "Fwd: two  blanks"),
        ("", "Re:", "Fwd:"),
        ("Re:", "Re:", "Fwd:"),
    ],
)
def test_the_subject_gets_one_prefix(subject: str, reply: str, forward: str) -> None:
    assert reply_subject(subject) == reply
    assert reply_subject(reply) == reply
    assert forward_subject(subject) == forward
    assert subject_key(reply) == subject_key(subject)  # Gmail's third condition
    assert subject_key(forward) == subject_key(subject)


def chain(**fields: Any) -> Answer:
    return reply_to(mail(**fields), (ME,))


def test_references_are_those_of_the_parent_and_the_parent() -> None:
    answer = chain(message_id="<3@x>", references=("<1@x>", "<2@x>"), in_reply_to="<2@x>")
    assert answer.in_reply_to == "<3@x>"
    assert answer.references == ("<1@x>", "<2@x>", "<3@x>")
    assert forward_of(mail(message_id="<3@x>")).references == ("<3@x>",)


@pytest.mark.parametrize(
    ("fields", "replied", "references"),
    [
        ({"message_id": "<2@x>", "in_reply_to": "<1@x>"}, "<2@x>", ("<1@x>", "<2@x>")),
        ({"message_id": "<2@x>", "in_reply_to": "<0@x> <1@x>"}, "<2@x>", ("<2@x>",)),
        ({"message_id": "<2@x>", "in_reply_to": "Your mail of <1@x>"}, "<2@x>", ("<1@x>", "<2@x>")),
        ({"references": ("<1@x>",)}, "", ("<1@x>",)),
        ({}, "", ()),
        ({"message_id": "bare@x"}, "<bare@x>", ("<bare@x>",)),
        ({"message_id": "<a@x> (a comment)"}, "<a@x>", ("<a@x>",)),
        ({"message_id": "< a@x >"}, "<a@x>", ("<a@x>",)),
        ({"message_id": "two words"}, "", ()),
        ({"message_id": f"<{'a' * 2000}@x>", "references": ("<1@x>",)}, "", ("<1@x>",)),
        ({"message_id": "<2@x>", "references": ("<2@x>", "<1@x>")}, "<2@x>", ("<1@x>", "<2@x>")),
        ({"message_id": "<2@x>", "references": ("<1@x>",) * 2}, "<2@x>", ("<1@x>", "<2@x>")),
        ({"message_id": "<2@x>", "references": ("<\x00@x>",)}, "<2@x>", ("<2@x>",)),
    ],
    ids=lambda value: str(value)[:50],
)  # fmt: skip
def test_odd_ids(fields: dict[str, Any], replied: str, references: tuple[str, ...]) -> None:
    answer = chain(**fields)
    assert (answer.in_reply_to, answer.references) == (replied, references)
    written = parse(build(Mail(in_reply_to=answer.in_reply_to, references=answer.references)))
    assert (written.in_reply_to, written.references) == (replied, references)


def test_a_long_conversation_keeps_its_first_and_its_nearest_messages() -> None:
    old = tuple(f"<{number}@example.com>" for number in range(500))
    kept = chain(message_id="<new@x>", references=old).references
    assert len(kept) == MOST_IDS
    assert kept[0] == old[0]
    assert kept[-1] == "<new@x>"
    assert kept[1:-1] == old[-MOST_IDS + 2 :]


def test_long_ids_leave_room_for_few() -> None:
    old = tuple(f"<{number}{'x' * 800}@x>" for number in range(20))
    kept = chain(message_id="<new@x>", references=old).references
    assert sum(map(len, kept)) <= MOST_CHARACTERS
    assert (kept[0], kept[-1]) == (old[0], "<new@x>")
    assert len(kept) > 3
