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
Run = Callable[..., pytest.RunResult]


@pytest.fixture
def run(pytester: pytest.Pytester) -> Run:
    """Runs the tests in pytester's folder, the plugin loaded; in this process, to be quick."""
    installed = any(point.name == "gmailkit" for point in entry_points(group="pytest11"))
    plugin = () if installed else ("-p", "gmailkit.pytest_plugin")

    def start(*options: str, apart: bool = False) -> pytest.RunResult:
        runner = pytester.runpytest_subprocess if apart else pytester.runpytest_inprocess
        return runner(*plugin, "--strict-markers", "-p", "no:cacheprovider", *options)

    return start


def test_the_worked_examples_work(pytester: pytest.Pytester, run: Run) -> None:
    text = (ROOT / "docs" / "testing.md").read_text()
    files = re.findall(r"^```python\n# (\S+)\.py\n(.*?)^```", text, re.M | re.S)
    assert len(files) == 6
    for name, code in files:
        pytester.makepyfile(**{name: code})
    pytester.makepyprojecttoml('[tool.pytest.ini_options]\nfilterwarnings = ["error"]')
    run(apart=True).assert_outcomes(passed=6)


def test_each_test_gets_a_clean_sandbox_of_one_server(pytester: pytest.Pytester, run: Run) -> None:
    pytester.makepyfile("""
        import pytest
        seen = []

        @pytest.mark.parametrize("n", range(2))
        def test_clean(gmail, gmail_sandbox, n):
            seen.append(gmail_sandbox.url)
            assert gmail_sandbox.requests == []
            assert gmail.profile().messages_total == 0
            assert gmail_sandbox.meter.units("me@example.com") == 1
            gmail_sandbox.mail.put("me@example.com", b"Subject: x\\r\\n\\r\\n")
            gmail_sandbox.faults.add("503:getProfile")
            gmail_sandbox.faults.clear()
            gmail_sandbox.clock.advance(10_000_000)
            assert gmail.profile().messages_total == 1
            assert len(set(seen)) == 1
    """)
    run().assert_outcomes(passed=2)


def test_marks_of_class_and_function_add_up(pytester: pytest.Pytester, run: Run) -> None:
    pytester.makepyfile("""
        import pytest

        @pytest.mark.gmail_faults("503:getProfile")
        @pytest.mark.gmail_quota(prices="old", in_flight=3)
        class TestBoth:
            @pytest.mark.gmail_faults("drop-after:getProfile")
            def test_marks(self, gmail, gmail_sandbox):
                limits = gmail_sandbox.meter.limits
                assert (limits.prices, limits.in_flight) == ("old", 3)
                gmail.profile()
                assert sum(gmail_sandbox.faults.fired.values()) == 2

        def test_none_are_left(gmail, gmail_sandbox):
            assert gmail_sandbox.meter.limits.units_per_minute is None
            assert gmail_sandbox.faults.waiting == 0
    """)
    run().assert_outcomes(passed=2)


def test_a_fault_that_never_happens_fails_the_test(pytester: pytest.Pytester, run: Run) -> None:
    pytester.makepyfile("""
        import pytest

        @pytest.mark.gmail_faults("503:messages.send", "500:getProfile")
        def test_too_calm(gmail):
            gmail.profile()

        @pytest.mark.gmail_faults("5O3")
        def test_misspelt(gmail):
            pass
    """)
    result = run()
    result.assert_outcomes(passed=1, errors=2)
    result.stdout.fnmatch_lines(
        ["*No request met the fault 503:messages.send.", "*no fault '5O3'*"]
    )


def test_ones_own_fixtures_come_first_and_xdist_works(pytester: pytest.Pytester, run: Run) -> None:
    pytester.makepyfile("""
        import pytest

        @pytest.fixture
        def gmail():
            return "mine"

        def test_mine(gmail):
            assert gmail == "mine"

        @pytest.mark.parametrize("n", range(4))
        def test_sends(gmail_sandbox, gmail_environment, n):
            from gmailkit import Gmail
            with Gmail() as gmail:
                gmail.send(to="ann@example.com", subject=str(n), text="Hi")
            assert [mail.subject for mail in gmail_sandbox.sent()] == [str(n)]
            assert len(gmail_sandbox.mail.ids("ann@example.com")) == 1
    """)
    run("-n", "2", apart=True).assert_outcomes(passed=5)


def test_the_environment_reaches_no_real_account(pytester: pytest.Pytester, run: Run) -> None:
    pytester.makepyfile("""
        import os, pytest

        @pytest.fixture(autouse=True)
        def real(monkeypatch):
            monkeypatch.setenv("GMAILKIT_ACCOUNT", "real@gmail.com")
            monkeypatch.setenv("GMAILKIT_SERVICE_ACCOUNT", "/real/key.json")

        def test_environment(gmail_environment):
            ours = {k: v for k, v in os.environ.items() if k.startswith("GMAILKIT_")}
            assert ours == gmail_environment
            assert ours["GMAILKIT_API_ENDPOINT"].startswith("http://127.0.0.1:")
    """)
    run().assert_outcomes(passed=1)


def test_it_is_declared_and_loads_nothing_of_ours_until_it_is_used() -> None:
    assert 'gmailkit = "gmailkit.pytest_plugin"' in (ROOT / "pyproject.toml").read_text()
    code = (
        "import sys, pytest; before = set(sys.modules); import gmailkit.pytest_plugin;"
        "print(*sorted(set(sys.modules) - before))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert set(done.stdout.split()) <= {"gmailkit", "gmailkit.pytest_plugin"}
