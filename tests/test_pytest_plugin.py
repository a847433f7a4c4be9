"""The pytest plugin, in pytest runs of their own."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import entry_points
from pathlib import Path

import pytest

pytest_plugins = ("pytester",)

ROOT = Path(__file__).resolve().parents[1]

CLEAN = """
import pytest

@pytest.mark.parametrize("n", range(3))
def test_clean(gmail, gmail_sandbox, n):
    assert gmail_sandbox.requests == []
    assert gmail.profile().messages_total == 0
    assert gmail_sandbox.meter.units("me@example.com") == 1
    gmail_sandbox.mail.put("me@example.com", b"Subject: x\\r\\n\\r\\n")
    gmail_sandbox.clock.advance(10_000_000)
    assert gmail.profile().messages_total == 1

def test_one_server_serves_all(gmail_sandbox, _gmail_server):
    assert gmail_sandbox is _gmail_server
"""
MARKS = """
import pytest

@pytest.mark.gmail_faults("503:getProfile")
@pytest.mark.gmail_quota(prices="old", in_flight=3)
class TestBoth:
    @pytest.mark.gmail_faults("drop-after:getProfile")
    def test_marks_of_class_and_function_add_up(self, gmail, gmail_sandbox):
        limits = gmail_sandbox.meter.limits
        assert (limits.prices, limits.in_flight) == ("old", 3)
        gmail.profile()
        assert gmail_sandbox.faults.fired.total() == 2

def test_no_mark_is_left(gmail_sandbox):
    assert gmail_sandbox.meter.limits.units_per_minute is None
    assert gmail_sandbox.faults.waiting == 0

@pytest.mark.gmail_faults("503:messages.send", "500:getProfile")
def test_too_calm(gmail):
    gmail.profile()

@pytest.mark.gmail_faults("500:getProfile", "500")
def test_one_of_two_alike(gmail_sandbox):
    gmail_sandbox.faults.take("getProfile")

@pytest.mark.gmail_faults("503:getProfile:3")
def test_once_of_three(gmail_sandbox):
    gmail_sandbox.faults.take("getProfile")

@pytest.mark.gmail_faults("503:getProfile:100%")
def test_a_share_is_no_promise(gmail_sandbox):
    pass

@pytest.mark.gmail_faults("5O3")
def test_misspelt(gmail_sandbox):
    pass
"""
OWN = """
import os, pytest
from gmailkit import Gmail

@pytest.fixture
def gmail():
    return "mine"

@pytest.fixture
def real_account(monkeypatch):
    monkeypatch.setenv("GMAILKIT_ACCOUNT", "real@gmail.com")
    monkeypatch.setenv("GMAILKIT_SERVICE_ACCOUNT", "/real/key.json")

def test_ones_own_fixture_comes_first(gmail):
    assert gmail == "mine"

def test_the_environment_reaches_no_real_account(real_account, gmail_environment):
    ours = {k: v for k, v in os.environ.items() if k.startswith("GMAILKIT_")}
    assert ours == gmail_environment
    assert ours["GMAILKIT_API_ENDPOINT"].startswith("http://127.0.0.1:")

def test_what_was_sent(gmail_sandbox, gmail_environment):
    with Gmail() as gmail:
        for subject in ("one", "two"):
            gmail.send(to="ann@example.com", subject=subject, text="Hi")
    assert [mail.subject for mail in gmail_sandbox.sent()] == ["one", "two"]
    assert gmail_sandbox.sent("ann@example.com") == []
    assert len(gmail_sandbox.mail.ids("ann@example.com")) == 2
"""


FORGETS = """
import os
import gmailkit

def test_forgets():
    print("account", os.environ.get("GMAILKIT_ACCOUNT"), os.environ.get("GMAILKIT_ACCESS_TOKEN"))
    gmailkit.Gmail().profile()
"""
USES = """
def test_uses(gmail):
    gmail.profile()
"""
OWN_GMAIL = """
import pytest

@pytest.fixture
def gmail():
    return "mine"

def test_own(gmail):
    pass
