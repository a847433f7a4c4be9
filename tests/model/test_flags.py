"""The marks of a message under each program's name."""

from __future__ import annotations

from gmailkit.model.flags import from_gmail, from_maildir, to_gmail, to_maildir


def test_gmails_labels_are_places_and_marks_and_come_back() -> None:
    labels, flags = from_gmail(["INBOX", "STARRED", "Work"])
    assert (labels, flags) == ({"INBOX", "Work"}, {"seen", "flagged"})
    assert isinstance(labels, frozenset)  # equal sets are kept once, as keys
    assert isinstance(flags, frozenset)
    assert to_gmail(labels, flags) == {"INBOX", "STARRED", "Work"}
    assert to_gmail(*from_gmail(["UNREAD", "DRAFT"])) == {"UNREAD", "DRAFT"}


def test_letters_of_a_maildir_stand_in_the_order_of_the_alphabet() -> None:
    assert to_maildir(["seen", "answered", "draft", "unknown"]) == "DRS"
    assert from_maildir("DRSax") == {"draft", "answered", "seen"}
