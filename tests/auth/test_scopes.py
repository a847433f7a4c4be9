"""Scopes against Google's own document: what each one opens, and what its lack costs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import googleapiclient.discovery_cache
import pytest

from gmailkit.auth import scopes
from gmailkit.auth.scopes import (
    COMPOSE,
    DEFAULT_PURPOSE,
    EMAIL,
    FULL,
    INSERT,
    LABELS,
    METADATA,
    MODIFY,
    ONLY_BY_SERVICE_ACCOUNT,
    OPENID,
    PURPOSES,
    READONLY,
    SEND,
    SETTINGS,
    SHARING,
    hint_for,
    losses,
    normalize,
    permission_for,
    purpose_of,
    short,
    suffices,
)

KNOWN = (FULL, MODIFY, READONLY, COMPOSE, SEND, INSERT, LABELS, METADATA, SETTINGS, SHARING)


def methods() -> dict[str, frozenset[str]]:
    """Every Gmail method and the scopes it accepts, from the discovery document."""
    folder = Path(googleapiclient.discovery_cache.__file__).parent / "documents"
    document = json.loads((folder / "gmail.v1.json").read_text())

    def walk(node: dict[str, Any]) -> Iterator[tuple[str, frozenset[str]]]:
        for method in node.get("methods", {}).values():
            yield method["id"].removeprefix("gmail.users."), frozenset(method["scopes"])
        for child in node.get("resources", {}).values():
            yield from walk(child)

    return dict(walk(document))


METHODS = methods()


def test_the_document_has_the_methods_of_the_facts() -> None:
    assert len(METHODS) == 79


@pytest.mark.parametrize("scope", KNOWN, ids=scopes.short)
def test_a_scope_opens_exactly_the_methods_that_list_it(scope: str) -> None:
    for method, accepted in METHODS.items():
        assert suffices({scope}, accepted) == (scope in accepted), method


def test_no_purpose_asks_for_metadata_or_what_gmail_does_not_know() -> None:
    asked = {scope for purpose in PURPOSES.values() for scope in purpose}
    assert METADATA not in asked
    assert asked <= {*KNOWN, OPENID, EMAIL}


@pytest.mark.parametrize(
    ("purpose", "opens", "keeps_shut"),
    [
        ("send", ["messages.send"], ["messages.list", "getProfile", "drafts.send"]),
        ("read", ["messages.list", "messages.get", "getProfile"], ["messages.send"]),
        (
            "modify",
            ["messages.send", "messages.batchModify", "messages.import"],
            ["messages.delete"],
        ),
        ("settings", ["settings.updateVacation", "messages.list"], ["messages.modify"]),
        ("restore", ["messages.import", "settings.filters.create"], ["messages.delete"]),
        ("full", ["messages.delete", "settings.filters.create"], ["settings.delegates.create"]),
        (
            "admin",
            ["settings.delegates.create", "settings.updateAutoForwarding", "messages.list"],
            ["messages.modify"],
        ),
    ],
)
def test_a_purpose_opens_what_it_is_for(
    purpose: str, opens: list[str], keeps_shut: list[str]
) -> None:
    assert [m for m in opens if suffices(PURPOSES[purpose], METHODS[m])] == opens
    assert [m for m in keeps_shut if suffices(PURPOSES[purpose], METHODS[m])] == []


def test_names_are_compared_in_their_long_form() -> None:
    assert normalize("openid email https://mail.google.com") == {OPENID, EMAIL, FULL}
    assert normalize([EMAIL, "email"]) == {EMAIL}


@pytest.mark.parametrize("purpose", PURPOSES)
def test_nothing_is_lost_when_all_is_granted(purpose: str) -> None:
    assert losses(PURPOSES[purpose], PURPOSES[purpose]) == ()
    assert losses(PURPOSES[purpose], reversed(PURPOSES[purpose])) == ()


@pytest.mark.parametrize(
    ("asked", "granted", "words"),
    [
        ("modify", {READONLY}, ["Sending", "labels", "back into"]),
        ("settings", {READONLY}, ["settings"]),
        ("settings", {SETTINGS}, ["Reading"]),
        ("restore", {SETTINGS}, ["Reading", "Sending", "labels", "back into"]),
        ("full", {FULL}, ["settings"]),
        ("full", {MODIFY, SETTINGS}, ["for good"]),
        ("send", {OPENID, EMAIL}, ["Sending"]),
        ("send", {SEND, OPENID}, ["address"]),
        ("send", {MODIFY}, []),
        ("read", {READONLY, METADATA}, ["Reading"]),
    ],
)
def test_each_loss_is_a_sentence_of_its_own(
    asked: str, granted: set[str], words: list[str]
) -> None:
    lost = losses(PURPOSES[asked], granted)
    assert len(lost) == len(words)
    for sentence, word in zip(lost, words, strict=True):
        assert word in sentence
        assert sentence.endswith(".")


def test_a_loss_names_the_scope() -> None:
    assert losses(PURPOSES["settings"], {READONLY}) == (
        "Changing settings, such as filters and the vacation reply will not work: "
        "gmail.settings.basic was not granted.",
    )


@pytest.mark.parametrize(
    ("granted", "purpose"),
    [
        *((PURPOSES[purpose], purpose) for purpose in PURPOSES),
        ({SEND}, "send"),
        ({MODIFY, READONLY}, "modify"),
        ({FULL}, "modify"),
        ({LABELS}, ""),
        ((), ""),
    ],
)
def test_the_purpose_is_told_from_the_scopes(granted: set[str], purpose: str) -> None:
    assert purpose_of(granted) == purpose


@pytest.mark.parametrize(
    ("method", "granted", "command"),
    [
        ("messages.send", (), "gmailkit login --for send"),
        ("messages.list", (), "gmailkit login --for read"),
        ("messages.modify", (), "gmailkit login"),
        ("messages.delete", (), "gmailkit login --for full"),
        ("settings.filters.create", (), "gmailkit login --for settings"),
        ("messages.import", (), "gmailkit login"),
        # A new sign-in replaces the old one: what works now must go on working.
        ("messages.send", {READONLY}, "gmailkit login"),
        ("messages.list", {SEND}, "gmailkit login"),
        ("settings.filters.create", {MODIFY}, "gmailkit login --for restore"),
        ("settings.filters.create", {FULL}, "gmailkit login --for full"),
        ("settings.filters.create", {READONLY}, "gmailkit login --for settings"),
    ],
)
def test_the_hint_is_the_least_powerful_login_that_takes_nothing_away(
    method: str, granted: set[str], command: str
) -> None:
    assert hint_for(METHODS[method], granted=granted) == command


@pytest.mark.parametrize("method", METHODS)
def test_every_method_has_a_login_that_opens_it_or_is_a_service_accounts(method: str) -> None:
    accepted = METHODS[method]
    hint = hint_for(accepted)
    if accepted == {SHARING}:
        assert hint == ONLY_BY_SERVICE_ACCOUNT
    else:
        purpose = hint.partition("--for ")[2] or DEFAULT_PURPOSE
        assert suffices(PURPOSES[purpose], accepted)
    assert permission_for(accepted) in map(short, accepted)


def test_the_hint_names_the_account() -> None:
    command = "gmailkit login me@example.com --for send"
    assert hint_for({SEND}, address="me@example.com") == command
