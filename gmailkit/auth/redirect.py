"""What the browser brings back, whether to our listener or by copy and paste (RFC 6749, 4.1.2)."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

from gmailkit.auth.refusal import Refusal
from gmailkit.secret import Secret


@dataclass(frozen=True, slots=True)
class Answer:
    """A code, or the reason why there is none; exactly one is filled."""

    code: Secret | None = None
    refusal: Refusal | None = None


class NotOurs(ValueError):
    """Not an answer to our question; the text says why."""


def read_answer(query: str, state: Secret) -> Answer:
    """The answer in a redirect's query, if its `state` is ours.

    The state is compared in constant time, and before anything else is believed. Raises NotOurs.
    """
    try:
        pairs = parse_qsl(query, max_num_fields=30, strict_parsing=True, errors="strict")
    except ValueError:
        raise NotOurs("it holds no answer") from None
    names = [name for name, _ in pairs]
    fields = dict(pairs)
    if len(names) != len(fields):
        raise NotOurs("it says something twice")
    if not hmac.compare_digest(fields.get("state", "").encode(), state.encode()):
        raise NotOurs("it belongs to another sign-in")
    if "error" in fields:
        return Answer(refusal=Refusal.of(fields))
    if not fields.get("code"):
        raise NotOurs("it holds no code")
    return Answer(code=Secret(fields["code"]))


def read_pasted(text: str, redirect_uri: str, state: Secret) -> Answer:
    """The answer in a pasted address; raises NotOurs with a sentence for the person."""
    text = text.strip().strip("'\"<>")
    if not text:
        raise NotOurs("Nothing was pasted.")
    if "?" not in text or "://" not in text:
        raise NotOurs(
            "That is not the whole address. Paste all of it, from http://127.0.0.1 to the end."
        )
    parts, ours = urlsplit(text), urlsplit(redirect_uri)
    if (parts.netloc, parts.path) != (ours.netloc, ours.path):
        raise NotOurs(
            f"That address does not begin with {ours.scheme}://{ours.netloc}, where this sign-in "
            "ends. Sign in with the address above first, then paste where the browser lands."
        )
    try:
        return read_answer(parts.query, state)
    except NotOurs as error:
        raise NotOurs(f"That address does not fit: {error}.") from error
