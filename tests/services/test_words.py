"""A word that there is not is refused: what it holds would be left out in silence."""

from __future__ import annotations

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
