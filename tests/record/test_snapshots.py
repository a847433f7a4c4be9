"""The file of snapshots: whole or not there, and refused when it is not sound."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from gmailkit.errors import CannotWrite, Conflict, NotFound
from gmailkit.model.ids import LabelId
from gmailkit.model.label import Label
from gmailkit.record.snapshots import Snapshot, Snapshots

A, B = LabelId("Label_1"), LabelId("Label_2")
LABELS = (Label(id=A, name="A", type="user"), Label(id=B, name="B", type="user"))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Snapshots]:
    opened = Snapshots(lambda: tmp_path / "me")
    yield opened
    opened.close()


def made(store: Snapshots, name: str, count: int = 3) -> Snapshot:
    snapshot = store.begin(LABELS)
    ids = [f"{n:016x}" for n in range(count)]
    store.add(snapshot, None, ids)
    store.add(snapshot, A, ids[::2])
    return store.end(snapshot, name=name, history_id=7)


@pytest.mark.parametrize("count", [0, 1, 1_999, 2_000, 2_001, 4_000])
def test_all_messages_come_back_in_the_order_of_their_ids(store: Snapshots, count: int) -> None:
    snapshot = made(store, "a", count)
    assert snapshot.messages == count
    found = list(store.bearing(store.find("a")))
    assert [id for id, _ in found] == [f"{n:016x}" for n in range(count)]
    assert [labels for _, labels in found] == [
        frozenset({A}) if n % 2 == 0 else frozenset() for n in range(count)
    ]


def test_what_was_cut_short_is_neither_shown_nor_found_and_goes_with_the_next(
    store: Snapshots, tmp_path: Path
) -> None:
    cut = store.begin(LABELS)
    store.add(cut, A, ["1"])
    store.close()  # as a kill leaves it
    assert store.list() == []
    with pytest.raises(NotFound):
        store.find(str(cut.number))
    made(store, "next", 2)
    with sqlite3.connect(tmp_path / "me" / "snapshots.sqlite3") as database:
        (left,) = database.execute(
            "SELECT count(*) FROM bears WHERE snapshot = ?", (cut.number,)
        ).fetchone()
    assert left == 0


def test_a_message_that_loses_a_label_or_goes_is_put_right(store: Snapshots) -> None:
    snapshot = store.begin(LABELS)
    store.add(snapshot, A, ["1", "2", "3"])
    store.add(snapshot, B, ["1"])
    store.remove(snapshot, A, ["1", "2"])
    store.remove(snapshot, None, ["3"])
    whole = store.end(snapshot, name="", history_id=1)
    assert whole.messages == 2
    assert dict(store.bearing(whole)) == {"1": {B}, "2": frozenset()}


def test_a_name_wins_over_a_number_and_is_given_once(store: Snapshots) -> None:
    first, second = made(store, "a"), made(store, "")
    assert store.find(str(second.number)).number == second.number
    assert store.find(str(first.number)).name == "a"
    with pytest.raises(Conflict):
        made(store, "a")
    assert [each.name for each in store.list()] == [second.name, "a"]
    store.delete(first)
    made(store, "a")


def test_a_damaged_file_is_refused_with_what_to_do(store: Snapshots, tmp_path: Path) -> None:
    made(store, "a")
    store.close()
    path = tmp_path / "me" / "snapshots.sqlite3"
    path.write_bytes(b"not SQLite at all" * 400)
    with pytest.raises(CannotWrite, match="Cannot use the snapshots of labels") as caught:
        store.list()
    assert "To begin a new one: mv" in caught.value.hint


def test_the_file_is_the_users_alone(store: Snapshots, tmp_path: Path) -> None:
    made(store, "a")
    assert (tmp_path / "me" / "snapshots.sqlite3").stat().st_mode & 0o777 == 0o600
