"""What a sandbox remembers: files, ids, loading, several sandboxes on one file."""

from __future__ import annotations

import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from fakes import FakeClock
from gmailkit.errors import NotFound, UsageError
from gmailkit.model.mail import Mail
from gmailkit.sandbox import Sandbox
from gmailkit.sandbox.state.state import State
from sandbox_caller import ANN, BOB, CARLA, ME, Caller, letter

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@dataclass
class Letter:
    raw: bytes
    labels: Sequence[str] = ("INBOX",)
    date: datetime = NOON
    thread: str | None = None


@contextmanager
def statements(sandbox: Sandbox) -> Iterator[list[str]]:
    """What SQLite is asked meanwhile."""
    said: list[str] = []
    connection = sandbox.mail.database._connection
    connection.set_trace_callback(said.append)
    yield said
    connection.set_trace_callback(None)


def test_four_users_live_in_a_new_sandbox(sandbox: Sandbox) -> None:
    assert [user.address for user in sandbox.mail.users.all()] == [ME, ANN, BOB, CARLA]
    assert sandbox.mail.ids(ME) == []


def test_the_sample_mailbox_is_meas_alone_and_only_at_first(tmp_path: Path) -> None:
    path = tmp_path / "state.sqlite3"
    with Sandbox(path) as sandbox:
        ids = sandbox.mail.ids(ME)
        assert len(ids) > 200
        assert sandbox.mail.ids(ANN) == []
    with Sandbox(path, sample=False) as again:
        assert again.mail.ids(ME) == ids


def test_the_sample_has_the_same_ids_every_time(clock: FakeClock) -> None:
    boxes = []
    for _ in range(2):
        with Sandbox(clock=clock) as sandbox:
            boxes.append(sandbox.mail.ids(ME))
    assert boxes[0] == boxes[1]


def test_two_fresh_sandboxes_name_no_new_message_alike(clock: FakeClock) -> None:
    boxes = []
    for _ in range(2):
        with Sandbox(sample=False, clock=clock) as sandbox:
            boxes.append({sandbox.mail.put(ME, letter()) for _ in range(200)})
    assert len(boxes[0] | boxes[1]) == 400


def test_ids_are_sixteen_hex_digits_that_tell_the_time(sandbox: Sandbox) -> None:
    ids = [sandbox.mail.put(ME, letter(), date=NOON + timedelta(minutes=n)) for n in range(20)]
    assert all(len(id) == 16 and int(id, 16) and id == id.lower() for id in ids)
    assert ids == sorted(ids)
    assert int(ids[0], 16) >> 20 == pytest.approx(NOON.timestamp() * 1000, abs=2000)


def test_very_old_and_future_dates_have_ids_too(sandbox: Sandbox, me: Caller) -> None:
    dates = [datetime(1950, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC)]
    for date in dates:
        id = sandbox.mail.put(ME, letter(), date=date)
        said = me.said(f"messages/{id}", format="minimal")
        assert said["internalDate"] == str(int(date.timestamp() * 1000))


def test_put_stores_bytes_labels_and_date(sandbox: Sandbox, me: Caller) -> None:
    id = sandbox.mail.put(ME, b"any\nbytes\0", labels=("INBOX", "Work", "work"), date=NOON)
    assert sandbox.mail.raw(ME, id) == b"any\nbytes\0"
    assert sandbox.mail.labels_of(ME, id) == {"INBOX", "Work"}
    assert me.said(f"messages/{id}")["internalDate"] == str(int(NOON.timestamp() * 1000))


def test_put_dates_from_the_clock(timed: Sandbox, clock: FakeClock) -> None:
    id = timed.mail.put(ME, letter())
    stored = timed.mail.messages.find(timed.mail.users.get(ME).n, id)
    assert stored is not None
    assert stored.date_ms == clock.time * 1000


def test_put_files_replies_and_takes_a_thread(sandbox: Sandbox, me: Caller) -> None:
    first = sandbox.mail.put(ME, letter(more=[("Message-ID", "<a@x>")]))
    reply = letter(subject="Re: Hello", more=[("References", "<a@x>")])
    answer = sandbox.mail.put(ME, reply)
    joined = sandbox.mail.put(ME, letter(subject="Apart"), thread=first)
    by_word = [sandbox.mail.put(ME, letter(subject=f"{n}"), thread="a word") for n in range(2)]

    def thread(id: str) -> str:
        return str(me.said(f"messages/{id}")["threadId"])

    assert thread(answer) == thread(joined) == first
    assert thread(by_word[0]) == thread(by_word[1]) == by_word[0]


