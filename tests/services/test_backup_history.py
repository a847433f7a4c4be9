"""What history and listings tell a backup to do: the rules, without a mailbox."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import permutations

from gmailkit.model.history import (
    History,
    HistoryLabelAdded,
    HistoryLabelRemoved,
    HistoryMessageAdded,
    HistoryMessageDeleted,
)
from gmailkit.model.ids import HIDDEN, LabelId, MessageId
from gmailkit.model.message import Message
from gmailkit.services.backup.comparing import compared
from gmailkit.services.backup.history import Known, Todo, fates, todo
from gmailkit.services.backup.matrix import Matrix


def labels(*names: str) -> frozenset[LabelId]:
    return frozenset(map(LabelId, names))


def message(id: str, shown: str) -> Message:
    return Message(id=MessageId(id), label_ids=tuple(map(LabelId, shown.split())))


def came(at: int, id: str, shown: str = "") -> History:
    return History(id=at, messages_added=(HistoryMessageAdded(message=message(id, shown)),))


def went(at: int, id: str) -> History:
    return History(id=at, messages_deleted=(HistoryMessageDeleted(message=message(id, "")),))


def put(at: int, id: str, label: str, shown: str = "") -> History:
    more = HistoryLabelAdded(message=message(id, shown), label_ids=(LabelId(label),))
    return History(id=at, labels_added=(more,))


def took(at: int, id: str, label: str, shown: str = "") -> History:
    fewer = HistoryLabelRemoved(message=message(id, shown), label_ids=(LabelId(label),))
    return History(id=at, labels_removed=(fewer,))


def planned(records: Iterable[History], saved: Mapping[str, Known] | None = None) -> Todo:
    return todo(fates(records), (saved or {}).get, hidden=HIDDEN)


def test_what_came_is_read_newest_first_but_for_what_went_again_or_lies_in_spam() -> None:
    records = [came(1, "a"), came(2, "b"), came(3, "c"), went(4, "b"), came(5, "d", "SPAM UNREAD")]
    assert planned(records).read == ("c", "a")


def test_what_leaves_trash_and_was_never_saved_is_read() -> None:
    for shown in ("INBOX", "INBOX TRASH", ""):  # beside a record stand labels of any moment
        records = [put(1, "a", "TRASH", "INBOX"), took(2, "a", "TRASH", shown)]
        assert planned(records).read == ("a",)


def test_labels_follow_in_whatever_order_and_however_often_the_records_come() -> None:
    saved = {"a": Known(labels("INBOX", "UNREAD"))}
    records = [put(1, "a", "X"), took(2, "a", "UNREAD"), took(3, "a", "X"), put(4, "a", "Y")]
    for order in permutations(records):
        found = planned([*order, *order[:2]], saved)
        assert found.labels == {"a": labels("INBOX", "Y")}
        assert not (found.read or found.gone or found.unsure)


def test_what_is_as_it_was_is_not_noted() -> None:
    saved = {"a": Known(labels("INBOX")), "b": Known(labels("INBOX"))}
    assert not planned([put(1, "a", "X"), took(2, "a", "X"), History(id=3)], saved).labels


def test_a_message_is_asked_for_where_history_shows_other_labels_than_it_tells() -> None:
    saved = {"a": Known(labels("INBOX"))}
    found = planned([put(1, "a", "X", shown="INBOX X Y")], saved)
    assert (found.unsure, found.labels) == (("a",), {})


def test_what_is_deleted_is_gone_once_and_what_comes_back_is_asked_for() -> None:
    saved = {"a": Known(labels()), "b": Known(labels(), gone=True)}
    assert planned([went(1, "a"), went(2, "b"), went(3, "c")], saved).gone == ("a",)
    assert planned([put(1, "b", "X")], saved).unsure == ("b",)


def matrix(**bears: str) -> Matrix:
    found = Matrix(map(MessageId, bears))
    for id, shown in bears.items():
        for label in shown.split():
            found.add([MessageId(id)], LabelId(label))
    return found


def test_a_listing_tells_what_is_missing_relabelled_back_and_not_there() -> None:
    listed = matrix(a="INBOX", b="INBOX X", c="", d="TRASH", e="INBOX", f="SPAM")
    saved = {
        "b": Known(labels("INBOX", "STARRED")),
        "c": Known(labels(), gone=True),
        "f": Known(labels("SPAM")),
        "g": Known(labels("INBOX")),
        "h": Known(labels("INBOX"), gone=True),
    }
    found = compared(
        listed,
        ((MessageId(id), known) for id, known in saved.items()),
        looked=labels("INBOX", "X", "SPAM", "TRASH").__contains__,
        hidden=HIDDEN,
    )
    assert list(found.missing) == ["a", "e"]
    assert found.labels == {"b": labels("INBOX", "X", "STARRED")}
    assert (found.back, found.vanished) == (["c"], ["g"])
    assert (found.held, found.left_out) == (2, 1)


def test_the_ids_of_a_matrix_come_back_as_they_were_and_in_their_order() -> None:
    ids = ["00000000000000ff", "18f0c0ffee000001", "ffffffffffffffff", "ff", "XYZ"]
    listed = Matrix(map(MessageId, ids))
    late = "0000000000000001"
    listed.add(map(MessageId, ("ff", "18f0c0ffee000001", late)), LabelId("X"))
    listed.add(map(MessageId, ("18f0c0ffee000001", "ff")), LabelId("Y"))
    assert list(listed.unmarked()) == [*ids, late]
    both = labels("X", "Y")
    assert [listed.of(id) for id in ids] == [labels(), both, labels(), both, labels()]
    assert (listed.of(late), listed.of("fe"), len(listed)) == (labels("X"), None, 6)
    for id in ("XYZ", "ffffffffffffffff", late):
        listed.mark(id)
    assert list(listed.unmarked()) == ["00000000000000ff", "18f0c0ffee000001", "ff"]
