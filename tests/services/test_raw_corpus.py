"""A finished message is sent as it is, as far as Gmail's rules let it: the whole corpus shows it.

The list of what may change is here, and nothing else may.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from fakes import ImpatientClock
from gmailkit.config import Settings
from gmailkit.errors import GmailKitError, UsageError
from gmailkit.gmail import Gmail
from gmailkit.paths import Home

Fields = list[tuple[str, bytes]]

# 1. Before anything is sent, by us: each bare LF becomes CRLF.
# 2. By Gmail: From unless it is an own address, Message-ID always, Date where it is missing or
#    none, the replaced From in a header of its own, and a Received line on top.
GMAIL_SETS = frozenset(("from", "message-id", "date", "x-google-original-from"))
GMAIL_ADDS = re.compile(
    rb"Received: from \S+ named unknown by gmailapi\.google\.com with HTTPREST;"
)
# 3. By Gmail: raw bytes beyond ASCII in a header are taken for Latin-1 and encoded, unless there is
#    an address beyond ASCII. Of such a field only the name is compared.
# 4. By Gmail: a blank line ends a header that ends without one.

# What cannot be sent, in the sentence that says so.
REFUSALS = re.compile(
    r"The finished message has no (?:recipient|header)\."
    r"|The finished message goes to '.+', which is no e-mail address\."
    r"|Gmail refuses the recipients: Invalid (?:To|Cc|Bcc) header\."
    r"|Gmail did not accept \S+: Message blocked: attachments of type \.\w+ are not allowed\.",
    re.DOTALL,
)


def split(raw: bytes) -> tuple[Fields, bytes]:
    """The header fields as they stand, named in lower case, and all that follows the blank line."""
    head, _, body = (b"\r\n" + raw).partition(b"\r\n\r\n")
    found: Fields = []
    for line in filter(None, head.split(b"\r\n")):
        if found and line[:1] in (b" ", b"\t"):
            found[-1] = (found[-1][0], found[-1][1] + b"\r\n" + line)
        else:
            name = re.match(rb"([!-9;-~]+)[ \t]*:", line)
            found.append((name[1].decode().lower() if name else "", line))
    return found, body


def must_stay(fields: Fields, *, encoded: frozenset[str]) -> Fields:
    return [
        (name, b"" if name in encoded else line) for name, line in fields if name not in GMAIL_SETS
    ]


def assert_as_it_was(given: bytes, arrived: bytes) -> None:
    before, body = split(re.sub(rb"(?<!\r)\n", b"\r\n", given))
    after, arrived_body = split(arrived)
    assert GMAIL_ADDS.match(after[0][1])
    assert arrived_body == body
    encoded = frozenset(name for name, line in before if not line.isascii())
    assert must_stay(after[1:], encoded=encoded) == must_stay(before, encoded=encoded)


@pytest.fixture
def fresh(settings_for: Callable[..., Settings], tmp_path: Path) -> Iterator[Gmail]:
    from dataclasses import replace

    settings = replace(settings_for(), home=Home.at(tmp_path / "home"))
    with Gmail(settings=settings, clock=ImpatientClock()) as gmail:
        yield gmail


def send_all(gmail: Gmail, paths: list[Path]) -> tuple[int, int]:
    """How many arrived as they were, and how many were refused with a sentence."""
    sent = refused = 0
    for path in paths:
        try:
            done = gmail.send(raw=path, way="fast")
        except UsageError as error:
            assert REFUSALS.fullmatch(error.message), f"{path.name}: {error.message}"
            refused += 1
        except GmailKitError as error:
            raise AssertionError(f"{path.name}: {error}") from error
        else:
            try:
                assert_as_it_was(path.read_bytes(), gmail.raw(done.id))
            except AssertionError as error:
                raise AssertionError(f"{path.name} changed: {error}") from error
            sent += 1
    return sent, refused


def test_some_of_the_corpus(fresh: Gmail, corpus: Path) -> None:
    paths = sorted(corpus.rglob("*.eml"))[::29]
    paths += [path for path in corpus.rglob("*.eml") if path.name.startswith(("eai__", "cpython"))]
    sent, refused = send_all(fresh, paths)
    assert sent > refused > 0


@pytest.mark.soak
@pytest.mark.timeout(900)
def test_all_of_the_corpus(fresh: Gmail, corpus: Path) -> None:
    paths = sorted(corpus.rglob("*.eml"))
    sent, refused = send_all(fresh, paths)
    assert sent + refused == len(paths)
    assert sent > 1_000


def test_a_change_would_be_seen() -> None:
    raw = b"To: a@example.com\r\nX-A: 1\r\n\r\nbody\r\n"
    top = b"Received: from x named unknown by gmailapi.google.com with HTTPREST; now\r\n"
    assert_as_it_was(raw, top + b"From: me@example.com\r\nMessage-ID: <x@y>\r\n" + raw)
    for changed in (
        raw.replace(b"X-A: 1", b"X-A: 2"),
        raw.replace(b"X-A: 1\r\n", b""),
        raw.replace(b"X-A", b"X-B: 2\r\nX-A"),
        raw + b"\r\n",
    ):
        with pytest.raises(AssertionError):
            assert_as_it_was(raw, top + changed)
