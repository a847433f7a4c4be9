"""Whether a DKIM signature that the receiving server found valid covers given header fields.

Nothing is computed here, and no key looked up: the verdict is Gmail's, in the
Authentication-Results field (RFC 8601) that it puts on top of what it receives by SMTP. Mail that
was imported, inserted, appended by IMAP or fetched by POP may have none of Gmail's on top: then the
topmost one is whatever the sender wrote, in Gmail's name too, and nothing here can tell.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence

from gmailkit.mime.header import decode

GMAIL = "mx.google.com"
Fields = Sequence[tuple[str, str]]
_LONGEST = 16_384
_SPACED = re.compile(r"\s*=\s*")


def vouching(fields: Fields, names: Collection[str], *, by: str = GMAIL) -> str:
    """The domain whose valid signature covers each of `names`, which stand there once; else "".

    `fields` in the order of the message. Only the topmost Authentication-Results counts, and only
    if it names `by`: one below came along with the message, and anybody can have written it. (Of
    mail that was not received by SMTP that holds for the topmost as well.)
    """
    present = Counter(name.casefold() for name, _ in fields)
    wanted = {name.casefold() for name in names}
    if any(present[name] != 1 for name in wanted):
        return ""  # a second one was not signed: a signature covers the last of a name
    place = next((n for n, (name, _) in enumerate(fields) if _is_verdict(name)), None)
    if place is None:
        return ""
    server, verdicts = _verdicts(fields[place][1])
    if server != by:
        return ""
    below = fields[place + 1 :]
    signatures = [_tags(value) for name, value in below if name.casefold() == "dkim-signature"]
    for verdict in verdicts:
        meant = [each for each in signatures if _is_of(verdict, each)]
        about = [each for each in verdicts if any(_is_of(each, signed) for signed in meant)]
        # With two that look alike nobody can tell which of them was found valid.
        if verdict.get("dkim") == "pass" and len(meant) == len(about) == 1:
            covered = Counter(meant[0].get("h", "").casefold().replace(" ", "").split(":"))
            if all(covered[name] for name in wanted):
                return meant[0]["d"].casefold()
    return ""


def _is_verdict(name: str) -> bool:
    return name.casefold() == "authentication-results"


def _is_of(verdict: Mapping[str, str], signature: Mapping[str, str]) -> bool:
    """Whether a result is that of a signature: by domain, selector and the start of its bytes."""
    domain = signature.get("d", "").casefold()
    said = (verdict.get("header.d") or verdict.get("header.i", "").rpartition("@")[2]).casefold()
    start = verdict.get("header.b", "")
    selector = verdict.get("header.s")
    return (
        bool(domain and start)
        and (said == domain or said.endswith(f".{domain}"))
        and selector in (None, signature.get("s"))
        and signature.get("b", "").startswith(start)
    )


def _verdicts(value: str) -> tuple[str, list[dict[str, str]]]:
    """Who looked, and what was found of DKIM.

    Gmail says that first. Further on stand words of the sender, such as the address of a bounce,
    which may be written to look like a result.
    """
    head, *rest = _split(_without_comments(decode(value[:_LONGEST])))
    server = next(iter(head.split()), "").casefold()
    found = []
    for part in rest:
        pairs = [word.partition("=") for word in _SPACED.sub("=", part).split()]
        said = {name.casefold(): text.strip('"') for name, _, text in pairs}
        if "dkim" not in said:
            break
        found.append({**said, "dkim": said["dkim"].casefold()})
    return server, found


def _tags(value: str) -> dict[str, str]:
    """Of a DKIM-Signature (RFC 6376 section 3.2), blanks left out: the last of a name counts."""
    pairs = [part.partition("=") for part in decode(value[:_LONGEST]).split(";")]
    return {name.strip(): "".join(text.split()) for name, _, text in pairs}


def _split(text: str) -> list[str]:
    """At semicolons that stand in no quoted string."""
    parts, quoted = [""], False
    for character in text:
        quoted ^= character == '"'
        if character == ";" and not quoted:
            parts.append("")
        else:
            parts[-1] += character
    return parts


def _without_comments(text: str) -> str:
    return "".join(_outside(text))


def _outside(text: str) -> Iterator[str]:
    depth, quoted = 0, False
    for character in text:
        if character == '"' and not depth:
            quoted = not quoted
        if not quoted and character == "(":
            depth += 1
        elif not quoted and character == ")" and depth:
            depth -= 1
        elif not depth:
            yield character
