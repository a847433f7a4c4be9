from __future__ import annotations

import subprocess
import sys
import threading
from contextlib import closing

import pytest

from gmailkit.client.fetch import HELD, fetch, fetch_raw


def test_results_come_in_the_order_of_the_keys() -> None:
    late = threading.Event()

    def get(key: int) -> int:
        if key == 0:
            late.wait(5)
        elif key == 3:
            late.set()
        return key * 10

    with closing(fetch(range(6), get, in_flight=4)) as coming:
        assert [(key, result.result()) for key, result in coming] == [
            (key, key * 10) for key in range(6)
        ]


def test_a_failure_belongs_to_its_key_alone() -> None:
    def get(key: int) -> int:
        if key == 1:
            raise ValueError("one")
        return key

    with closing(fetch(range(3), get)) as coming:
        results = dict(coming)
    assert results[0].result() == 0
    assert results[2].result() == 2
    with pytest.raises(ValueError, match="one"):
        results[1].result()


def test_no_more_is_begun_than_may_be_in_flight() -> None:
    begun: list[int] = []
    with closing(fetch(range(1000), begun.append, in_flight=3)) as coming:
        next(coming)
    assert len(begun) <= 4


def test_what_is_under_way_does_not_hold_up_the_end_of_a_program() -> None:
    program = (
        "import time\n"
        "from gmailkit.client.fetch import fetch\n"
        "coming = fetch(range(3), lambda key: time.sleep(120 * key), in_flight=2)\n"
        "next(coming)\n"
        "raise KeyboardInterrupt\n"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, timeout=60)
    assert b"KeyboardInterrupt" in ran.stderr


def test_keys_may_be_endless() -> None:
    def forever() -> object:
        key = 0
        while True:
            yield key
            key += 1

    with closing(fetch(forever(), lambda key: key, in_flight=2)) as coming:  # type: ignore[arg-type]
        assert next(coming)[0] == 0


@pytest.mark.parametrize("in_flight", [1, 4, 16])
def test_messages_in_flight_share_the_memory_there_is(in_flight: int) -> None:
    shares: list[int] = []

    class Messages:
        def get_raw(self, id: str, *, in_memory: int) -> tuple[str, bytes]:
            shares.append(in_memory)
            return id, b""

    with closing(fetch_raw(Messages(), ["a", "b"], in_flight=in_flight)) as coming:  # type: ignore[arg-type]
        assert [id for id, _ in coming] == ["a", "b"]
    assert {share * in_flight for share in shares} == {HELD}
