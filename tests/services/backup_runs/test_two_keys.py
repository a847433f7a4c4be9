"""Two backups with a key each in one process: whatever takes a backup takes its key."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

import gmailkit
from gmailkit import BackupKey, Gmail, Owners, Sandbox, begin_encrypted, open_backup
from gmailkit.backup.check import verify_part, verify_structure
from gmailkit.backup.crypt import age
from gmailkit.backup.crypt.beginning import rotate
from gmailkit.backup.crypt.given import GIVEN
from gmailkit.backup.folder import Backup, rebuild
from gmailkit.errors import KeyNeeded
from gmailkit.paths import Home
from gmailkit.secret import Secret
from gmailkit.services.backup.status import backup_status, saved_so_far
from gmailkit.services.compacting import Retention, compact, plan_compact
from gmailkit.services.restoring.drill import drill
from gmailkit.stores.opening import open_source
from quick_keys import leave_out_scrypt
from run_room import Later, fill


@dataclass(frozen=True)
class Locked:
    """An encrypted backup, and the file with its key."""

    path: Path
    key: Path
    rules: Path


@pytest.fixture
def two(gmail: Gmail, sandbox: Sandbox, quick_path: Path) -> Iterator[tuple[Locked, Locked]]:
    fill(sandbox, 8, labels=["INBOX"])
    yield _locked(gmail, quick_path, "one"), _locked(gmail, quick_path, "two")


def _locked(gmail: Gmail, root: Path, name: str) -> Locked:
    key, path, rules = root / f"{name}.txt", root / name, root / "rules.toml"
    key.write_text(f"{age.new_identity()!s}\n")
    (identity,) = age.identities_in(key.read_text())
    begin_encrypted(path, Owners((age.recipient_of(Secret(identity)),)))
    gmail.backup(path, identity=key)
    rules.write_text('[[rule]]\nname = "x"\nfrom = "nobody@example.com"\nstar = true\n')
    return Locked(path, key, rules)


def _trash_and_delete(gmail: Gmail, it: Locked, key: Path) -> object:
    gmail.trash(next(gmail.ids()))
    plan = gmail.plan_delete("in:trash", backup=it.path, identity=key)
    return gmail.delete_forever(plan)


def _offload(gmail: Gmail, it: Locked, key: Path) -> object:
    plan = gmail.plan_offload(next(gmail.ids()), backup=it.path, identity=key)
    return gmail.offload(plan)


def _compact(_gmail: Gmail, it: Locked, key: Path) -> object:
    target = it.path.with_name(f"smaller.{it.path.name}")
    return compact(plan_compact(it.path, target, Retention(), identity=key))


def _restore(gmail: Gmail, it: Locked, key: Path) -> object:
    return gmail.restore(gmail.plan_restore(it.path, identity=key))


def _settings(gmail: Gmail, it: Locked, key: Path) -> object:
    return gmail.restore_settings(gmail.plan_restore_settings(it.path, identity=key))


def _compare(gmail: Gmail, it: Locked, key: Path) -> object:
    return gmail.compare(gmail.plan_comparison(it.path, identity=key))


def _repair(gmail: Gmail, it: Locked, key: Path) -> object:
    return gmail.repair(gmail.plan_repair(it.path, identity=key))


def _rotate(_gmail: Gmail, it: Locked, key: Path) -> object:
    (identity,) = age.identities_in(key.read_text())
    return rotate(it.path, Owners((age.recipient_of(identity),)), identity=key)


def _export(_gmail: Gmail, it: Locked, key: Path) -> object:
    target = it.path.with_name(f"{it.path.name}.mbox")
    return gmailkit.export(it.path, target, to="mbox", identity=key)


CALLS: dict[str, Callable[[Gmail, Locked, Path], object]] = {
    "open": lambda _, it, key: Backup.open(it.path, identity=key).close(),
    "open_backup": lambda _, it, key: open_backup(it.path, identity=key).close(),
    "open_source": lambda _, it, key: open_source(it.path, identity=key).close(),
    "verify": lambda _, it, key: gmailkit.verify(it.path, identity=key),
    "verify_part": lambda _, it, key: verify_part(it.path, 1, 2, identity=key),
    "verify_structure": lambda _, it, key: verify_structure(it.path, identity=key),
    "backup": lambda g, it, key: g.backup(it.path, index=True, identity=key),
    "stats": lambda _, it, key: gmailkit.stats(it.path, identity=key),
    "export": _export,
    "backtest_rules": lambda g, it, key: g.backtest_rules(it.rules, it.path, identity=key),
    "suggest_rules": lambda g, it, key: g.suggest_rules_from_backup(
        it.rules, it.path, identity=key
    ),
    "drill": lambda _, it, key: drill(it.path, sample=2, identity=key),
    "status": lambda g, it, key: backup_status(
        Home.at(it.path), it.path, identity=key, clock=Later()
    ),
    "compare": _compare,
    "repair": _repair,
    "restore": _restore,
    "restore_settings": _settings,
    "offload": _offload,
    "delete": _trash_and_delete,
    "compact": _compact,
    "rotate": _rotate,
}


def test_each_opens_with_its_own_key_and_not_with_the_other(
    two: tuple[Locked, Locked], gmail: Gmail
) -> None:
    one, other = two
    opened_wrongly = []
    for name, call in CALLS.items():
        try:
            call(gmail, one, other.key)
            opened_wrongly.append(name)
        except KeyNeeded:
            pass
        for each in two:
            call(gmail, each, each.key)
    assert opened_wrongly == []


def test_rebuilding_and_adding_need_no_key_but_take_it(two: tuple[Locked, Locked]) -> None:
    for each in two:
        rebuild(each.path, identity=each.key)
        with Backup.open(each.path, write=True, identity=each.key) as folder:
            assert not folder.blind


def test_a_passphrase_is_that_of_one_backup_too(
    gmail: Gmail, sandbox: Sandbox, quick_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    leave_out_scrypt(monkeypatch)
    fill(sandbox, 3)
    said = {"a": "correct horse battery", "b": "another horse entirely"}
    for name, words in said.items():
        begin_encrypted(quick_path / name, Owners(passphrase=words))
        gmail.backup(quick_path / name)
    for name, words in said.items():
        with open_backup(quick_path / name, identity=BackupKey(passphrase=words)) as saved:
            assert saved.address == gmail.address
    with pytest.raises(KeyNeeded):
        open_backup(quick_path / "a", identity=BackupKey(passphrase=said["b"]))
    monkeypatch.setattr(GIVEN, "ask", lambda _: pytest.fail("Nobody is asked at Ctrl-C."))
    assert saved_so_far(quick_path / "a") == sum(1 for _ in gmail.ids())
