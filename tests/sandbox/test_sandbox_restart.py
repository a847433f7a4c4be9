"""A sandbox that stops and one that starts on its file are the same Gmail."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from google.auth.transport.requests import Request
from google.oauth2 import service_account
from requests import Session

from fakes import FakeClock
from gmailkit.sandbox import Sandbox
from sandbox_caller import ANN, Caller, base64url, letter
from sandbox_client import LABELS, MODIFY, Client, failed

ZOE = "zoe@elsewhere.test"
SETTINGS = "gmail.settings.basic"
# What is asked before and after; the answers must be equal to the letter.
LOOKS = """profile messages threads labels drafts
    messages?q=label:plans messages?labelIds=TRASH&includeSpamTrash=true settings/vacation
    settings/filters settings/imap settings/pop settings/language settings/sendAs""".split()


def caller(sandbox: Sandbox, address: str = ZOE) -> Caller:
    return Caller(sandbox.url, sandbox.issue_token(address, ["gmail.modify", SETTINGS]))


def live(sandbox: Sandbox) -> str:
    """A mailbox with something of everything; the history id of when it was empty."""
    sandbox.mail.add_user(ZOE, "Zoe")
    sandbox.mail.add_alias(ZOE, "z@elsewhere.test")
    zoe = caller(sandbox)
    born: str = zoe.said("profile")["historyId"]
    label = zoe.post("labels", {"name": "Plans/2027"}).json()["id"]
    zoe.post("labels", {"name": "Plans"})
    first, second = (
        sandbox.mail.put(ZOE, letter(to=ZOE, subject=subject), labels=["INBOX", "Plans"])
        for subject in ("One", "Two")
    )
    zoe.post(f"messages/{first}/modify", {"addLabelIds": [label, "STARRED"]})
    zoe.post(f"messages/{second}/trash")
    zoe.post("drafts", {"message": {"raw": base64url(letter(subject="Not yet"))}})
    zoe.sent(letter(subject="Off it goes"))
    zoe.call("PUT", "settings/vacation", json={"enableAutoReply": True, "responseSubject": "Away"})
    zoe.post("settings/filters", {"criteria": {"from": ANN}, "action": {"addLabelIds": [label]}})
    zoe.call("PUT", "settings/language", json={"displayLanguage": "fr"})
    zoe.close()
    return born


def seen(sandbox: Sandbox, since: str) -> dict[str, Any]:
    zoe = caller(sandbox)
    found = {look: zoe.said(look) for look in LOOKS}
    found["history"] = zoe.said("history", startHistoryId=since)
    found |= {id: zoe.raw(id) for id in sandbox.mail.ids(ZOE)}
    zoe.close()
    return found


def test_mail_labels_drafts_history_and_settings_are_as_they_were(tmp_path: Path) -> None:
    path, clock = tmp_path / "state.sqlite3", FakeClock()
    with Sandbox(path, sample=False, clock=clock) as sandbox:
        born = live(sandbox)
        before = seen(sandbox, born)
        client_file: Any = sandbox.client_file()["installed"]
    with Sandbox(path, sample=False, clock=clock) as sandbox:
        assert seen(sandbox, born) == before
        again: Any = sandbox.client_file()["installed"]
    for secret in ("client_id", "client_secret"):
        assert client_file[secret] == again[secret]
    assert [look for look in LOOKS if not before[look]] == []


def test_nothing_that_is_made_later_takes_an_id_that_was_given(tmp_path: Path) -> None:
    path = tmp_path / "state.sqlite3"
    with Sandbox(path, sample=False) as sandbox:
        live(sandbox)
        zoe = caller(sandbox)
        gone = zoe.post("labels", {"name": "Gone"}).json()["id"]
        zoe.call("DELETE", f"labels/{gone}")
        history = int(zoe.said("profile")["historyId"])
        zoe.close()
    with Sandbox(path, sample=False) as sandbox:
        zoe = caller(sandbox)
        assert zoe.post("labels", {"name": "Gone"}).json()["id"] != gone
        new = sandbox.mail.put(ZOE, letter(to=ZOE))
        later = zoe.said("history", startHistoryId=history)["history"]
        assert [added["message"]["id"] for r in later for added in r["messagesAdded"]] == [new]
        zoe.close()


def test_a_page_token_of_before_leads_on(tmp_path: Path) -> None:
    path = tmp_path / "state.sqlite3"
    with Sandbox(path, sample=False) as sandbox:
        live(sandbox)
        zoe = caller(sandbox)
        whole = zoe.listed()
        page = zoe.said("messages", maxResults=1)
        zoe.close()
    with Sandbox(path, sample=False) as sandbox:
        zoe = caller(sandbox)
        rest = zoe.said("messages", maxResults=500, pageToken=page["nextPageToken"])
        assert [one["id"] for one in (*page["messages"], *rest["messages"])] == whole
        zoe.close()


def test_a_watch_goes_on_and_ends_when_it_was_to_end(tmp_path: Path) -> None:
    path, clock = tmp_path / "state.sqlite3", FakeClock()
    with Sandbox(path, sample=False, clock=clock) as sandbox:
        sandbox.mail.add_user(ZOE)
        zoe = caller(sandbox)
        topic = {"topicName": "projects/gmailkit-sandbox/topics/mail"}
        assert zoe.post("watch", topic).status_code == 200
        zoe.close()
        told = sandbox.mail.notifications(ZOE)
    clock.time += 60
    with Sandbox(path, sample=False, clock=clock) as sandbox:
        assert sandbox.mail.notifications(ZOE) == told
        sandbox.mail.put(ZOE, letter(to=ZOE))
        assert len(sandbox.mail.notifications(ZOE)) == len(told) + 1
        clock.time += 7 * 86_400
        sandbox.mail.put(ZOE, letter(to=ZOE))
        assert len(sandbox.mail.notifications(ZOE)) == len(told) + 1


def test_grants_keep_their_age(tmp_path: Path, clients: Callable[[Sandbox], Client]) -> None:
    path, clock = tmp_path / "state.sqlite3", FakeClock()
    with Sandbox(path, sample=False, clock=clock) as sandbox:
        lasting = clients(sandbox).tokens()
        sandbox.testing = True
        weekly = clients(sandbox).tokens(scope=LABELS)
        ended = clients(sandbox).tokens(ANN)
        sandbox.end_session(ANN)
    clock.time += 3000
    with Sandbox(path, sample=False, clock=clock) as sandbox:
        client = clients(sandbox)
        assert client.profile(lasting["access_token"]) == 200
        assert client.refresh(weekly["refresh_token"]).json()["scope"] == LABELS
        assert client.refresh(ended["refresh_token"]).json()["error_subtype"] == "invalid_rapt"
        clock.time += 7 * 86_400 - 3000
        assert client.profile(lasting["access_token"]) == 401
        assert failed(client.refresh(weekly["refresh_token"])) == (400, "invalid_grant")
        assert client.refresh(lasting["refresh_token"]).status_code == 200


def test_a_key_file_stays_good_but_for_the_port(tmp_path: Path) -> None:
    path = tmp_path / "state.sqlite3"
    with Sandbox(path, sample=False) as sandbox:
        key: dict[str, Any] = sandbox.add_service_account()
        sandbox.delegate(key["client_id"], [MODIFY])
    with Sandbox(path, sample=False) as sandbox, Session() as session:
        key["token_uri"] = f"{sandbox.url}/token"
        credentials: Any = service_account.Credentials.from_service_account_info(  # type: ignore[no-untyped-call]
            key, scopes=[MODIFY], subject=ANN
        )
        credentials.refresh(Request(session))  # type: ignore[no-untyped-call]
        ann = Caller(sandbox.url, credentials.token)
        assert ann.said("profile")["emailAddress"] == ANN
        ann.close()
