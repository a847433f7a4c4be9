"""A message of 40 MB takes at most 150 MB more than a small one, and a long mbox no more than a
short one, wherever mail is brought (R12).
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import dovecot
from gmailkit.backup.folder import Backup
from gmailkit.backup.record import Record
from gmailkit.sandbox import Sandbox
from mailroom import ME, letter

pytestmark = [pytest.mark.soak, pytest.mark.timeout(600)]
MORE = 150  # MB
_PEAK = """
with open("/proc/self/status") as status:
    print(next(line for line in status if line.startswith("VmHWM")).split()[1])
"""
_SIGNED_IN = """
from gmailkit import Gmail, Settings
gmail = Gmail(settings=Settings.load({env!r}))
"""


def peak(program: str) -> float:
    """Of a process of its own, in MB."""
    done = subprocess.run(
        [sys.executable, "-c", program + _PEAK], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return int(done.stdout.split()[-1]) / 1024


def saved(path: Path, *sizes: int) -> str:
    with Backup.open(path, create=True) as folder:
        for n, size in enumerate(sizes):
            raw = letter(f"Of {size} bytes, {n}", body=f"{n:015}\r\n" * (size // 17))
            labels = {"INBOX": "INBOX"}
            folder.add(
                Record(account=ME, id=f"{n:x}", thread=f"{n:x}", date_ms=n, labels=labels, raw=raw)
            )
    return str(path)


@pytest.mark.parametrize("form", ["mbox", "maildir", "eml", "zip"])
def test_an_export_holds_neither_a_message_nor_all_of_them(quick_path: Path, form: str) -> None:
    small = saved(quick_path / "small", 1000)
    large = saved(quick_path / "large", 40_000_000)
    many = saved(quick_path / "many", *([1_000_000] * 100))
    cost = [
        peak(f"from gmailkit import export; export({path!r}, {path + form!r}, to={form!r})")
        for path in (small, large, many)
    ]
    assert cost[1] < cost[0] + MORE
    assert cost[2] < cost[0] * 1.1 + 10  # a megabyte or two of what it is at


def test_a_restore_and_a_look_for_what_is_there_hold_no_message(
    quick_path: Path, sandbox: Sandbox
) -> None:
    cost = {}
    for name, size in (("small", 1000), ("large", 40_000_000)):
        path = saved(quick_path / name, size)
        env = {
            "GMAILKIT_HOME": str(quick_path / "home"),
            "GMAILKIT_UNITS_PER_MINUTE": "0",
            **sandbox.environment(),
        }
        signed_in = _SIGNED_IN.format(env=env)
        put = f"{signed_in}\ndone = gmail.restore(gmail.plan_restore({path!r})).copied\n"
        cost[name] = max(
            peak(f"{put}assert done.added == 1"),
            peak(f"{put}assert done.present == 1"),
            peak(f"{signed_in}\ngmail.backup({path + ' again'!r}, query='bytes')"),
        )
    assert cost["large"] < cost["small"] + MORE


def test_offloading_and_deleting_for_good_hold_no_message(
    quick_path: Path, sandbox: Sandbox
) -> None:
    cost = {}
    token = sandbox.issue_token(ME, ["https://mail.google.com/"], lasting=True)
    env = {
        "GMAILKIT_HOME": str(quick_path / "home"),
        "GMAILKIT_UNITS_PER_MINUTE": "0",
        **sandbox.environment(),
        "GMAILKIT_ACCESS_TOKEN": token,
    }
    signed_in = _SIGNED_IN.format(env=env)
    for name, size in (("small", 1000), ("large", 40_000_000)):
        path = str(quick_path / name)
        id = sandbox.mail.put(ME, letter(name, body=f"{0:015}\r\n" * (size // 17)))
        peak(f"{signed_in}\ngmail.backup({path!r}, query='subject:{name}')")
        cost[name] = max(
            peak(f"{signed_in}\ngmail.offload(gmail.plan_offload({id!r}, backup={path!r}))"),
            peak(f"{signed_in}\ngmail.delete_forever(gmail.plan_delete({id!r}, backup={path!r}))"),
        )
    assert cost["large"] < cost["small"] + MORE / 4


_OVER = """
from gmailkit import Settings
from gmailkit.secret import Secret
from gmailkit.services.copying.carrying import copy_mail
from gmailkit.services.copying.plan import plan_copy
from gmailkit.services.places import Places
settings = Settings.load({{"GMAILKIT_HOME": {home!r}, "GMAILKIT_MAIL_PASSWORD": {word!r}}})
with Places(lambda: settings) as places:
    done = copy_mail(places, plan_copy(places, {source!r}, {target!r}))
assert done.copied.added == 1, done
"""


def test_a_copy_to_a_server_of_imap_and_from_it_and_by_pop3_holds_no_message(
    quick_path: Path,
) -> None:
    """Of 150 MB."""
    server = dovecot.running()
    cost = []
    for name, size in (("few", 1000), ("much", 150_000_000)):
        path = saved(quick_path / name, size)
        imap, pop3 = (server.url(kind, f"large{name}") for kind in ("imap", "pop3"))
        ways = ((f"backup:{path}", imap), (imap, f"mbox:{path}.a"), (pop3, f"mbox:{path}.b"))
        home, word = str(quick_path / "home"), dovecot.WORD
        cost.append(
            max(
                peak(_OVER.format(home=f"{home}{n}", word=word, source=source, target=target))
                for n, (source, target) in enumerate(ways)
            )
        )
    assert cost[1] < cost[0] + 100
