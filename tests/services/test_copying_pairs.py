"""Mail from every kind of store into every other: what comes is what the table of docs/stores.md
says, byte for byte, and what is refused is named and kept as it was.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest

import dovecot
from gmailkit.auth.passwords import Passwords
from gmailkit.config import Settings
from gmailkit.errors import PartialError, UsageError
from gmailkit.mime.mbox import read_mbox
from gmailkit.model.outside import Outside
from gmailkit.paths import Home
from gmailkit.sandbox import Sandbox
from gmailkit.secret import Secret
from gmailkit.services.copying.carrying import copy_mail
from gmailkit.services.copying.plan import plan_copy
from gmailkit.services.copying.run import copy
from gmailkit.services.places import Places
from gmailkit.stores.eml import EmlStore, ZipTarget
from mailroom import ME, letter
from pair_room import SOURCES, TARGETS, Raws, Room, given, taken
from services.test_copying_between_stores import TwoAccounts
from stores.test_every_store import ODD

_NUMBERS = count()
FEW = [
    *ODD,
    letter("One"),
    letter("One").replace(b"\r\n", b"\n"),  # the same, over IMAP
    letter("Two", body="From here\r\n>From there\r\n\r\nFrom x Mon Jan  2 09:00:00 2023\r\nA: b"),
    letter("Three").rstrip(),
    letter("Four").replace(b"Hello", b"N\0L"),
    letter("Five").replace(b"Subject: ", b"Subject: \xff\xfe "),
    letter("Six").replace(b"Message-ID", b"X-None") + b".\r\n..\r\n.\r\n",
]


def all_mail(corpus: Path) -> Raws:
    """Every message of the corpus once, those of its mbox files among them."""
    found = dict.fromkeys(path.read_bytes() for path in sorted(corpus.rglob("*.eml")))
    for path in sorted((corpus / "mbox").glob("*.mbox")):
        with path.open("rb") as file:
            found.update(dict.fromkeys(read_mbox(file)))
    return list(found)


@pytest.fixture
def make_room(
    sandbox: Sandbox, settings_for: Callable[..., Settings], quick_path: Path
) -> Callable[[], Room]:
    def settings(address: str) -> Settings:
        outside = Outside(
            resolve=lambda host, port: [],
            is_open=lambda address: False,
            trust=sandbox.trust,
            gmail_imap=lambda: (sandbox.imap_port, sandbox.trust()),
        )
        return replace(settings_for(address, "full"), outside=outside)

    return lambda: Room(quick_path, sandbox, settings, f"pairs{next(_NUMBERS)}")


def carried(room: Room, source: str, target: str, here: str) -> tuple[set[bytes], int]:
    """What is in quarantine then, and how many were named."""
    home = Home.at(room.folder / f"home of {target}")
    for user in (room.user(), room.user("imap")):
        for kind in ("imap", "pop3"):
            url = dovecot.running().url(kind, user)
            Passwords(home).save(url, Secret(dovecot.WORD), here=True)
    kept, named = room.folder / f"refused by {target}", 0

    def settings(address: str = ME, purpose: str = "") -> Settings:
        return replace(room.settings(address), home=home)

    with TwoAccounts(settings) as places:
        if target == "zip":
            named = zipped(places, here, room.folder / "to zip", kept)
        else:
            plan = plan_copy(places, here, room.place(target), mark="", everywhere=True)
            try:
                copy_mail(places, plan, quarantine=kept)
            except PartialError as partly:
                named = len(partly.failed)
    return {path.read_bytes() for path in kept.rglob("*.eml")}, named


def zipped(places: Places, here: str, path: Path, kept: Path) -> int:
    with ExitStack() as resources:
        source = places.source(places.locate(here))
        target = resources.enter_context(ZipTarget(path))
        refuse = lambda: resources.enter_context(EmlStore(kept, write=True))  # noqa: E731
        return len(copy(source, target, source.refs(), quarantine=refuse).refused)


def goes(room: Room, source: str, targets: Iterable[str], raws: Raws) -> None:
    here = room.filled(source, raws)
    every = given(source, raws)
    for target in targets:
        if (source, target) == ("gmail", "backup"):  # by backing it up, under its own ids
            with pytest.raises(UsageError, match="by backing it up"):
                carried(room, source, target, here)
            continue
        came, refused = taken(target, every)
        quarantine, named = carried(room, source, target, here)
        lies = room.lies(target)
        assert (came - lies, lies - came) == (Counter(), Counter()), f"{source} to {target}"
        assert quarantine == refused, f"{source} to {target}"
        assert named == sum(raw in refused for raw in every), f"{source} to {target}"


@pytest.mark.parametrize("source", SOURCES)
def test_odd_mail_is_in_other_stores_what_the_table_says(
    make_room: Callable[[], Room], source: str
) -> None:
    """Each kind of source by two kinds of target, in turn; by all of them in the soak."""
    place = 2 * SOURCES.index(source)
    turn = [TARGETS[at % len(TARGETS)] for at in (place, place + 1)]
    goes(make_room(), source, turn, FEW)


@pytest.mark.soak
@pytest.mark.timeout(0)
@pytest.mark.parametrize("source", SOURCES)
def test_the_corpus_is_in_every_other_store_what_the_table_says(
    make_room: Callable[[], Room], source: str, corpus: Path
) -> None:
    goes(make_room(), source, TARGETS, list(dict.fromkeys([*FEW, *all_mail(corpus)])))
