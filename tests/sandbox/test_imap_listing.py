"""Folders as IMAP lists them: attributes, patterns, counts, subscriptions."""

from __future__ import annotations

import imaplib
from collections.abc import Callable
from typing import Any

import pytest
from imapclient import IMAPClient

from gmailkit.sandbox import Sandbox
from sandbox_caller import ANN, ME, letter

Open = Callable[..., IMAPClient]


@pytest.fixture
def raw(sandbox: Sandbox, imap: Open) -> Any:
    """imaplib's side of a session, with a few labels and two messages in the inbox."""
    for names in (["INBOX", "UNREAD", "Work/Plans"], ["INBOX", "Größe"]):
        sandbox.mail.put(ME, letter(sender=ANN), labels=names)
    return imap()._imap


def told(raw: Any, command: str, arguments: str, answer: str) -> list[str]:
    kind, said = raw._simple_command(command, arguments)
    assert kind == "OK", said
    lines = raw._untagged_response(kind, said, answer)[1]
    return [line.decode() for line in lines if line]


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        ('"" "%"', ["INBOX", "Gr&APYA3w-e", "Work", "[Gmail]"]),
        ('"" "work/*"', []),
        ('"" "Work/%"', ["Work/Plans"]),
        ('"Work/" "*"', ["Work/Plans"]),
        ('"" "inbox"', ["INBOX"]),
        (
            '"" (INBOX "[Gmail]/S*")',
            ["INBOX", *(f"[Gmail]/{n}" for n in ("Sent Mail", "Spam", "Starred"))],
        ),
        ('(SPECIAL-USE) "" "*[Gmail]/A*"', ["[Gmail]/All Mail"]),
        ('"" ""', ["/"]),
    ],
)
def test_patterns_choose_folders(raw: Any, arguments: str, names: list[str]) -> None:
    listed = told(raw, "LIST", arguments, "LIST")
    assert [line.partition(' "/" ')[2].strip('"') for line in listed] == names


def test_attributes_say_what_a_folder_is(raw: Any) -> None:
    listed = dict(line.split(' "/" ')[::-1] for line in told(raw, "LIST", '"" "*"', "LIST"))
    assert listed['"Work"'] == r"(\HasChildren \Noselect)"
    assert listed['"Work/Plans"'] == r"(\HasNoChildren)"
    assert listed['"[Gmail]/All Mail"'] == r"(\HasNoChildren \All)"
    older = told(raw, "XLIST", '"" "[Gmail]/All Mail"', "XLIST")
    assert older == [r'(\HasNoChildren \AllMail) "/" "[Gmail]/All Mail"']


def test_counts_come_with_the_list_or_by_themselves(raw: Any) -> None:
    told(raw, "LIST", '"" (INBOX Work) RETURN (STATUS (MESSAGES UNSEEN) CHILDREN)', "LIST")
    assert raw.response("STATUS")[1] == [b'"INBOX" (MESSAGES 2 UNSEEN 1)']
    assert told(raw, "STATUS", '"Gr&APYA3w-e" (MESSAGES UIDNEXT APPENDLIMIT)', "STATUS") == [
        '"Gr&APYA3w-e" (MESSAGES 1 UIDNEXT 2 APPENDLIMIT 35651584)'
    ]
    with pytest.raises(imaplib.IMAP4.error, match="NONEXISTENT"):
        raise imaplib.IMAP4.error(raw._simple_command("STATUS", "Work (MESSAGES)")[1][0].decode())


def test_a_folder_can_be_unsubscribed_from(raw: Any, imap: Open) -> None:
    raw._simple_command("UNSUBSCRIBE", "Work/Plans")
    assert told(raw, "LSUB", '"" "Work/*"', "LSUB") == []
    assert told(imap()._imap, "LIST", '(SUBSCRIBED) "" "Work/*"', "LIST") == []
    raw._simple_command("SUBSCRIBE", "Work/Plans")
    [line] = told(raw, "LIST", '"" "Work/*" RETURN (SUBSCRIBED)', "LIST")
    assert r"\Subscribed" in line


def test_a_user_may_limit_what_folders_show_to_the_newest(sandbox: Sandbox, imap: Open) -> None:
    for n in range(5):
        sandbox.mail.put(ME, letter(sender=ANN, subject=str(n)))
    shown = {"enabled": True, "autoExpunge": True, "expungeBehavior": "archive"}
    sandbox.mail.settings.put(1, "imap", {**shown, "maxFolderSize": 3})
    client = imap("INBOX")
    assert client.folder_status("INBOX", ["MESSAGES"])[b"MESSAGES"] == 3
    assert client.search("ALL") == [3, 4, 5]
    client.delete_messages([3])
    sandbox.mail.put(ME, letter(sender=ANN))
    client.noop()
    assert client.search("ALL") == [4, 5, 6]
