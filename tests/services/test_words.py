"""A word that there is not is refused: what it holds would be left out in silence."""

from __future__ import annotations

import inspect
from typing import Any

import pytest

from gmailkit.errors import UsageError
from gmailkit.gmail import Gmail
from gmailkit.sandbox import Sandbox
from mailroom import ME, letter

ANN = "ann@example.com"


@pytest.mark.parametrize(
    ("word", "meant"),
    [("body", "text"), ("attachments", "attach"), ("atach", "attach"), ("from_", "sender")],
)
@pytest.mark.parametrize("verb", ["send", "compose", "save_draft", "compose_draft", "send_later"])
def test_an_unknown_word_is_refused_and_nothing_leaves(
    sandbox: Sandbox, gmail: Gmail, verb: str, word: str, meant: str
) -> None:
    words: Any = {"to": ANN, "subject": "x", word: "y"}
    with pytest.raises(UsageError, match=f"A message has no '{word}'") as caught:
        getattr(gmail, verb)(**words, **({"at": "tomorrow 9:00"} if verb == "send_later" else {}))
    assert f"mean {meant}?" in caught.value.hint
    assert (sandbox.mail.ids(ANN), sandbox.mail.ids(ME)) == ([], [])


@pytest.mark.parametrize("verb", ["reply", "reply_all", "compose_reply", "edit_draft"])
def test_so_it_is_in_a_reply_and_in_an_edited_draft(
    sandbox: Sandbox, gmail: Gmail, verb: str
) -> None:
    id = sandbox.mail.put(ME, letter("Lunch"))
    if verb == "edit_draft":
        id = gmail.save_draft(to=ANN, subject="x", text="y").id
    words: Any = {"qoute": False}
    with pytest.raises(UsageError, match="A message has no 'qoute'"):
        getattr(gmail, verb)(id, **words)
    assert sandbox.mail.ids(ANN) == []


@pytest.mark.parametrize("verb", ["forward", "compose_forward"])
def test_and_in_a_forward(sandbox: Sandbox, gmail: Gmail, verb: str) -> None:
    words: Any = {"body": "Look."}
    with pytest.raises(UsageError, match="A message has no 'body'"):
        getattr(gmail, verb)(sandbox.mail.put(ME, letter("Lunch")), ANN, **words)
    assert sandbox.mail.ids(ANN) == []


@pytest.mark.parametrize("verb", ["send", "send_later", "smtp", "save_draft"])
def test_words_beside_a_composed_message_are_refused(
    sandbox: Sandbox, gmail: Gmail, verb: str
) -> None:
    message = gmail.compose(to=ANN, subject="x", text="y")
    when: Any = {"at": "tomorrow 9:00"} if verb == "send_later" else {}
    with pytest.raises(UsageError, match="takes no words beside it: subject, cc"):
        getattr(gmail, verb)(message, subject="z", cc="bob@example.com", **when)
    with pytest.raises(UsageError, match="is no composed message") as caught:
        getattr(gmail, verb)(ANN, subject="z", **when)
    assert "to=" in caught.value.hint
    assert (sandbox.mail.ids(ANN), sandbox.mail.ids(ME)) == ([], [])


@pytest.mark.parametrize(
    ("verb", "words"),
    [("compose", {"subject": "x"}), ("send", {"to": ANN, "values": {"a": 1}})],
)
def test_a_hint_that_names_an_option_names_the_word_too(
    gmail: Gmail, verb: str, words: dict[str, Any]
) -> None:
    with pytest.raises(UsageError) as caught:
        getattr(gmail, verb)(**words)
    assert "--" not in caught.value.hint.partition("(")[0]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ({"to": 5}, "to is 5, and has to be an address or several"),
        ({"to": b"ann@example.com"}, "to is b'ann@example.com', and"),
        ({"to": ANN, "cc": None}, "cc is None, and has to be"),
        ({"to": ANN, "subject": None}, "subject is None, and has to be a text"),
        ({"to": ANN, "text": b"x"}, "text is b'x', and has to be a text"),
        ({"to": ANN, "invite": 5}, "invite is 5, and has to be an Event"),
    ],
)
def test_a_value_of_a_kind_that_a_word_cannot_have_is_one_sentence(
    gmail: Gmail, words: Any, says: str
) -> None:
    with pytest.raises(UsageError, match=says) as caught:
        gmail.compose(**words)
    assert caught.value.hint


@pytest.mark.parametrize(
    ("said", "what", "right"),
    [
        ({"sandbox": True}, "takes no 'sandbox'", "with Sandbox() as sandbox, Gmail("),
        ({"token": "ya29.x"}, "takes no 'token'", "GMAILKIT_ACCESS_TOKEN"),
        ({"credentials": "c.json"}, "takes no 'credentials'", "gmailkit login --client FILE"),
        ({"email": ANN}, "takes no 'email'", 'Gmail("ann@example.com")'),
        ({"setings": None}, "takes no 'setings'", "mean settings?"),
        ({"colour": "red"}, "takes no 'colour'", "account, service_account, subject, purpose"),
        ({"account": True}, "True is no account", 'Gmail("ann@example.com")'),
        ({"settings": {"timeout": 5}}, "is no Settings", "Settings.load()"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_what_a_mailbox_is_not_opened_by_is_told_with_the_right_way(
    said: Any, what: str, right: str
) -> None:
    with pytest.raises(UsageError, match=what) as caught:
        Gmail(**said)
    assert right in caught.value.hint


def test_every_word_that_opens_a_mailbox_is_known_to_the_hints() -> None:
    taken = [name for name in inspect.signature(Gmail).parameters if name != "others"]
    with pytest.raises(UsageError) as caught:
        Gmail(zzz=1)  # type: ignore[arg-type]
    assert caught.value.hint == f"There are {', '.join(taken)}."
