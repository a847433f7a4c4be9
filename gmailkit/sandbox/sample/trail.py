"""What servers write on top of a message: Received, Return-Path, verdicts, signatures."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from gmailkit.sandbox.sample.headers import date_text
from gmailkit.sandbox.sample.letter import Letter, token

_MX = "mx.example.com"
_GMAIL = "mx.google.com"  # who says what it found of signatures
_SIGNED = ("from", "to", "subject", "date", "message-id", "mime-version")


def trail(letter: Letter) -> Iterator[tuple[str, str]]:
    """Fields in the order they lie in the message, the last server's first; none for own mail."""
    if letter.own:
        return
    yield "Delivered-To", letter.delivered_to
    yield "Received", _hop(letter, "by 2001:db8:400::c0de with SMTP id", seconds=0)
    if letter.sender.email.endswith("@example.com"):
        yield "Return-Path", f"<{letter.sender.email}>"
        yield "Received", _hop(letter, "by submission.example.com with ESMTPSA id", seconds=1)
        return
    yield from _from_outside(letter)


def _from_outside(letter: Letter) -> Iterator[tuple[str, str]]:
    domain = letter.sender.email.rpartition("@")[2]
    ip = _ip(domain)
    name = f"mail-{int(token(domain, 2), 16) % 30}.{domain}"
    bounce = f"bounce-{token(letter.key, 10)}@{domain}"
    honest = "SPAM" not in letter.labels
    yield "X-Received", _hop(letter, "by 2001:db8:400::beef with SMTP id", seconds=0)
    yield "Return-Path", f"<{bounce}>"
    server = f"from {name} ({name}. [{ip}]) by {_MX} with ESMTPS id"
    yield "Received", _hop(letter, server, seconds=1, recipient=True)
    yield "Received-SPF", _spf(bounce, ip, honest)
    seal = _seal(letter)
    yield "Authentication-Results", _verdicts(domain, seal if honest else "")
    if honest:
        yield "DKIM-Signature", _signature(letter, domain, seal)
        yield (
            "Received",
            _hop(letter, f"from localhost by {name} (Postrider) with ESMTP id", seconds=3),
        )


def _hop(letter: Letter, route: str, *, seconds: int, recipient: bool = False) -> str:
    """One Received value; `seconds` is how long before the acceptance this server had it."""
    moment = date_text(letter.date - timedelta(seconds=seconds))
    to = f" for <{letter.delivered_to}> (version=TLS1_3 cipher=TLS_AES_256_GCM_SHA384);" * recipient
    return f"{route} {token(route + letter.key, 14)}{to or ';'} {moment} (UTC)"


def _ip(domain: str) -> str:
    """An address of the documentation blocks (RFC 5737), always the same for a domain."""
    number = int(token(domain, 4), 16)
    return f"{('192.0.2', '198.51.100', '203.0.113')[number % 3]}.{number % 251 + 1}"


def _spf(bounce: str, ip: str, honest: bool) -> str:
    if honest:
        verdict = f"pass ({_MX}: domain of {bounce} designates {ip} as permitted sender)"
    else:
        verdict = f"softfail ({_MX}: domain of transitioning {bounce} does not designate {ip})"
    return f"{verdict} client-ip={ip};"


def _verdicts(domain: str, seal: str) -> str:
    """As Gmail writes it; `seal` is what is in the signature, "" for none."""
    if seal:
        dkim = f"dkim=pass header.i=@{domain} header.s=s1 header.b={seal[:8]}"
        return f"{_GMAIL}; {dkim}; spf=pass; dmarc=pass (p=NONE)"
    return f"{_GMAIL}; dkim=none; spf=softfail; dmarc=fail (p=NONE)"


def _seal(letter: Letter) -> str:
    from base64 import b64encode

    words = "".join(token(f"seal {number} {letter.key}", 64) for number in range(4))
    return b64encode(bytes.fromhex(words)).decode()


def _signature(letter: Letter, domain: str, seal: str) -> str:
    """Shaped like a DKIM signature (RFC 6376); it signs nothing."""
    from base64 import b64encode

    digest = b64encode(bytes.fromhex(token("body " + letter.key, 64))).decode()
    pieces = " ".join(seal[at : at + 64] for at in range(0, len(seal), 64))
    moment = int(letter.date.timestamp())
    leaving = [name for name in letter.headers if name.startswith("List-Unsubscribe")]
    covered = ":".join([*_SIGNED, *(name.lower() for name in leaving)])
    return (
        f"v=1; a=rsa-sha256; c=relaxed/relaxed; d={domain}; s=s1; t={moment};"
        f" h={covered}; bh={digest}; b={pieces}"
    )