def test_put_all_dates_by_the_header(timed: Sandbox, clock: FakeClock) -> None:
    dates = ["Mon, 02 Jan 2006 15:04:05 -0700", "Thu, 01 Jan 1970 00:00:01 -0000", "nonsense", ""]
    raws = [letter(more=[("Date", date)]) for date in dates]
    put = timed.mail.put_all(ME, raws, labels=("Old mail",))
    user = timed.mail.users.get(ME).n
    found = [timed.mail.messages.find(user, id) for id in put]
    assert [message and message.date_ms for message in found] == [
        *(1_136_239_445_000, 1000, clock.time * 1000, clock.time * 1000)
    ]
    assert [timed.mail.raw(ME, id) for id in put] == raws
    assert timed.mail.labels_of(ME, put[0]) == {"Old mail"}


def test_put_many_is_one_transaction(sandbox: Sandbox) -> None:
    def broken() -> object:
        yield Letter(letter())
        raise RuntimeError

    with pytest.raises(RuntimeError):
        sandbox.mail.put_many(ME, broken())  # type: ignore[arg-type]
    assert sandbox.mail.ids(ME) == []


@pytest.mark.parametrize("where", ["memory", "file"])
def test_many_messages_are_put_in_one_transaction(tmp_path: Path, where: str) -> None:
    path = tmp_path / "state" if where == "file" else None
    letters = [
        Letter(
            letter(sender=ANN, subject=f"Number {n}", more=[("Message-ID", f"<{n}@x>")]),
            ("INBOX", "Work"),
            NOON + timedelta(minutes=n),
        )
        for n in range(200)
    ]
    with Sandbox(path, sample=False) as sandbox, statements(sandbox) as said:
        ids = sandbox.mail.put_many(ME, letters)
    assert len(set(ids)) == len(letters)
    assert (said.count("BEGIN IMMEDIATE"), said.count("COMMIT")) == (1, 1)
    assert len(said) < 20 * len(letters)


def test_an_existing_state_is_not_filled_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "state"
    with Sandbox(path):
        pass
    monkeypatch.setattr(State, "put_sample", lambda *_: pytest.fail("the sample was made again"))
    with Sandbox(path) as sandbox:
        assert len(sandbox.mail.ids(ME)) > 100


def test_what_is_not_there_is_said_so(sandbox: Sandbox) -> None:
    with pytest.raises(NotFound, match="no message"):
        sandbox.mail.raw(ME, "abc")
    with pytest.raises(UsageError, match=r"no user nobody@example\.com"):
        sandbox.mail.put("nobody@example.com", b"")
    with pytest.raises(UsageError, match="no scope"):
        sandbox.issue_token(ME, ["gmail.everything"])


