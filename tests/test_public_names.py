"""What `from gmailkit import ...` gives, and that it costs nothing until touched."""

from __future__ import annotations

import pickle
import subprocess
import sys
import traceback

import pytest

import gmailkit
from gmailkit import errors

HEAVY = ("google", "googleapiclient", "requests", "email", "msgspec", "sqlite3", "typer", "rich")


@pytest.mark.parametrize("name", gmailkit.__all__)
def test_every_public_name_can_be_imported(name: str) -> None:
    assert getattr(gmailkit, name) is not None


def test_every_error_is_a_public_name() -> None:
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type)]
    ours = {kind.__name__ for kind in kinds if issubclass(kind, errors.GmailKitError)}
    assert len(ours) > 15
    assert ours <= set(gmailkit.__all__)


def test_an_error_that_nobody_catches_shows_its_hint_of_the_last_moment() -> None:
    error = gmailkit.NotFound("There is no label 'Receits'.", hint="Hm.")
    error.hint += " Did you mean Receipts?"
    assert "".join(traceback.format_exception_only(error)).splitlines() == [
        "gmailkit.errors.NotFound: There is no label 'Receits'.",
        "Hm. Did you mean Receipts?",
    ]
    assert error.facts() == {}
    assert pickle.loads(pickle.dumps(error)).hint == error.hint


def test_every_public_name_but_the_version_has_a_docstring() -> None:
    bare = [name for name in gmailkit.__all__ if not getattr(gmailkit, name).__doc__]
    assert bare == []


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'Gmial'"):
        gmailkit.Gmial  # noqa: B018


def test_dir_lists_the_public_names() -> None:
    assert dir(gmailkit) == sorted(gmailkit.__all__)


def loaded_after(code: str) -> set[str]:
    script = f"import sys; {code}; print(*sys.modules)"
    result = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    return set(result.stdout.split())


def test_importing_the_package_loads_nothing_heavy() -> None:
    bare = loaded_after("pass")
    assert not {name for name in HEAVY if name in loaded_after("import gmailkit") - bare}


def test_making_a_gmail_touches_no_file_and_no_network() -> None:
    code = (
        "import os; os.environ['GMAILKIT_HOME'] = '/nonexistent/readonly';"
        "from gmailkit import Gmail; Gmail('ann@example.com')"
    )
    assert "googleapiclient.discovery" not in loaded_after(code)
