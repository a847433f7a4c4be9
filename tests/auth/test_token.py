"""Tokens on their way to a store and back, and when they are fresh."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gmailkit.auth.token import Token, end_of
from gmailkit.secret import Secret

TOKEN = Token(
    access_token=Secret("ya29.access-canary"),
    refresh_token=Secret("1//refresh-canary"),
    client_id="client",
    client_secret=Secret("GOCSPX-canary"),
    expiry=4600.0,
    scopes=("openid",),
    granted_at=1000.0,
    refreshed_at=1000.0,
)


@pytest.mark.parametrize(
    ("now", "fresh"),
    [
        (1000, True),
        (4299, True),
        (4300, False),  # five minutes before the end
        (4600, False),
        (900, True),  # clocks of two processes may differ a little
        (699, False),  # the clock went back: what the expiry means nobody knows
        (0, False),
    ],
)
def test_a_token_is_fresh_until_five_minutes_before_its_end(now: float, fresh: bool) -> None:
    assert TOKEN.is_fresh(now) == fresh


def test_without_an_expiry_it_is_fresh_until_somebody_says_no() -> None:
    assert replace(TOKEN, expiry=None).is_fresh(10**10)


def test_a_dead_token_has_no_secrets_left_but_its_dates() -> None:
    dead = TOKEN.died("the password was changed")
    assert not dead.is_fresh(1000)
    assert dead.access_token == dead.refresh_token == ""
    assert (dead.granted_at, dead.refreshed_at, dead.dead) == (
        1000,
        1000,
        "the password was changed",
    )


def test_repr_shows_no_secret() -> None:
    assert "canary" not in repr(TOKEN)


@given(
    st.builds(
        Token,
        access_token=st.text(max_size=7).map(Secret),
        refresh_token=st.text(max_size=7).map(Secret),
        client_id=st.text(),
        client_secret=st.text(max_size=7).map(Secret),
        expiry=st.none() | st.floats(0, 1e12),
        scopes=st.lists(st.text(max_size=5), max_size=3).map(tuple),
        granted_at=st.floats(0, 1e12),
        refreshed_at=st.floats(0, 1e12),
        dead=st.text(),
    )
)
def test_what_is_stored_is_what_comes_back(token: Token) -> None:
    back = Token.decode(token.encode())
    assert back == token
    assert isinstance(back.access_token, Secret)
    assert isinstance(back.refresh_token, Secret)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff",
        b"{}",
        json.dumps({"version": 2}).encode(),
        TOKEN.encode().replace(b'"expiry": 4600.0', b'"expiry": "soon"'),
        TOKEN.encode().replace(b'"refresh_token"', b'"refresh"'),
        TOKEN.encode()[:-20],
    ],
)
def test_what_is_no_token_is_said_to_be_none(content: bytes) -> None:
    with pytest.raises(ValueError):
        Token.decode(content)


@pytest.mark.parametrize("told", [None, "soon", "", {}], ids=repr)
def test_a_lifetime_that_is_no_number_counts_as_not_told(told: object) -> None:
    assert end_of(told, 1000.0) is None


@pytest.mark.parametrize("told", [60, "60", 60.0], ids=repr)
def test_a_lifetime_counts_from_now(told: object) -> None:
    assert end_of(told, 1000.0) == 1060.0