@pytest.mark.parametrize(
    ("mail", "said"),
    [
        (Mail(sender="a@example.com"), "From: 'a@example.com' is no Address"),  # type: ignore[arg-type]
        ("Hello", "not str"),
        (None, "not NoneType"),
    ],
    ids=["a plain sender", "text", "nothing"],
)
def test_what_is_no_mail_is_not_delivered(sandbox: Sandbox, mail: Any, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        sandbox.deliver(ME, mail)


@pytest.mark.parametrize("address", ["me@example.com", "ME@EXAMPLE.COM"])
def test_a_user_is_added_once(sandbox: Sandbox, address: str) -> None:
    with pytest.raises(UsageError, match="already has"):
        sandbox.mail.add_user(address)


@pytest.mark.parametrize("address", ["", "dora", "@example.com", "dora@", "a b@c.d", "<a@b.c>"])
def test_a_user_needs_an_address(sandbox: Sandbox, address: str) -> None:
    with pytest.raises(UsageError, match="not a mail address"):
        sandbox.mail.add_user(address)


def test_a_new_user_can_be_written_to_and_sign_in(sandbox: Sandbox, me: Caller) -> None:
    sandbox.mail.add_user("dora@example.net", "Dora")
    me.sent(letter(to="dora@example.net"))
    assert len(sandbox.mail.ids("dora@example.net")) == 1
    dora = Caller(sandbox.url, sandbox.issue_token("dora@example.net", ["gmail.modify"]))
    assert dora.said("profile")["emailAddress"] == "dora@example.net"
    dora.close()


def test_everything_outlives_the_process(tmp_path: Path, clock: FakeClock) -> None:
    path = tmp_path / "deep" / "state"
    with Sandbox(path, sample=False, clock=clock) as first:
        id = first.mail.put(ME, letter(), labels=("Work",))
        token = first.issue_token(ME, ["gmail.modify"])
        page = Caller(first.url, token)
        first.mail.put(ME, letter())
        token_of_page = page.said("messages", maxResults=1)["nextPageToken"]
        page.close()
        file = first.client_file()["installed"]
    with Sandbox(path, clock=clock) as second:
        caller = Caller(second.url, token)
        assert caller.labels(id) == ["Label_1"]
        rest = caller.said("messages", maxResults=1, pageToken=token_of_page)
        assert [message["id"] for message in rest["messages"]] == [id]
        caller.close()
        again = second.client_file()["installed"]
        assert isinstance(file, dict)
        assert isinstance(again, dict)
        assert (file["client_id"], file["client_secret"]) == (
            again["client_id"],
            again["client_secret"],
        )


def test_each_state_has_its_own_client_secret() -> None:
    secrets = set()
    for _ in range(2):
        with Sandbox(sample=False) as sandbox:
            installed = sandbox.client_file()["installed"]
            assert isinstance(installed, dict)
            secrets.add(installed["client_secret"])
    assert len(secrets) == 2


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX modes")
def test_the_state_is_private(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "state"
    with Sandbox(path, sample=False):
        modes = {stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}
    assert modes == {0o600}
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_a_file_of_something_else_is_refused_and_left_alone(tmp_path: Path) -> None:
    text = tmp_path / "text"
    text.write_bytes(b"This is not a database. " * 100)
    other = tmp_path / "other"
    connection = sqlite3.connect(other)
    connection.execute("CREATE TABLE things (a)")
    connection.commit()
    connection.close()
    for path in (text, other):
        before = path.read_bytes()
        with pytest.raises(UsageError, match="not the state of a sandbox"):
            Sandbox(path)
        assert path.read_bytes() == before
    with pytest.raises(UsageError, match="Cannot open"):
        Sandbox(tmp_path)


def test_a_state_of_another_version_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "state"
    Sandbox(path, sample=False).stop()
    connection = sqlite3.connect(path)
    connection.execute("UPDATE meta SET value = '99' WHERE key = 'version'")
    connection.commit()
    connection.close()
    with pytest.raises(UsageError, match="another version"):
        Sandbox(path)


def test_sandboxes_on_one_file_see_each_others_mail(tmp_path: Path) -> None:
    path = tmp_path / "state"
    with Sandbox(path, sample=False) as one, Sandbox(path, sample=False) as two:
        caller = Caller(one.url, two.issue_token(ME, ["gmail.modify"]))
        caller.sent(letter(to=ANN))
        [id] = two.mail.ids(ANN)
        assert one.mail.raw(ANN, id) == two.mail.raw(ANN, id)
        caller.close()


def test_many_sandboxes_may_start_on_a_new_file_at_once(tmp_path: Path) -> None:
    path = tmp_path / "state"
    barrier = threading.Barrier(6)

    def work(n: int) -> int:
        barrier.wait()
        with Sandbox(path) as sandbox:
            for place in range(10):
                sandbox.mail.put(BOB, letter(subject=f"{n} {place}"), labels=("INBOX", "Shared"))
            return len(sandbox.mail.ids(ME))

    with ThreadPoolExecutor(6) as pool:
        counts = set(pool.map(work, range(6)))
    assert len(counts) == 1
    with Sandbox(path) as sandbox:
        assert len(sandbox.mail.ids(BOB)) == 60
        names = sandbox.mail.labels.names(sandbox.mail.users.get(BOB).n)
        assert list(names.values()) == ["Shared"]


def test_processes_share_a_file(tmp_path: Path) -> None:
    code = (
        "import sys\nfrom pathlib import Path\nfrom gmailkit.sandbox import Sandbox\n"
        "with Sandbox(Path(sys.argv[1]), sample=False) as sandbox:\n"
        "    for n in range(30):\n"
        "        sandbox.mail.put('bob@example.com', f'Subject: {n}\\r\\n\\r\\n'.encode())\n"
    )
    path = tmp_path / "state"
    running = [subprocess.Popen([sys.executable, "-c", code, str(path)]) for _ in range(3)]
    assert [process.wait(timeout=60) for process in running] == [0, 0, 0]
    with Sandbox(path, sample=False) as sandbox:
        assert len(set(sandbox.mail.ids(BOB))) == 90
        history = sandbox.mail.database.rows("SELECT id FROM history")
        assert len({row[0] for row in history}) == 90
