"""What is done over IMAP shows in the API, and the other way round."""

from __future__ import annotations

import imaplib
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from imapclient import IMAPClient
from imapclient.exceptions import IMAPClientError

from gmailkit.sandbox import Sandbox
from sandbox_caller import ME, Caller, letter

Open = Callable[..., IMAPClient]


def labels(me: Caller, id: str) -> set[str]:
    return set(me.get(f"messages/{id}").json().get("labelIds", ()))


def put(sandbox: Sandbox, *names: str, subject: str = "Hello") -> str:
    raw = letter(subject=subject, sender="ann@example.com", more=[("Message-ID", f"<{subject}@x>")])
    return sandbox.mail.put(ME, raw, labels=names)


def settings(sandbox: Sandbox, **imap: object) -> None:
    default = {"enabled": True, "autoExpunge": True, "expungeBehavior": "archive"}
    sandbox.mail.settings.put(1, "imap", {**default, "maxFolderSize": 0, **imap})


def test_flags_are_labels_and_history_tells_of_them(
    sandbox: Sandbox, imap: Open, me: Caller
) -> None:
    id = put(sandbox, "INBOX", "UNREAD")
    start = me.get("profile").json()["historyId"]
    client = imap("INBOX")
    said = client.add_flags([1], [b"\\Seen", b"\\Flagged", b"\\Answered", b"$Later"])
    assert set(said[1]) == {b"\\Seen", b"\\Flagged", b"\\Answered", b"$Later"}
    assert labels(me, id) == {"INBOX", "STARRED"}
    history = me.get("history", startHistoryId=start).json()["history"]
    told = [kind for record in history for kind in record if kind.startswith("labels")]
    assert sorted(told) == ["labelsAdded", "labelsRemoved"]
    client.set_flags([1], [b"\\Seen"])
    assert client.get_flags([1]) == {1: (b"\\Seen",)}
    assert labels(me, id) == {"INBOX"}
    me.post(f"messages/{id}/modify", {"addLabelIds": ["UNREAD"]})
    assert client.get_flags([1]) == {1: ()}


def test_gmails_labels_are_given_taken_and_replaced(
    sandbox: Sandbox, imap: Open, me: Caller
) -> None:
    id = put(sandbox, "INBOX", "Old", "CATEGORY_SOCIAL")
    client = imap("INBOX")
    client.add_gmail_labels([1], ["\\Starred", "Neu/Ärzte"])
    names = {label["id"]: label["name"] for label in me.get("labels").json()["labels"]}
    assert {names[label] for label in labels(me, id)} == {
        *("INBOX", "Old", "CATEGORY_SOCIAL", "STARRED", "Neu/Ärzte"),
    }
    client.remove_gmail_labels([1], ["Old", "Never heard of"])
    assert client.set_gmail_labels([1], ["\\Important"])[1] == ["\\Important"]
    assert labels(me, id) == {"INBOX", "IMPORTANT", "CATEGORY_SOCIAL"}
    with pytest.raises(IMAPClientError, match="Invalid label"):
        client.add_gmail_labels([1], ["\\Nonsense"])


def test_a_conditional_store_spares_what_has_changed(
    sandbox: Sandbox, imap: Open, me: Caller
) -> None:
    ids = [put(sandbox, "INBOX", subject=subject) for subject in ("one", "two")]
    client = imap("INBOX")
    seen = max(said[b"MODSEQ"][0] for said in client.fetch([1, 2], ["MODSEQ"]).values())
    me.post(f"messages/{ids[0]}/modify", {"addLabelIds": ["IMPORTANT"]})
    changed = client.fetch([1, 2], ["FLAGS"], [f"CHANGEDSINCE {seen}"])
    assert list(changed) == [1]
    raw = client._imap
    raw.uid("STORE", "1:2", f"(UNCHANGEDSINCE {seen})", "+FLAGS.SILENT", "(\\Flagged)")
    assert raw.response("MODIFIED")[1] == [b"1"]
    assert ("STARRED" in labels(me, ids[0]), "STARRED" in labels(me, ids[1])) == (False, True)


def test_copy_adds_a_label_and_move_changes_it(sandbox: Sandbox, imap: Open, me: Caller) -> None:
    id = put(sandbox, "INBOX")
    client = imap("INBOX")
    client.create_folder("Bills")
    client.copy([1], "Bills")
    assert client._imap.response("COPYUID")[1] == [b"2 1 1"]
    client.move([1], "[Gmail]/Starred")
    assert client.search() == []
    assert labels(me, id) == {"STARRED", "Label_1"}
    client.select_folder("Bills")
    client.move([1], "[Gmail]/Trash")
    assert "TRASH" in labels(me, id)
    client.select_folder("[Gmail]/Trash")
    client.move([1], "INBOX")
    assert labels(me, id) == {"STARRED", "INBOX"}
    client.select_folder("INBOX")
    with pytest.raises(IMAPClientError, match="TRYCREATE"):
        client.copy([1], "Nowhere")