"""
OURS = "account a-test-without-gmail_environment None"
REAL = "account real@gmail.com secret"


@pytest.fixture
def run(pytester: pytest.Pytester) -> Callable[..., pytest.RunResult]:
    """Runs the tests in pytester's folder, in a process with the plugin."""
    installed = any(point.name == "gmailkit" for point in entry_points(group="pytest11"))
    plugin = () if installed else ("-p", "gmailkit.pytest_plugin")
    pytester.makepyprojecttoml('[tool.pytest.ini_options]\nfilterwarnings = ["error"]')

    def start(*options: str) -> pytest.RunResult:
        return pytester.runpytest_subprocess(
            *(*plugin, "--strict-markers", "-p", "no:cacheprovider", "-rA", *options)
        )

    return start


def test_the_worked_examples_work(
    pytester: pytest.Pytester, run: Callable[..., pytest.RunResult]
) -> None:
    text = (ROOT / "docs" / "testing.md").read_text()
    files = re.findall(r"^```python\n# (\S+)\.py\n(.*?)^```", text, re.M | re.S)
    assert len(files) == 6
    for name, code in files:
        pytester.makepyfile(**{name: code})
    run().assert_outcomes(passed=6)


def test_fixtures_and_marks_keep_their_word(
    pytester: pytest.Pytester, run: Callable[..., pytest.RunResult]
) -> None:
    pytester.makepyfile(test_clean=CLEAN, test_marks=MARKS, test_own=OWN)
    result = run("-n", "2")
    result.assert_outcomes(passed=13, errors=4)
    result.stdout.fnmatch_lines_random(
        [
            "PASSED test_marks.py::test_too_calm",
            "ERROR test_marks.py::test_too_calm*",
            "ERROR test_marks.py::test_misspelt*",
            "There is no fault '5O3'.*",
            "Too few requests for the faults: 503:messages.send:1 left over.",
            "Too few requests for the faults: 500::1 left over.",
            "Too few requests for the faults: 503:getProfile:2 left over.",
        ]
    )


@pytest.mark.parametrize(
    ("tests", "ini", "account"),
    [
        ({"test_uses": USES}, (), OURS),
        ({}, (), REAL),
        ({"test_own": OWN_GMAIL}, (), REAL),
        ({"test_uses": USES}, ("-o", "gmail_isolated=false"), REAL),
        ({}, ("-o", "gmail_isolated=true"), OURS),
    ],
    ids=["beside the fixtures", "without", "beside a stranger's gmail", "said false", "said true"],
)
def test_a_test_that_forgets_the_fixtures_meets_no_account(
    pytester: pytest.Pytester,
    run: Callable[..., pytest.RunResult],
    monkeypatch: pytest.MonkeyPatch,
    tests: dict[str, str],
    ini: tuple[str, ...],
    account: str,
) -> None:
    monkeypatch.setenv("GMAILKIT_ACCOUNT", "real@gmail.com")
    monkeypatch.setenv("GMAILKIT_ACCESS_TOKEN", "secret")
    monkeypatch.setenv("GMAILKIT_API_ENDPOINT", "http://127.0.0.1:9")
    pytester.makepyfile(test_forgets=FORGETS, **tests)
    result = run(*ini)
    result.assert_outcomes(passed=len(tests), failed=1)
    result.stdout.fnmatch_lines([account])
    if account == OURS:
        result.stdout.fnmatch_lines(["*SignInNeeded: a-test-without-gmail_environment is not*"])


@pytest.mark.parametrize(
    ("limit", "said"),
    [
        ("unitsperminute=3", "has no limit 'unitsperminute'. Did you mean units_per_minute?"),
        ("600", "has no limit '600'. Did you mean prices or *"),
    ],
)
def test_a_misspelt_quota_is_one_sentence(
    pytester: pytest.Pytester, run: Callable[..., pytest.RunResult], limit: str, said: str
) -> None:
    mark = f"@pytest.mark.gmail_quota({limit})"
    pytester.makepyfile(test_q=f"import pytest\n{mark}\ndef test_q(gmail_sandbox): pass")
    result = run()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([f"gmail_quota {said}"])


def test_it_is_declared_and_loads_nothing_of_ours_until_it_is_used() -> None:
    assert 'gmailkit = "gmailkit.pytest_plugin"' in (ROOT / "pyproject.toml").read_text()
    code = (
        "import sys, pytest; before = set(sys.modules); import gmailkit.pytest_plugin;"
        "print(*sorted(set(sys.modules) - before))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert set(done.stdout.split()) <= {"gmailkit", "gmailkit.pytest_plugin"}
