"""Every message of the corpus, and the values its makers expect."""

from __future__ import annotations

import email
import json
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from gmailkit.mime.html import html_to_text
from gmailkit.mime.parse import parse, parse_headers
from gmailkit.model.mail import Mail


def _messages(corpus: Path, *folders: str) -> Iterator[Path]:
    for folder in folders:
        yield from sorted((corpus / folder).glob("*.eml"))


def test_every_message_is_read(corpus: Path) -> None:
    count = 0
    for path in _messages(corpus, "mime", "intl", "real"):
        mail = parse(path.read_bytes())
        count += 1
        assert mail.headers or mail.text or path.stat().st_size < 2, path.name
        for text in (mail.subject, mail.text, html_to_text(mail.html)):
            text.encode()
    assert count > 1_000


def test_headers_alone_say_the_same(corpus: Path) -> None:
    for path in _messages(corpus, "mime", "intl", "real"):
        whole, header = parse(path.read_bytes()), parse_headers(path.read_bytes())
        assert whole.headers == header.headers, path.name
        assert whole.subject == header.subject, path.name


def test_ordinary_mail_has_the_same_parts_for_pythons_parser(corpus: Path) -> None:
    """As a second witness: number of leaves, and their decoded bytes, in `real/`."""
    for path in _messages(corpus, "real"):
        raw = path.read_bytes()
        mail, other = parse(raw), email.message_from_bytes(raw)
        if any(part.get_content_maintype() == "message" for part in other.walk()):
            continue
        leaves = [part for part in other.walk() if not part.is_multipart()]
        leaves = [part for part in leaves if part.get_content_subtype() != "enriched"]
        attached = {a.content for a in mail.attachments}
        for leaf in leaves:
            content = leaf.get_payload(decode=True)
            assert isinstance(content, bytes)
            lines = [line for line in content.splitlines() if line.isascii()]
            text = mail.text + mail.html
            assert content in attached or all(line.decode() in text for line in lines), path


def _found(mail: Mail) -> dict[str, object]:
    sender = mail.sender
    return {
        "subject": mail.subject,
        "text": mail.text,
        "filename": mail.attachments[0].filename if mail.attachments else None,
        "from_addr": sender.email if sender else None,
        "from_name": sender.name if sender else None,
        "to": [address.email for address in mail.to],
    }


def test_expected_values_hold(corpus: Path) -> None:
    """The binding ones, and also those only a good client shows (`_lenient`)."""
    expected = json.loads((corpus / "intl" / "EXPECTED.json").read_text())
    checked = 0
    for name, values in expected.items():
        found = _found(parse((corpus / "intl" / name).read_bytes()))
        for key, value in values.items():
            key = key.removesuffix("_lenient")
            if key in found:
                assert found[key] == value, f"{name}: {key}"
                checked += 1
    assert checked > 30


CHANGES = 3


@pytest.mark.parametrize("seed", range(2))
def test_damaged_messages_are_read_too(corpus: Path, seed: int) -> None:
    chance = random.Random(seed)
    for path in _messages(corpus, "mime", "intl"):
        raw = bytearray(path.read_bytes()[:20_000])
        for _ in range(CHANGES):
            if raw:
                at = chance.randrange(len(raw))
                raw[at : at + chance.randrange(3)] = chance.choice(
                    [b"", b"\0", b"\n", b'"', b"=?", b"--", b"\xff", b"\r"]
                )
        parse(bytes(raw[: chance.randrange(len(raw) + 1)]))


@pytest.mark.soak
def test_damaged_messages_are_read_too_many_times(corpus: Path) -> None:
    for seed in range(100, 160):
        test_damaged_messages_are_read_too(corpus, seed)
