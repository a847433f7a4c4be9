"""Names of stores say which place is meant, and slips are answered with what to write."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gmailkit.errors import UsageError
from gmailkit.stores.locate import SCHEMES, Location, locate

MEANT = {
    "gmail:ann@example.com": ("gmail", {"user": "ann@example.com"}),
    "gmail:": ("gmail", {}),
    "imap+gmail:ann@example.com": ("imap+gmail", {"user": "ann@example.com"}),
    "imaps://ann@mail.example.com": ("imaps", {"user": "ann", "host": "mail.example.com"}),
    "IMAPS://Mail.Example.com:1993/": ("imaps", {"host": "mail.example.com", "port": 1993}),
    "imaps://ann@example.com@mail.example.com/Work/Old%20mail?a=b": (
        "imaps",
        {
            "user": "ann@example.com",
            "host": "mail.example.com",
            "path": "Work/Old mail",
            "query": "a=b",
        },
    ),
    "pop3s://ann%40example.com@[::1]:995": (
        "pop3s",
        {"user": "ann@example.com", "host": "::1", "port": 995},
    ),
    "maildir:~/Mail": ("maildir", {"path": "~/Mail"}),
    "mbox:///var/mail/ann": ("mbox", {"path": "/var/mail/ann"}),
    "eml:a:b#c@d": ("eml", {"path": "a:b#c@d"}),
    "takeout:takeout-1.zip": ("takeout", {"path": "takeout-1.zip"}),
    "backup:mail.backup": ("backup", {"path": "mail.backup"}),
    "backup:mail.backup#ann@example.com": (
        "backup",
        {"path": "mail.backup", "user": "ann@example.com"},
    ),
    "backup:s3://bucket/mail": ("backup", {"path": "s3://bucket/mail"}),
    "s3://bucket/mail": ("backup", {"path": "s3://bucket/mail"}),
    "mail.backup": ("", {"path": "mail.backup"}),
    "./imaps:mail": ("", {"path": "./imaps:mail"}),
    "C:\\Mail": ("", {"path": "C:\\Mail"}),
    "notmuch:tag": ("notmuch", {"path": "tag"}),
}


@pytest.mark.parametrize("text", MEANT)
def test_a_name_says_what_kind_of_store_is_where(text: str) -> None:
    scheme, facts = MEANT[text]
    location = locate(text, more=["notmuch"])
    assert location.scheme == scheme
    has = {name: getattr(location, name) for name in ("user", "host", "port", "path", "query")}
    assert {name: value for name, value in has.items() if value} == facts


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("", "gmail:ann@example.com"),
        ("malidir:Mail", "maildir:Mail"),
        ("quux:Mail", "./quux:Mail"),
        ("gmail://ann@example.com", "gmail:ann@example.com"),
        ("maildir:", "maildir:~/Mail"),
        ("maildir://server/Mail", "maildir:~/Mail"),
        ("imaps:mail.example.com", "imaps://"),
        ("imaps://mail.example.com:port", "imaps://"),
        ("imaps://mail.example.com:0", "imaps://"),
        ("imaps://ann@mail example.com", "imaps://"),
        ("imaps://[::1", "imaps://"),
        ("backup:", "backup:~/Mail"),
    ],
)
def test_a_slip_is_answered_with_what_to_write(text: str, hint: str) -> None:
    with pytest.raises(UsageError) as slip:
        locate(text)
    assert hint in slip.value.hint


def test_a_password_in_a_name_is_refused_and_not_repeated() -> None:
    with pytest.raises(UsageError) as refused:
        locate("imaps://ann:hunter2@mail.example.com")
    assert "hunter2" not in refused.value.message + refused.value.hint


@given(st.builds("{}:{}".format, st.sampled_from([*SCHEMES, "x-y"]), st.text()) | st.text())
def test_any_text_is_a_place_that_its_own_text_names_again_or_a_slip_with_a_hint(text: str) -> None:
    try:
        location = locate(text, more=["x-y"])
    except UsageError as slip:
        assert slip.hint
        return
    assert isinstance(location, Location)
    assert locate(str(location), more=["x-y"]) == location
