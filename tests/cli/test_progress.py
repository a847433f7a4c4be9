from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from threading import Thread

import pytest

from gmailkit.cli import moving
from gmailkit.cli.app import _tell
from gmailkit.cli.emit import Output
from gmailkit.cli.progress import ProgressLine, counting, forecast, time_text
from gmailkit.cli.state import State
from gmailkit.services.quota import Estimate
from gmailkit.wire.quota.meter import Spent


class Watch:
    time = 100.0

    def now(self) -> float:
        return self.time

    def monotonic(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.time += seconds


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.04, "0.0 s"), (9.94, "9.9 s"), (12, "12 s"), (200, "3 min 20 s"), (7500, "2 h 5 min")],
)
def test_spans_are_written_for_people(seconds: float, text: str) -> None:
    assert time_text(seconds) == text


def test_without_a_terminal_there_is_a_line_each_half_minute(
    capsys: pytest.CaptureFixture[str],
) -> None:
    watch = Watch()
    progress = ProgressLine(Output(), clock=watch)
    for done in range(1, 100):
        watch.time += 1
        progress.show(done, 100, f"{done} things")
    progress.close()
    lines = capsys.readouterr().err.splitlines()
    assert [line.partition(" ")[0] for line in lines] == ["30", "60", "90"]
    assert lines[0] == "30 things  30%  1 min 10 s left"


def test_nothing_is_shown_of_messages_before_one_is_done(
    capsys: pytest.CaptureFixture[str],
) -> None:
    watch = Watch()
    show = counting(ProgressLine(Output(), clock=watch))
    watch.time += 60
    show(0, 2)
    assert capsys.readouterr().err == ""
    show(1, 2)
    assert capsys.readouterr().err.startswith("1 message  50%")


def test_quiet_work_shows_no_progress(capsys: pytest.CaptureFixture[str]) -> None:
    watch = Watch()
    progress = ProgressLine(Output(quiet=True), clock=watch)
    watch.time += 60
    progress.show(1, 2, "1 of 2")
    progress.close()
    assert capsys.readouterr().err == ""


def test_on_a_terminal_one_line_moves_and_is_wiped(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setenv("TERM", "xterm")
    progress = ProgressLine(Output(), clock=Watch())
    progress.show(1, 4, "1 of 4")
    progress.show(2, 4, "2 of 4")  # too soon after the first
    progress.close()
    drawn = capsys.readouterr().err
    assert drawn == "\r" + "1 of 4  25%".ljust(37) + "\r" + " " * 39 + "\r"


@pytest.mark.parametrize("write", [Output().line, Output().say, _tell, Output().record])
def test_whatever_else_is_written_finds_the_line_wiped(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, write: Callable[[str], None]
) -> None:
    monkeypatch.setattr("sys.stderr", sys.stdout)  # in the order in which a terminal gets it
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "10")
    monkeypatch.setenv("TERM", "xterm")
    progress = ProgressLine(Output(), clock=Watch())
    progress.show(1, None, "1 of 4")
    write("x")
    progress.close()
    text = capfd.readouterr().out.replace('"', "")
    assert text == "\r" + "1 of 4".ljust(7) + "\r" + " " * 9 + "\rx\n"


def test_a_log_line_of_any_thread_finds_the_line_wiped(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stderr", sys.stdout)
    state = State(verbose=1)
    with state.closing:
        state.start_log()
        moving.draw("1 of 4")
        logging.getLogger("gmailkit.cli").info("before")
        moving.draw("2 of 4")
        worker = Thread(target=logging.getLogger("gmailkit.wire").info, args=("said %s", "x"))
        worker.start()
        worker.join()
    text = capfd.readouterr().out
    wiped = " " * 71 + "\r" + " " * 79 + "\r"
    assert text == f"\r1 of 4{wiped}gmailkit: before\n\r2 of 4{wiped}gmailkit: said x\n"


def test_nothing_is_drawn_into_a_line_that_is_being_written(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stderr", sys.stdout)
    with moving.wiped():
        drawing = Thread(target=moving.draw, args=("1 of 4",))
        drawing.start()
        drawing.join(0.2)
        sys.stdout.write("a line\n")
    drawing.join()
    moving.wipe()
    assert capfd.readouterr().out.startswith("a line\n\r1 of 4")


class Mailbox:
    """Spends two units a second of four."""

    def __init__(self, watch: Watch, *, paced: bool = True) -> None:
        self._watch = watch
        self._paced = paced

    @property
    def spent(self) -> Spent:
        return Spent(calls=1, units=round(2 * (self._watch.time - 100)))

    def estimate(self, units: int) -> Estimate:
        return Estimate(units, units / 4 if self._paced else None)


@pytest.mark.parametrize(("paced", "speed"), [(True, "2 of 4/s"), (False, "2/s")])
def test_work_on_a_mailbox_tells_units_and_speed(
    capsys: pytest.CaptureFixture[str], paced: bool, speed: str
) -> None:
    watch = Watch()
    progress = ProgressLine(Output(), gmail=Mailbox(watch, paced=paced), clock=watch)  # type: ignore[arg-type]
    watch.time += 30
    progress.show(30, 60, "30 things")
    progress.close()
    assert capsys.readouterr().err == f"30 things  50%  60 units, {speed}  30 s left\n"


def test_a_speed_above_the_limit_by_what_the_last_minute_left_is_not_held_against_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    class Narrow(Mailbox):
        def estimate(self, units: int) -> Estimate:
            return Estimate(units, units / 1)

    watch = Watch()
    progress = ProgressLine(Output(), gmail=Narrow(watch), clock=watch)  # type: ignore[arg-type]
    watch.time += 30
    progress.show(30, 60, "30 things")
    assert "  60 units, 2/s  " in capsys.readouterr().err


def test_what_has_no_known_end_has_no_share(capsys: pytest.CaptureFixture[str]) -> None:
    watch = Watch()
    progress = ProgressLine(Output(), clock=watch)
    watch.time += 30
    progress.show(30, None, "30 things")
    assert capsys.readouterr().err == "30 things\n"


def test_long_work_is_forecast(capsys: pytest.CaptureFixture[str]) -> None:
    forecast(Output(), Mailbox(Watch()), 4000, "200 messages to read")  # type: ignore[arg-type]
    assert capsys.readouterr().err == (
        "200 messages to read: 4,000 units, 16 min 40 s by the quota.\n"
    )


def test_short_work_is_not_forecast(capsys: pytest.CaptureFixture[str]) -> None:
    forecast(Output(), Mailbox(Watch()), 16, "1 message to read")  # type: ignore[arg-type]
    assert capsys.readouterr().err == ""


def test_work_without_a_limit_is_forecast_on_demand(capsys: pytest.CaptureFixture[str]) -> None:
    mailbox = Mailbox(Watch(), paced=False)
    forecast(Output(), mailbox, 4000, "200 messages to read")  # type: ignore[arg-type]
    assert capsys.readouterr().err == ""
    forecast(Output(verbose=1), mailbox, 4000, "200 messages to read")  # type: ignore[arg-type]
    assert capsys.readouterr().err == "200 messages to read: 4,000 units.\n"
