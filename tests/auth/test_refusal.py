"""Every word of an authorisation server is a sentence with a next step."""

from __future__ import annotations

import pytest

from gmailkit.auth.refusal import Refusal, plain, sign_in_error
from gmailkit.errors import GmailKitError, Refused, ServerFault, SignInNeeded, UsageError
from gmailkit.secret import MASK


@pytest.mark.parametrize(
    ("error", "kind", "words"),
    [
        ("access_denied", Refused, "was not allowed"),
        ("invalid_grant", SignInNeeded, "did not take the code"),
        ("invalid_client", UsageError, "does not know the client"),
        ("deleted_client", UsageError, "does not know the client"),
        ("unauthorized_client", Refused, "may not use"),
        ("redirect_uri_mismatch", UsageError, "wrong type"),
        ("admin_policy_enforced", Refused, "organisation does not allow"),
        ("org_internal", Refused, "members of its own"),
        ("disallowed_useragent", Refused, "did not take the sign-in request"),
        ("invalid_request", Refused, "did not take the sign-in request"),
        ("invalid_scope", Refused, "does not know a permission"),
        ("rate_limit_exceeded", Refused, "no sign-ins left"),
        ("server_error", ServerFault, "answered server_error"),
        ("", ServerFault, "nothing we can read"),
    ],
)
def test_each_error_is_a_sentence_with_a_next_step(
    error: str, kind: type[GmailKitError], words: str
) -> None:
    said = sign_in_error(Refusal(error))
    assert type(said) is kind
    assert words in said.message
    assert said.message.endswith(".")
    assert said.hint


def test_the_servers_own_words_are_added() -> None:
    error = sign_in_error(Refusal("invalid_scope", "Some scopes were invalid: [x]."))
    assert error.message.endswith("asked for (Some scopes were invalid: [x]).")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("two\r\nlines", "two lines"),
        ("\x1b]0;owned\x07 and \x1b[2J", "]0;owned and [2J"),
        ("x\u202egnp.exe", "x gnp.exe"),
        ("token ya29.secret-0123456789", f"token {MASK}"),
        ("long " * 100, ("long " * 100)[:200]),
        ("", ""),
    ],
    ids=["lines", "terminal", "bidi", "secret", "long", "none"],
)
def test_a_servers_words_cannot_play_with_the_terminal(text: str, shown: str) -> None:
    assert plain(text) == shown


def test_a_refusal_is_read_from_any_object() -> None:
    refusal = Refusal.of({"error": "invalid_grant", "error_subtype": "invalid_rapt", "x": 1})
    assert refusal == Refusal("invalid_grant", "", "invalid_rapt")
    assert Refusal.of({"error": None}) == Refusal("")
