from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gmailkit.cli.emit import Output, wants_color


@pytest.mark.parametrize(
    ("mode", "env", "terminal", "wanted"),
    [
        ("auto", {}, True, True),
        ("auto", {}, False, False),
        ("auto", {"NO_COLOR": "1"}, True, False),
        ("auto", {"NO_COLOR": ""}, True, True),
        ("auto", {"TERM": "dumb"}, True, False),
        ("auto", {"FORCE_COLOR": "1"}, False, True),
        ("auto", {"FORCE_COLOR": "0"}, False, False),
        ("auto", {"NO_COLOR": "1", "FORCE_COLOR": "1"}, True, False),
        ("always", {"NO_COLOR": "1", "TERM": "dumb"}, False, True),
        ("never", {"FORCE_COLOR": "1"}, True, False),
    ],
)
def test_who_decides_about_colour(
    mode: str, env: dict[str, str], terminal: bool, wanted: bool
) -> None:
    assert wants_color(mode, env, terminal=terminal) is wanted


def test_fields_of_a_row_cannot_break_the_row(capsys: pytest.CaptureFixture[str]) -> None:
    Output().row("a\tb", "c\nd", "e\x1bf", 7)
    assert capsys.readouterr().out == "a\\tb\tc\\nd\te\\x1bf\t7\n"


def test_quiet_silences_remarks_and_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    out = Output(quiet=True, verbose=1)
    out.say("remark")
    out.detail("detail")
    out.line("data")
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("data\n", "")


def test_details_come_only_when_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    Output().detail("detail")
    assert capsys.readouterr().err == ""
    Output(verbose=1).detail("detail")
    assert capsys.readouterr().err == "detail\n"


def test_json_writes_dates_paths_and_every_script(capsys: pytest.CaptureFixture[str]) -> None:
    value = {"date": datetime(2026, 1, 2, tzinfo=UTC), "path": Path("/a"), "text": "東京\x1b"}
    Output(json=True).record(value)
    line = capsys.readouterr().out
    assert line.count("\n") == 1
    read = json.loads(line)
    assert read == {"date": "2026-01-02T00:00:00Z", "path": "/a", "text": "東京\x1b"}


def test_json_steers_no_terminal_and_says_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    text = "a\x7fb\x9b2J\u202ec\u2066d\U000e0041e東京😀\x1b"
    out = Output(json=True)
    out.record({"text": text})
    out.document({"text": text})
    shown = capsys.readouterr().out
    assert not any(mark in shown for mark in "\x7f\x9b\u202e\u2066\U000e0041\x1b")
    assert "東京😀" in shown
    first, _, rest = shown.partition("\n")
    assert json.loads(first) == json.loads(rest) == {"text": text}


def test_json_of_a_name_that_is_no_unicode(capsys: pytest.CaptureFixture[str]) -> None:
    value = {"path": Path("/a\udcff"), "text": "é\udcff", "date": datetime(2026, 1, 2, tzinfo=UTC)}
    Output(json=True).record(value)
    Output(json=True).document(value)
    first, _, rest = capsys.readouterr().out.partition("\n")
    assert json.loads(first) == json.loads(rest)
    assert json.loads(first) == {
        "path": "/a\udcff",
        "text": "é\udcff",
        "date": "2026-01-02T00:00:00Z",
    }


def test_remarks_steer_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    Output().say("a\x1b[2J")
    Output().before_asking("b\x9b\nc")
    assert capsys.readouterr().err == "a\\x1b[2J\nb\\x9b\nc\n"


def test_a_table_in_a_pipe_has_no_heading(capsys: pytest.CaptureFixture[str]) -> None:
    Output().table(("A", "B"), [("x", 1), ("y", 2)])
    assert capsys.readouterr().out == "x\t1\ny\t2\n"


def test_a_table_on_a_terminal_is_aligned_by_cells(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    Output(color="never").table(("NAME", "N"), [("東京", 1), ("a\x1b", 2)])
    assert capsys.readouterr().out == "NAME   N\n東京   1\na\\x1b  2\n"