@pytest.mark.parametrize(
    ("behavior", "folder", "left"),
    [
        ("archive", "INBOX", set()),
        ("trash", "INBOX", {"TRASH"}),
        ("deleteForever", "INBOX", None),
        ("deleteForever", "Bills", {"INBOX"}),
        ("archive", "[Gmail]/Trash", None),
    ],
)
def test_what_expunging_means_is_the_users_choice(
    sandbox: Sandbox, imap: Open, me: Caller, behavior: str, folder: str, left: set[str] | None
) -> None:
    settings(sandbox, autoExpunge=False, expungeBehavior=behavior)
    places = {"Bills": ("Bills", "INBOX"), "INBOX": ("INBOX",)}
    id = put(sandbox, *places.get(folder, ("TRASH",)))
    client = imap(folder)
    client.delete_messages([1])
    assert client.search() == [1]
    assert client.expunge([1]) is not None
    assert client.search() == []
    answer = me.get(f"messages/{id}")
    assert (answer.json().get("labelIds", []) if answer.ok else None) == (
        None if left is None else sorted(left)
    )


def test_with_auto_expunge_a_deleted_message_goes_at_once(
    sandbox: Sandbox, imap: Open, me: Caller
) -> None:
    id = put(sandbox, "INBOX", "Kept")
    client = imap("INBOX")
    client.delete_messages([1])
    assert client.search() == []
    assert labels(me, id) == {"Label_1"}


def test_an_appended_message_is_as_if_it_had_arrived_then(
    sandbox: Sandbox, imap: Open, me: Caller
) -> None:
    client = imap()
    date = datetime(2020, 2, 29, 12, 30, 1, tzinfo=UTC)
    raw = letter(sender="ann@example.com", subject="Old", more=[("Message-ID", "<old@x>")])
    said = client.append("INBOX", raw, [b"\\Seen", b"\\Flagged"], date)
    assert said.startswith(b"[APPENDUID ")
    [found] = me.get("messages").json()["messages"]
    message = me.get(f"messages/{found['id']}", format="raw").json()
    assert message["internalDate"] == str(round(date.timestamp() * 1000))
    assert set(message["labelIds"]) == {"INBOX", "STARRED"}
    assert sandbox.mail.raw(ME, found["id"]) == raw


def test_an_appended_message_that_is_there_already_gets_the_label(
    sandbox: Sandbox, imap: Open, me: Caller
) -> None:
    id = put(sandbox, "INBOX", subject="once")
    client = imap()
    client.create_folder("Bills")
    raw = letter(sender="ann@example.com", more=[("Message-ID", "<once@x>")])
    assert client.append("Bills", raw, [b"\\Seen"]) == client.append("Bills", raw, [b"\\Seen"])
    assert sandbox.mail.ids(ME) == [id]
    assert labels(me, id) == {"INBOX", "Label_1"}


def test_folders_are_labels_that_can_be_made_renamed_and_removed(
    sandbox: Sandbox, imap: Open, me: Caller
) -> None:
    client = imap()
    for name in ("Ärzte & Co", "a/b", "a/b/c"):
        client.create_folder(name)
    names = {label["name"] for label in me.get("labels").json()["labels"]}
    assert {"Ärzte & Co", "a/b", "a/b/c"} <= names
    client.rename_folder("a", "z")
    client.delete_folder("Ärzte & Co")
    listed = {name: flags for flags, _, name in client.list_folders()}
    assert {"z", "z/b", "z/b/c"} <= set(listed) and "Ärzte & Co" not in listed
    assert b"\\Noselect" in listed["z"]
    for wrong in ("INBOX", "[Gmail]/Mine", "z/b", "x//y"):
        with pytest.raises(IMAPClientError):
            client.create_folder(wrong)
    with pytest.raises(IMAPClientError, match="system"):
        client.delete_folder("[Gmail]/Trash")


def test_names_in_utf_8_are_taken_as_they_are(sandbox: Sandbox, imap: Open) -> None:
    put(sandbox, "INBOX", "Käse & Co", "R&-D")
    client = imap()
    client.enable("UTF8=ACCEPT")
    for name in ("Käse & Co", "R&-D"):
        quoted = f'"{name}"'.encode()
        assert client._imap._simple_command("SELECT", quoted)[0] == "OK"
        client._imap.state = "SELECTED"
        assert client._imap.uid("SEARCH", "X-GM-LABELS", quoted)[1] == [b"1"]


def test_a_waiting_client_hears_at_once_what_the_api_does(
    sandbox: Sandbox, imap: Open, me: Caller
) -> None:
    id = put(sandbox, "INBOX", "UNREAD", subject="one")
    client = imap("INBOX")
    client.idle()
    me.post(f"messages/{id}/modify", {"removeLabelIds": ["UNREAD"]})
    assert client.idle_check(10) == [(1, b"FETCH", (b"FLAGS", (b"\\Seen",)))]
    put(sandbox, "INBOX", subject="two")
    assert client.idle_check(10) == [(2, b"EXISTS")]
    me.call("DELETE", f"messages/{id}")
    me.post(f"messages/{id}/trash", {})
    assert client.idle_check(10)[0] == (1, b"EXPUNGE")
    client.idle_done()
    assert client.search() == [2]


def test_a_read_only_folder_is_not_changed(sandbox: Sandbox, imap: Open, me: Caller) -> None:
    id = put(sandbox, "INBOX", "UNREAD")
    client = imap()
    client.select_folder("INBOX", readonly=True)
    client.fetch([1], ["BODY[]"])
    for change in (
        lambda: client.add_flags([1], [b"\\Seen"]),
        lambda: client.expunge([1]),
        lambda: client.move([1], "[Gmail]/Trash"),
    ):
        with pytest.raises((IMAPClientError, imaplib.IMAP4.error)):
            change()
    assert labels(me, id) == {"INBOX", "UNREAD"}
