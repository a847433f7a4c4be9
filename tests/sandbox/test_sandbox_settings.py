"""users.settings: what exists once in a mailbox."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gmailkit.sandbox import Sandbox
from sandbox_caller import ANN, BOB, ME, Caller, letter, refusal

VACATION: dict[str, Any] = {
    "enableAutoReply": True,
    "responseSubject": "Away",
    "responseBodyPlainText": "Back on Monday.",
    "restrictToContacts": True,
    "startTime": "1700000000000",
    "endTime": "1700009000000",
}
IMAP = {"enabled": True, "expungeBehavior": "deleteForever", "maxFolderSize": 5000}
POP = {"accessWindow": "fromNowOn", "disposition": "markRead"}


def put(caller: Caller, path: str, body: object) -> Any:
    response = caller.call("PUT", f"settings/{path}", json=body)
    assert response.status_code == 200, response.text
    return response.json()


def refused(caller: Caller, path: str, body: object) -> tuple[int, str]:
    code, _, _, message = refusal(caller.call("PUT", f"settings/{path}", json=body))
    return code, message


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("vacation", VACATION),
        ("imap", IMAP),
        ("pop", POP),
        ("language", {"displayLanguage": "fr-CA"}),
    ],
    ids=["vacation", "imap", "pop", "language"],
)
def test_what_was_put_comes_back_and_is_replaced_whole(
    owner: Caller, ann: Caller, path: str, body: dict[str, Any]
) -> None:
    before = ann.said(f"settings/{path}")
    assert put(owner, path, body) == body
    assert owner.said(f"settings/{path}") == body
    assert ann.said(f"settings/{path}") == before  # each mailbox has its own
    if path != "language":
        last = list(body)[-1]
        assert (
            put(owner, path, {k: v for k, v in body.items() if k != last}).get(last) != body[last]
        )


def test_a_new_mailbox_has_defaults(me: Caller) -> None:
    assert me.said("settings/vacation") == {}
    assert me.said("settings/autoForwarding") == {}
    assert me.said("settings/language") == {"displayLanguage": "en"}
    assert me.said("settings/pop") == {"accessWindow": "disabled", "disposition": "leaveInInbox"}
    assert me.said("settings/imap") == {
        "enabled": True,
        "autoExpunge": True,
        "expungeBehavior": "archive",
        "maxFolderSize": 0,
    }


@pytest.mark.parametrize("path", ["vacation", "imap", "pop", "language", "autoForwarding"])
def test_mail_scopes_read_settings_and_do_not_write_them(me: Caller, path: str) -> None:
    assert me.get(f"settings/{path}").status_code == 200
    code, reason, _, _ = refusal(me.call("PUT", f"settings/{path}", json={}))
    assert (code, reason) == (403, "insufficientPermissions")


@pytest.mark.parametrize(
    ("path", "body", "word"),
    [
        ("vacation", {"enableAutoReply": True}, "nonempty"),
        ("vacation", {"enableAutoReply": True, "responseBodyPlainText": " \n"}, "nonempty"),
        ("vacation", {"startTime": "2000", "endTime": "2000"}, "precede"),
        ("vacation", {"startTime": "tomorrow"}, "startTime"),
        ("vacation", {"endTime": "-1"}, "1970"),
        ("vacation", {"enableAutoReply": "true"}, "TYPE_BOOL"),
        ("vacation", {"subject": "x"}, "Unknown name"),
        ("imap", {"maxFolderSize": 999}, "folder size"),
        ("imap", {"expungeBehavior": "Archive"}, "TYPE_ENUM"),
        ("imap", {"autoExpunge": 1}, "TYPE_BOOL"),
        ("pop", {"accessWindow": "all"}, "TYPE_ENUM"),
        ("pop", {"disposition": "mark_read"}, "TYPE_ENUM"),
        ("language", {"displayLanguage": "english!"}, "language"),
        ("language", {"displayLanguage": "xx-YY"}, "language"),
        ("language", {}, "language"),
    ],
)
def test_wrong_values_are_refused_and_change_nothing(
    owner: Caller, path: str, body: dict[str, Any], word: str
) -> None:
    before = owner.said(f"settings/{path}")
    code, message = refused(owner, path, body)
    assert code == 400
    assert word in message
    assert owner.said(f"settings/{path}") == before


@pytest.mark.parametrize(
    ("asked", "saved"),
    [
        ("en-XX", "en"),
        ("en-gb", "en-GB"),
        ("EN-GB-oed", "en-GB"),
        ("de-AT", "de"),
        ("pt", "pt-BR"),
        ("zh-SG", "zh-CN"),
    ],
)
def test_a_near_variant_of_a_language_takes_its_place(
    owner: Caller, asked: str, saved: str
) -> None:
    assert put(owner, "language", {"displayLanguage": asked}) == {"displayLanguage": saved}
    assert owner.said("settings/language") == {"displayLanguage": saved}


@pytest.mark.parametrize(("domain", "enabled"), [("gmail.com", True), ("example.com", None)])
def test_imap_of_a_consumer_account_is_always_on(
    sandbox: Sandbox, calls: Callable[..., Caller], domain: str, enabled: bool | None
) -> None:
    sandbox.mail.add_user(f"zoe@{domain}")
    zoe = calls(f"zoe@{domain}", "gmail.settings.basic")
    put(zoe, "imap", {"enabled": False, "autoExpunge": True})
    assert zoe.said("settings/imap").get("enabled") is enabled


def test_unspecified_falls_back_to_the_default(owner: Caller) -> None:
    unspecified = {
        "accessWindow": "accessWindowUnspecified",
        "disposition": "dispositionUnspecified",
    }
    said = put(owner, "pop", unspecified)
    assert said == {"accessWindow": "disabled", "disposition": "leaveInInbox"}
    said = put(owner, "imap", {"expungeBehavior": "expungeBehaviorUnspecified"})
    assert said == {"expungeBehavior": "archive", "maxFolderSize": 0}


def test_html_of_a_reply_is_kept_without_its_scripts(owner: Caller) -> None:
    html = (
        '<p onclick="x()">Away <b>now</b><script>alert(1)</script></p><a href="javascript:x">y</a>'
    )
    said = put(owner, "vacation", {"responseBodyHtml": html})
    assert said["responseBodyHtml"] == "<p>Away <b>now</b></p><a>y</a>"


def test_settings_outlive_the_process_and_so_do_their_effects(tmp_path: Path) -> None:
    state = tmp_path / "state.db"
    with Sandbox(state, sample=False) as first:
        caller = Caller(first.url, first.issue_token(ME, ["gmail.settings.basic"]))
        put(caller, "vacation", {"enableAutoReply": True, "responseSubject": "Away"})
        body = {"criteria": {"from": ANN}, "action": {"addLabelIds": ["STARRED"]}}
        assert caller.post("settings/filters", body).status_code == 200
        first.deliver(ME, letter(sender=BOB, to=ME))
        caller.close()
    with Sandbox(state) as second:
        caller = Caller(second.url, second.issue_token(ME, ["gmail.settings.basic"]))
        assert caller.said("settings/vacation")["responseSubject"] == "Away"
        caller.close()
        assert "STARRED" in second.mail.labels_of(ME, second.deliver(ME, letter(sender=ANN, to=ME)))
        second.deliver(ME, letter(sender=BOB, to=ME))
        assert len(second.mail.ids(BOB)) == 1  # answered in the life before
        assert len(second.mail.ids(ANN)) == 1
