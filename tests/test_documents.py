"""What the README and docs/ tell a reader to type works as pasted."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from gmailkit.sandbox import Sandbox

ROOT = Path(__file__).resolve().parents[1]
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
# Lines that need what a test has not: a root shell, one's own Google account, a server to stay up.
NOT_HERE = ("sudo ", "make ", "gmailkit login --client", "gmailkit sandbox --port", ". .venv")


def blocks(document: str, language: str) -> list[str]:
    text = (ROOT / document).read_text()
    return [body for kind, body in BLOCK.findall(text) if kind == language]


pytestmark = pytest.mark.usefixtures("warm_programs")


def environment(home: Path) -> dict[str, str]:
    tools = f"{os.environ['PATH']}{os.pathsep}{Path(sys.executable).parent}"
    clean = {k: v for k, v in os.environ.items() if not k.startswith("GMAILKIT_")}
    return {**clean, "GMAILKIT_HOME": str(home), "PATH": tools}


def commands(document: str) -> list[str]:
    lines = [line for body in blocks(document, "sh") for line in body.splitlines()]
    # `gmailkit whoami` after the login with one's own account needs that account.
    return [
        line
        for line in lines
        if line.strip() and not line.startswith((*NOT_HERE, "gmailkit whoami"))
    ]


def pasted(lines: list[str] | str, cwd: Path, **more: str) -> subprocess.CompletedProcess[str]:
    """The lines run in their order by a shell, in a home of its own below `cwd`; all went well."""
    script = lines if isinstance(lines, str) else "\n".join(lines)
    done = subprocess.run(
        ["bash", "-c", f"set -e\n{script}"],
        cwd=cwd,
        env={**environment(cwd / "home"), **more},
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done


def test_the_commands_of_the_readme_work_in_their_order(tmp_path: Path) -> None:
    lines = commands("README.md")
    assert len(lines) >= 10
    script = "\n".join(lines)
    # `show 1` takes a row of the list before it, which needs a terminal; by id it does not.
    script = script.replace(
        "gmailkit --sandbox show 1",
        "gmailkit --sandbox show $(gmailkit --sandbox search --ids --limit 1 from:billing)",
    )
    pasted(script, tmp_path)
    assert (tmp_path / "mail.backup" / "packs").is_dir()
    assert list((tmp_path / "invoices").iterdir())


def test_the_library_lines_of_the_readme_work(tmp_path: Path) -> None:
    code, *_ = blocks("README.md", "python")
    (tmp_path / "README.md").write_text("read me")
    wrapped = (
        "from gmailkit import Sandbox\nfrom gmailkit.auth.scopes import PURPOSES\nimport os\n"
        "with Sandbox() as sandbox:\n"
        "    os.environ['GMAILKIT_API_ENDPOINT'] = sandbox.url\n"
        "    token = sandbox.issue_token('me@example.com', PURPOSES['modify'])\n"
        "    os.environ['GMAILKIT_ACCESS_TOKEN'] = token\n"
        + "".join(f"    {line}\n" for line in code.splitlines())
    )
    done = subprocess.run(
        ["warm-python", "-c", wrapped],
        cwd=tmp_path,
        env=environment(tmp_path / "home"),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("\n") >= 3
    assert (tmp_path / "mail.backup" / "packs").is_dir()


def test_the_commands_of_the_sandbox_document_work(tmp_path: Path) -> None:
    with Sandbox(sample=False, admin=True) as sandbox:
        done = pasted(
            commands("docs/sandbox.md"),
            tmp_path,
            GMAILKIT_API_ENDPOINT=sandbox.url,
            GMAILKIT_SANDBOX_SECRET=sandbox.admin_secret,
        )
    assert done.stdout.count("{") >= 9
    assert "* SEARCH " in done.stdout  # the practice mailbox, by IMAP


def test_the_commands_of_the_commands_document_work(tmp_path: Path) -> None:
    """As they are started by who installed them."""
    lines = commands("docs/commands.md")
    assert len(lines) >= 7
    pasted(lines, tmp_path, PATH=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")


# Documents whose commands work one after the other on the practice mailbox.
OF_ITS_OWN = [
    *("docs/exactly-once.md", "docs/merge.md", "docs/outbox.md", "docs/policy.md"),
    *("docs/labels.md", "docs/organising.md", "docs/rules.md", "docs/restoring.md"),
    *("docs/backup.md", "docs/backup-care.md"),
    *("docs/reading.md", "docs/searching.md", "docs/templates.md"),
    *("docs/sending.md", "docs/subscriptions.md", "docs/export.md", "docs/stats.md"),
    *("docs/stores.md", "docs/copying.md", "docs/seeding.md"),
]


@pytest.mark.parametrize("document", OF_ITS_OWN)
def test_the_commands_of_a_document_work(document: str, tmp_path: Path) -> None:
    lines = commands(document)
    assert lines
    pasted(lines, tmp_path)


@pytest.mark.skipif(shutil.which("age") is None, reason="the age command is not there")
def test_the_commands_of_the_encryption_document_work(tmp_path: Path) -> None:
    pasted(commands("docs/encryption.md"), tmp_path)
    assert (tmp_path / "all.mbox").read_bytes().startswith(b"From ")


@pytest.mark.parametrize(
    "code",
    [
        *blocks("README.md", "python")[1:],
        *blocks("docs/sandbox.md", "python"),
        *blocks("docs/reading.md", "python"),
        *blocks("docs/subscriptions.md", "python"),
        *blocks("docs/searching.md", "python"),
        *blocks("docs/organising.md", "python"),
        *blocks("docs/labels.md", "python"),
        *blocks("docs/rules.md", "python"),
        *blocks("docs/restoring.md", "python"),
        *blocks("docs/backup.md", "python"),
        *blocks("docs/encryption.md", "python"),
        *blocks("docs/export.md", "python"),
        *blocks("docs/stats.md", "python"),
        *blocks("docs/copying.md", "python"),
    ],
)
def test_the_library_lines_of_the_sandbox_work(code: str, tmp_path: Path) -> None:
    done = subprocess.run(
        ["warm-python", "-c", code],
        cwd=tmp_path,
        env=environment(tmp_path / "home"),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout


DOCUMENTS = sorted(path.relative_to(ROOT) for path in (*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")))


@pytest.mark.parametrize("document", DOCUMENTS, ids=str)
def test_links_between_documents_lead_somewhere(document: Path) -> None:
    text = (ROOT / document).read_text()
    targets = re.findall(r"\]\((?!https?:|#)([^)#]+)", text)
    missing = [t for t in targets if not (ROOT / document).parent.joinpath(t).exists()]
    assert missing == []


@cache
def known_commands() -> frozenset[str]:
    """The first words of the lines of `gmailkit --help`."""
    done = subprocess.run(["gmailkit", "--help"], capture_output=True, text=True, check=True)
    first = (line.strip().split("  ")[0] for line in done.stdout.splitlines())
    return frozenset(filter(None, first))


def test_the_tests_that_the_page_of_reliability_names_are_there() -> None:
    text = (ROOT / "docs" / "reliability.md").read_text()
    there = {str(path.relative_to(ROOT)) for path in (ROOT / "tests").rglob("test_*.py")}
    named = set(re.findall(r"`([\w/]*test_\w+\.py)`", text))
    assert named
    assert not {
        name for name in named if not any(f"/{path}".endswith(f"/{name}") for path in there)
    }


@pytest.mark.parametrize("document", DOCUMENTS, ids=str)
def test_every_gmailkit_command_in_the_documents_exists(document: Path) -> None:
    """Options and all: `--help` after the words before the first option must know them."""
    text = "\n".join(body for _, body in BLOCK.findall((ROOT / document).read_text()))
    lines = re.findall(r"^(?:\$ )?(gmailkit [^\n|>]*)", text, re.MULTILINE)
    known = known_commands()
    unknown = []
    for line in lines:
        words = [word for word in shlex.split(line, comments=True)[1:] if not word.startswith("-")]
        if words and words[0].islower() and words[0] not in known:
            unknown.append(line)
    assert unknown == []
