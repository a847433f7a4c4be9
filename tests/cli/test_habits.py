"""Walks the command tree and holds the forty habits that a command line should have.

The numbers are those of the list of habits; command names follow our own documents.

Held here: 1 help everywhere; 2 its shape; 3 no arguments, missing arguments; 4 version (how quick:
benchmarks/startup.py); 6 data and talk; 7 JSON; 9 plain output in pipes; 12 quiet, verbose, debug;
14 dry runs; 16 --no-input, and CI changes nothing; 17, 18 "-" and ids; 22 suggestions; 25 folders;
28 no secret options; 30 completion; 39 no network.
Held beside it: 5 and the rest of 4 in test_documents_of_cli.py; 8 in test_lists.py; 10 and 38 in
test_emit.py and test_screen.py; 11, 15, 26 (row numbers, prompts), 32 in test_on_a_terminal.py; 13,
33 in test_backup_command.py; 19 and 21 in test_bad_input.py and test_report.py; 29 by the tests of
the doctor service.

Not yet, and why:
14 `labels create`, `rename` and `color` change just the one thing they name, so have no --dry-run.
20 an error code such as GK-AUTH-003: the class name is the stable code.
23, 24 configuration files and `config`: there is no configuration file yet.
27 refresh: renewal is automatic; the other verbs are login, logout, whoami.
30 label names in completion: that wants a cache of labels first.
31 man pages. 34 --since, --before: queries have after: and newer_than:. 35 sizes as arguments: no
option takes one yet. 36 --timeout, --retries, --max-rate. 37 a pager. 40 nothing is deprecated yet.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout
from functools import cache
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from gmailkit.cli.app import run
from gmailkit.cli.shared import shared_names
from gmailkit.cli.tree import HOMES, root

ROOT = root()


def walk(command: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    yield path, command
    for name in command.list_commands(None) if hasattr(command, "list_commands") else ():
        yield from walk(command.get_command(None, name), (*path, name))


@cache
def help_of(path: tuple[str, ...]) -> str:
    """What `--help` prints, made once for all that look at it."""
    with redirect_stdout(StringIO()) as out:
        assert run([*path, "--help"]) == 0
    return out.getvalue()


COMMANDS = dict(walk(ROOT, ()))
EACH = pytest.mark.parametrize("path", list(COMMANDS), ids=lambda path: " ".join(path) or "(root)")
EACH_BUT_ROOT = pytest.mark.parametrize("path", [p for p in COMMANDS if p], ids=" ".join)
CHANGING = [("send",), ("label",), ("trash",), ("untrash",), ("labels", "delete"), ("api",)]
CHANGING += [("labels", each) for each in ("rollback", "merge", "unused", "apply")]
CHANGING += [("reply",), ("reply-all",), ("forward",), ("drafts", "send"), ("drafts", "delete")]
CHANGING += [("rules", "apply"), ("rules", "run"), ("lists", "check"), ("unsubscribe",)]
CHANGING += [("delete",), ("offload",)]
CHANGING += [("backup", "keys")]
CHANGING += [
    path
    for path in COMMANDS
    if path[:1] == ("settings",) and len(path) == 3 and path[-1] not in ("show", "list")
]


def test_the_tree_is_whole() -> None:
    assert set(ROOT.list_commands(None)) == set(HOMES)
    # The root; those of accounts, labels, sandbox, drafts, smtp, outbox, query, journal, rules,
    # lists, trash, backup, watch; 9 of settings, and 31 below.
    assert (
        len(COMMANDS)
        == len(HOMES) + 1 + 2 + 14 + 2 + 6 + 3 + 7 + 1 + 2 + 9 + 1 + 1 + 3 + 4 + 9 + 31
    )


@EACH
def test_01_help_by_both_names_on_stdout(path: tuple[str, ...], cli: Callable[..., Any]) -> None:
    short, long = cli(*path, "-h"), cli(*path, "--help")
    assert (short.code, short.err) == (0, "")
    assert short == long


@EACH
def test_02_help_is_a_sentence_then_usage_then_examples(
    path: tuple[str, ...], own_home: Path
) -> None:
    text = help_of(path)
    sentence, blank, usage = text.split("\n")[:3]
    assert re.fullmatch(r"[A-Z][^\n]{10,90}\.", sentence)
    assert blank == ""
    assert usage.startswith(" ".join(["Usage: gmailkit", *path]))
    examples = text.partition("\nExamples:\n")[2].partition("\n\n")[0].splitlines()
    assert 2 <= len(examples) <= 3
    assert all(line.startswith("  ") and "gmailkit" in line for line in examples)


@EACH
def test_02_help_fits_a_terminal_and_explains_every_option(
    path: tuple[str, ...], own_home: Path
) -> None:
    assert max(map(len, help_of(path).splitlines())) <= 100
    for param in COMMANDS[path].params:
        assert param.help, f"{param.name} of {path} has no explanation"


@EACH_BUT_ROOT
def test_02_examples_name_only_options_there_are(path: tuple[str, ...]) -> None:
    lines = re.findall(r"^ *(?:.*\| )?gmailkit (.*)$", COMMANDS[path].help, re.MULTILINE)
    for line in lines:
        words = tuple(line.split())
        named = [words[:end] for end in range(len(words), 0, -1) if words[:end] in COMMANDS]
        target = COMMANDS[named[0] if named else path]
        known = {name for p in [*target.params, *COMMANDS[path].params] for name in p.opts}
        options = re.findall(r"(?<=\s)--[a-z][a-z-]+", " " + line.partition("|")[0])
        assert set(options) <= known, line


@EACH_BUT_ROOT
def test_each_command_says_what_permission_it_needs(path: tuple[str, ...]) -> None:
    from gmailkit.auth import scopes

    said = COMMANDS[path].help.partition("Needs: ")[2]
    named = re.findall(r"gmail(?:\.[a-z]+)+|mail\.google\.com", said.partition("(")[0])
    known = {scopes.short(each) for purpose in scopes.PURPOSES.values() for each in purpose}
    known.add(scopes.short(scopes.LABELS))
    assert said.startswith(("nothing", "any login")) or (named and known.issuperset(named))


def test_03_no_arguments_give_a_short_help(cli: Callable[..., Any]) -> None:
    ran = cli()
    assert (ran.code, ran.err) == (0, "")
    assert len(ran.out.splitlines()) < 15
    assert "gmailkit --help" in ran.out


@pytest.mark.parametrize("path", [("show",), ("attachments",), ("backup",), ("verify",)])
def test_03_a_missing_argument_shows_the_usage(
    path: tuple[str, ...], cli: Callable[..., Any]
) -> None:
    ran = cli(*path)
    assert (ran.code, ran.out) == (2, "")
    assert " is missing: " in ran.err.splitlines()[0]
    assert f"Usage: gmailkit {path[0]}" in ran.err


def test_04_version_is_one_line(program: Callable[..., Any]) -> None:
    from gmailkit import __version__

    for argv in (["--version"], ["-V"], ["version"], ["--no-input", "--version"]):
        assert program(argv).out == f"gmailkit {__version__}\n"


def test_04_version_as_json_names_what_it_runs_on(cli: Callable[..., Any]) -> None:
    facts = json.loads(cli("version", "--json").out)
    assert set(facts) == {"gmailkit", "python", "sqlite", "libraries"}
    assert set(facts["libraries"]) >= {"google-auth", "requests", "typer"}


@EACH
def test_07_12_16_every_command_takes_the_shared_options(path: tuple[str, ...]) -> None:
    named = {name for param in COMMANDS[path].params for name in param.opts}
    assert set(shared_names()) <= named


@EACH
def test_no_option_means_two_things(path: tuple[str, ...]) -> None:
    names = [name for param in COMMANDS[path].params for name in param.opts if name[0] == "-"]
    assert len(names) == len(set(names))


def test_the_same_option_has_the_same_short_name_everywhere() -> None:
    shorts: dict[str, set[str]] = {}
    for command in COMMANDS.values():
        for param in command.params:
            long = [name for name in param.opts if name.startswith("--")]
            short = [name for name in param.opts if re.fullmatch("-[a-zA-Z]", name)]
            if long and short:
                shorts.setdefault(short[0], set()).add(long[0])
    assert shorts.pop("-a") == {"--account", "--attach"}  # the one that is said to be two
    assert all(len(meanings) == 1 for meanings in shorts.values()), shorts


@pytest.mark.parametrize("path", CHANGING, ids=" ".join)
def test_14_15_what_changes_a_mailbox_can_be_looked_at_first(path: tuple[str, ...]) -> None:
    named = {name for param in COMMANDS[path].params for name in param.opts}
    assert {"--dry-run", "-n", "--yes", "-y"} <= named


@pytest.mark.parametrize("place", ["before", "after"])
def test_the_shared_options_may_stand_before_or_after_the_command(
    cli: Callable[..., Any], place: str
) -> None:
    options = ["--json", "--quiet"]
    argv = [*options, "whoami"] if place == "before" else ["whoami", *options]
    assert json.loads(cli(*argv).err)["error"] == "SignInNeeded"


def test_16_ci_in_the_environment_changes_nothing(
    cli: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = cli("accounts"), cli("whoami"), cli("--help")
    monkeypatch.setenv("CI", "true")
    assert (cli("accounts"), cli("whoami"), cli("--help")) == before


@pytest.mark.parametrize(
    ("argv", "meant"),
    [
        (["serach", "x"], "Did you mean gmailkit search?"),
        (["labels", "creat", "x"], "Did you mean gmailkit labels create?"),
        (["label", "x", "--ad", "y"], "Did you mean --add"),
        (["archive", "--dry", "x"], "Did you mean --dry-run?"),
        (["archive", "--query", "x"], "QUERY is said without an option: gmailkit archive QUERY"),
        (["journal", "3"], "Did you mean gmailkit journal show 3?"),
        (["journal", "undo", "3"], "Did you mean gmailkit undo?"),
        (["--acount", "x", "search"], "Did you mean --account"),
    ],
)
def test_22_a_typo_is_answered_with_what_was_meant(
    cli: Callable[..., Any], argv: list[str], meant: str
) -> None:
    ran = cli(*argv)
    assert (ran.code, ran.out) == (2, "")
    assert meant in ran.err


def test_25_nothing_is_written_outside_the_home(
    cli: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "user"))
    (tmp_path / "user").mkdir()
    for argv in (["accounts"], ["whoami"], ["--help"], ["search", "x"], ["version"]):
        cli(*argv)
    assert list((tmp_path / "user").iterdir()) == []


@EACH
def test_28_no_option_takes_a_secret(path: tuple[str, ...]) -> None:
    names = {name for param in COMMANDS[path].params for name in param.opts}
    names.discard("--key")  # the name of a message, for sending it once
    assert not re.search("token|password|secret|key", " ".join(names))


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish", "powershell"])
def test_30_completion_for_every_shell(program: Callable[..., Any], shell: str) -> None:
    ran = program([], _GMAILKIT_COMPLETE=f"source_{shell}")
    assert ran.code == 0
    assert "gmailkit" in ran.out.casefold()


def complete(program: Callable[..., Any], line: str) -> list[str]:
    words = len(line.split(" ")) - 1
    ran = program([], _GMAILKIT_COMPLETE="complete_bash", COMP_WORDS=line, COMP_CWORD=str(words))
    return [word for word in ran.out.splitlines() if word]


def test_30_completion_knows_commands_options_and_accounts(
    program: Callable[..., Any], own_home: Path
) -> None:
    from gmailkit.auth.accounts import Account, Accounts
    from gmailkit.model.service import GOOGLE
    from gmailkit.paths import Home

    account = Account(
        address="ann@example.com", alias="work", service=GOOGLE, scopes=(), signed_in=0.0
    )
    Accounts(Home.at(own_home)).add(account)
    assert complete(program, "gmailkit lab") == ["label", "labels"]
    assert complete(program, "gmailkit labels re") == ["rename"]
    assert "--body-file" in complete(program, "gmailkit send --bo")
    assert complete(program, "gmailkit search --account ") == ["ann@example.com", "work"]
    assert complete(program, "gmailkit logout w") == ["work"]


def test_30_completion_of_accounts_never_fails(program: Callable[..., Any], own_home: Path) -> None:
    (own_home / "data").mkdir(parents=True)
    (own_home / "data" / "accounts.json").write_text("{")
    assert complete(program, "gmailkit search --account ") == []
