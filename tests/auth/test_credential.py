"""A bearer token for every request: fresh, renewed once for all, and honest about its death."""

from __future__ import annotations

import logging
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from filelock import FileLock

from fakes import FakeClock
from gmailkit.auth.accounts import Account, Accounts
from gmailkit.auth.credential import StoredCredential, credential_for, service_of
from gmailkit.auth.given_token import GivenToken
from gmailkit.auth.keep import FileKeep
from gmailkit.auth.scopes import EMAIL, FULL, MODIFY, READONLY
from gmailkit.auth.token import Token
from gmailkit.config import Settings
from gmailkit.errors import (
    CannotWrite,
    GmailKitError,
    Refused,
    ServerFault,
    SignInNeeded,
    TryLater,
    Unreachable,
    UsageError,
)
from gmailkit.model.service import GOOGLE, Service
from gmailkit.paths import Home
from gmailkit.sandbox import Sandbox
from gmailkit.secret import Secret
from oauth_stub import GOOD, Reply, oauth_stub

ME = "me@example.com"
DAY = 86400


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def server(clock: FakeClock) -> Iterator[Sandbox]:
    with Sandbox(sample=False, clock=clock) as running:
        yield running


@pytest.fixture
def stored(server: Sandbox, home: Home, clock: FakeClock) -> StoredCredential:
    """me@example.com signed in at the sandbox an hour ago, with a stale access token."""
    installed = server.client_file()["installed"]
    assert isinstance(installed, dict)
    user = server.mail.users.get(ME)
    token = Token(
        access_token=Secret("ya29.long-gone"),
        refresh_token=Secret(server.mail.grants.new_refresh(user.n, [MODIFY])),
        client_id=installed["client_id"],
        client_secret=Secret(installed["client_secret"]),
        expiry=clock.now(),
        scopes=(MODIFY,),
        granted_at=clock.now() - 3600,
        refreshed_at=clock.now() - 3600,
    )
    return credential(home, Service.at(server.url), token, clock)


def credential(home: Home, service: Service, token: Token, clock: FakeClock) -> StoredCredential:
    account = Account(address=ME, service=service, scopes=token.scopes, signed_in=token.granted_at)
    FileKeep(home).save(ME, token)
    Accounts(home).add(account)
    return StoredCredential(account, FileKeep(home), home=home, clock=clock)


def kept(home: Home) -> Token:
    token = FileKeep(home).load(ME)
    assert token is not None
    return token


def renewals(server: Sandbox) -> int:
    return server.requests.count(("POST", "/token"))


def works(server: Sandbox, token: str) -> bool:
    return server.mail.grants.access(token) is not None


def test_a_stale_token_is_renewed_and_the_new_one_kept(
    server: Sandbox, stored: StoredCredential, home: Home, clock: FakeClock
) -> None:
    token = stored.bearer()
    assert works(server, token)
    assert kept(home).access_token == token
    assert kept(home).refreshed_at == clock.now()
    assert kept(home).expiry == clock.now() + 3599
    assert stored.bearer() == token
    assert renewals(server) == 1
    assert (stored.address, stored.granted) == (ME, {MODIFY})


def test_a_token_is_renewed_before_it_ends(
    server: Sandbox, stored: StoredCredential, clock: FakeClock
) -> None:
    first = stored.bearer()
    clock.sleep(3599 - 300 - 1)
    assert stored.bearer() == first
    clock.sleep(1)
    assert works(server, first)
    assert stored.bearer() != first
    assert renewals(server) == 2


def test_after_a_401_another_token_is_got(server: Sandbox, stored: StoredCredential) -> None:
    first = stored.bearer()
    second = stored.renew(first)
    assert second != first
    assert works(server, second)
    assert stored.bearer() == second
    assert stored.renew(first) == second  # a second thread that got its 401 for the same token
    assert renewals(server) == 2


def test_what_another_process_renewed_is_taken_over(
    server: Sandbox, stored: StoredCredential, home: Home, clock: FakeClock
) -> None:
    first = stored.bearer()
    other = StoredCredential(Accounts(home).find(ME), FileKeep(home), home=home, clock=clock)
    newer = other.renew(first)
    assert stored.renew(first) == newer
    assert renewals(server) == 2


@pytest.mark.parametrize(
    ("jumps", "most"),
    [
        ([-DAY], 1),
        ([DAY], 1),
        ([3650 * DAY], 1),
        ([3600], 1),  # a clock that is set to summer time by hand
        ([-3600], 1),
        ([0.4, -0.4, 30, -30], 0),  # NTP
        ([-DAY, DAY, -DAY, DAY], 4),
        ([3650 * DAY, -3650 * DAY, 7200], 3),
    ],
    ids=["back", "ahead", "ten years", "summer", "winter", "NTP", "to and fro", "and home again"],
)
def test_a_jump_of_our_clock_costs_one_renewal_and_no_loop(
    server: Sandbox, stored: StoredCredential, home: Home, jumps: list[float], most: int
) -> None:
    ours = FakeClock()
    jumping = StoredCredential(Accounts(home).find(ME), FileKeep(home), home=home, clock=ours)
    jumping.bearer()
    for jump in jumps:
        ours.time += jump
        tokens = {jumping.bearer() for _ in range(5)}
        assert len(tokens) == 1
        assert works(server, tokens.pop())
    assert renewals(server) <= 1 + most


def test_after_a_sleep_of_two_hours_there_is_one_renewal(
    server: Sandbox, stored: StoredCredential, clock: FakeClock
) -> None:
    before = stored.bearer()
    clock.time += 2 * 3600
    assert not works(server, before)
    assert works(server, stored.bearer())
    assert renewals(server) == 2


def test_a_change_of_the_time_zone_is_no_jump(
    server: Sandbox, stored: StoredCredential, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = stored.bearer()
    for zone in ("Pacific/Kiritimati", "Pacific/Pago_Pago"):
        monkeypatch.setenv("TZ", zone)
        time.tzset()
        assert stored.bearer() == before
    monkeypatch.undo()
    time.tzset()
    assert renewals(server) == 1


def test_many_threads_make_one_renewal(server: Sandbox, stored: StoredCredential) -> None:
    tokens: list[str] = []
    threads = [threading.Thread(target=lambda: tokens.append(stored.bearer())) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(tokens)) == 1
    assert len(tokens) == 16
    assert renewals(server) == 1


# In a process of its own: wait until all are there, then ask for a token.
BEARER = """
import sys, time
from pathlib import Path
from gmailkit.auth.credential import credential_for
from gmailkit.config import Settings
from gmailkit.paths import Home

home, barrier, number = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
(barrier / number).touch()
while len(list(barrier.iterdir())) < 20:
    time.sleep(0.01)
print(credential_for(Settings(home=Home.at(home))).bearer())
"""


def test_twenty_processes_at_once_make_one_renewal(home: Home, tmp_path: Path) -> None:
    barrier = tmp_path / "barrier"
    barrier.mkdir()
    with Sandbox(sample=False) as server:
        installed = server.client_file()["installed"]
        assert isinstance(installed, dict)
        user = server.mail.users.get(ME)
        token = Token(
            access_token=Secret(""),
            refresh_token=Secret(server.mail.grants.new_refresh(user.n, [MODIFY])),
            client_id=installed["client_id"],
            client_secret=Secret(installed["client_secret"]),
            expiry=0,
            scopes=(MODIFY,),
            granted_at=0,
            refreshed_at=0,
        )
        credential(home, Service.at(server.url), token, FakeClock())
        command = [sys.executable, "-c", BEARER, home.data.parent, barrier]
        children = [
            subprocess.Popen([*command, str(n)], stdout=subprocess.PIPE, text=True)
            for n in range(20)
        ]
        tokens = [child.communicate()[0].strip() for child in children]
        assert len(set(tokens)) == 1
        assert works(server, tokens[0])
        assert kept(home).access_token == tokens[0]
        assert renewals(server) == 1


def dead_token(clock: FakeClock, *, age: float, lived: float) -> Token:
    """A grant of `age` days whose last renewal was `lived` days after its birth."""
    return Token(
        access_token=Secret("ya29.stub-old"),
        refresh_token=Secret("1//stub-refresh-token-0"),
        client_id="stub-client",
        client_secret=Secret("GOCSPX-stub-secret"),
        expiry=clock.now() - 1,
        scopes=(MODIFY,),
        granted_at=clock.now() - age * DAY,
        refreshed_at=clock.now() - (age - lived) * DAY,
    )


INVALID = {"error": "invalid_grant", "error_description": "Token has been expired or revoked."}


@pytest.mark.parametrize(
    ("age", "lived", "subtype", "cause"),
    [
        (8, 6.9, "", "it is 8 days old; most likely a client whose consent screen is in testing"),
        (7 + 1 / 12, 0, "", "it is 7 days and 2 h old; most likely a client whose consent screen"),
        (3, 2.9, "", "it is 3 days old; most likely the password was changed; if not, the access"),
        (60, 59, "", "it is 60 days old; most likely the password was changed"),
        (200, 1, "", "it is 200 days old; most likely it was not used for 199 days"),
        (200, 1, "", "; if not, a client whose consent screen is in testing"),
        (400, 399, "", "most likely the password was changed"),
        (400, 399, "", "or more than 100 sign-ins were made with this client"),
        (8, 6.9, "invalid_rapt", "has ended: your organisation .* .session control"),
        (1, 0.9, "rapt_required", "session control"),
    ],
)
def test_a_dead_grant_says_why_it_probably_died(
    home: Home, clock: FakeClock, age: float, lived: float, subtype: str, cause: str
) -> None:
    reply: Reply = (400, {**INVALID, **({"error_subtype": subtype} if subtype else {})})
    with oauth_stub(token=reply) as server:
        dying = credential(
            home, Service.at(server.url), dead_token(clock, age=age, lived=lived), clock
        )
        with pytest.raises(SignInNeeded, match=cause) as caught:
            dying.bearer()
    assert caught.value.message.startswith(f"The sign-in of {ME} has ended")
    assert caught.value.hint == f"gmailkit login {ME}"
    assert caught.value.exit_code == 4


def test_a_dead_grant_is_remembered_and_never_asked_for_again(home: Home, clock: FakeClock) -> None:
    with oauth_stub(token=(400, INVALID)) as server:
        service = Service.at(server.url)
        dying = credential(home, service, dead_token(clock, age=8, lived=6), clock)
        messages = []
        for _ in range(2):
            with pytest.raises(SignInNeeded) as caught:
                dying.bearer()
            messages.append(caught.value.message)
        again = StoredCredential(Accounts(home).find(ME), FileKeep(home), home=home, clock=clock)
        with pytest.raises(SignInNeeded) as caught:
            again.bearer()
        messages.append(caught.value.message)
        assert len(set(messages)) == 1
        assert len(server.seen) == 1
    assert kept(home).refresh_token == ""
    assert "stub-refresh" not in FileKeep(home).path(ME).read_text()


def test_a_new_sign_in_of_another_process_revives_it(
    server: Sandbox, stored: StoredCredential, home: Home, clock: FakeClock
) -> None:
    token = kept(home)
    FileKeep(home).save(ME, token.died("it is over"))
    with pytest.raises(SignInNeeded, match="it is over"):
        stored.bearer()
    FileKeep(home).save(ME, token)
    assert works(server, stored.bearer())


def test_a_revoked_grant_ends_at_the_sandbox_too(
    server: Sandbox, stored: StoredCredential, home: Home
) -> None:
    server.mail.grants.revoke(kept(home).refresh_token)
    with pytest.raises(SignInNeeded):
        stored.bearer()
    assert kept(home).dead


@pytest.mark.parametrize(
    ("reply", "kind", "words"),
    [
        (
            (401, {"error": "invalid_client"}),
            SignInNeeded,
            r"sandbox at 127\.0\.0\.1:\d+ was started",
        ),
        ((401, {"error": "deleted_client"}), UsageError, "does not know the client"),
        ((401, {"error": "unauthorized_client"}), Refused, "may not use this grant"),
        ((400, {"error": "admin_policy_enforced"}), Refused, "administrator"),
        ((403, {"error": "org_internal"}), Refused, "its own organisation"),
        ((400, {"error": "invalid_scope"}), Refused, "does not know a permission"),
        ((400, {"error": "odd"}), ServerFault, "answered odd"),
        ((502, "<html>Bad gateway</html>"), Unreachable, "in trouble"),
        ((200, "<html>Please accept our terms</html>"), Unreachable, "unreadable"),
        ((200, ["a", "list"]), Unreachable, "unreadable"),
        ((200, {"expires_in": 3599}), Unreachable, "in trouble"),
        ((307, "http://127.0.0.1:9/token"), Unreachable, "answered 307"),
    ],
    ids=lambda value: str(value)[:40] if isinstance(value, tuple) else "",
)
def test_every_other_refusal_leaves_the_grant_alone(
    home: Home, clock: FakeClock, reply: Reply, kind: type[GmailKitError], words: str
) -> None:
    token = dead_token(clock, age=8, lived=6)
    with oauth_stub(token=reply) as server:
        asking = credential(home, Service.at(server.url), token, clock)
        with pytest.raises(kind, match=words) as caught:
            asking.bearer()
    assert caught.value.hint
    if isinstance(caught.value, Unreachable):  # what the token was for has not been sent
        assert caught.value.sent == "no"
    assert kept(home) == token


def test_a_short_trouble_is_sat_out(
    server: Sandbox, stored: StoredCredential, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)
    server.faults.next(503, method="token", times=1)
    assert works(server, stored.bearer())
    assert renewals(server) == 2


def test_nobody_at_home_is_unreachable_and_not_dead(home: Home, clock: FakeClock) -> None:
    token = dead_token(clock, age=1, lived=0.9)
    asking = credential(home, Service.at("http://127.0.0.1:9"), token, clock)
    with pytest.raises(Unreachable, match="Connection refused") as caught:
        asking.bearer()
    assert caught.value.sent == "no"
    assert kept(home) == token


def test_a_server_that_hands_out_new_refresh_tokens_is_followed(
    home: Home, clock: FakeClock
) -> None:
    with oauth_stub(token=GOOD) as server:
        asking = credential(
            home, Service.at(server.url), dead_token(clock, age=1, lived=0.9), clock
        )
        asking.bearer()
    assert kept(home).refresh_token == "1//stub-refresh-token-1"
    assert kept(home).granted_at == clock.now() - DAY


def test_a_scope_taken_away_is_noticed_with_the_renewal(home: Home, clock: FakeClock) -> None:
    token = replace(dead_token(clock, age=1, lived=0.9), scopes=(MODIFY, FULL))
    with oauth_stub(token=GOOD) as server:
        asking = credential(home, Service.at(server.url), token, clock)
        assert asking.granted == {MODIFY, FULL}
        asking.bearer()
        assert asking.granted == {MODIFY}


@pytest.mark.parametrize("rotates", [False, True])
def test_a_full_disk_stops_only_a_server_that_rotates(
    home: Home, clock: FakeClock, monkeypatch: pytest.MonkeyPatch, rotates: bool
) -> None:
    """Google does not rotate: the access token at hand will do, and the next one can be got."""
    body = dict(GOOD[1])  # type: ignore[call-overload]
    if not rotates:
        del body["refresh_token"]
    with oauth_stub(token=(200, body)) as server:
        asking = credential(
            home, Service.at(server.url), dead_token(clock, age=1, lived=0.9), clock
        )

        def full(*_: object) -> None:
            raise CannotWrite("Cannot write it: No space left.", path=home.data)

        monkeypatch.setattr(FileKeep, "save", full)
        if rotates:
            with pytest.raises(CannotWrite):
                asking.bearer()
        else:
            assert asking.bearer() == body["access_token"]


def test_without_a_refresh_token_it_says_so(home: Home, clock: FakeClock) -> None:
    token = replace(dead_token(clock, age=0, lived=0), refresh_token=Secret(""))
    asking = credential(home, GOOGLE, token, clock)
    with pytest.raises(SignInNeeded, match="cannot be renewed"):
        asking.bearer()


def test_without_a_token_it_says_so(stored: StoredCredential, home: Home) -> None:
    FileKeep(home).forget(ME)
    with pytest.raises(SignInNeeded, match="There is no token"):
        stored.bearer()


def test_a_lock_held_for_minutes_is_not_waited_for_forever(
    stored: StoredCredential, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gmailkit.auth.keep._LOCK_SECONDS", 0.1)
    with FileLock(home.account_data(ME) / "token.lock"), pytest.raises(TryLater):
        stored.bearer()


def test_nothing_secret_reaches_the_log(
    stored: StoredCredential, home: Home, caplog: pytest.LogCaptureFixture
) -> None:
    secrets = [kept(home).refresh_token, kept(home).client_secret]
    with caplog.at_level(logging.DEBUG):
        secrets.append(stored.bearer())
    assert caplog.records
    assert not [secret for secret in secrets if secret in caplog.text]
    assert not [secret for secret in secrets if secret in repr(vars(stored))]


def test_a_given_token_learns_its_scopes_when_asked(server: Sandbox) -> None:
    token = Secret(server.issue_token(ME, [READONLY, EMAIL]))
    given = GivenToken(token, Service.at(server.url))
    assert given.bearer() == token
    assert server.requests == []
    assert given.granted == {READONLY, EMAIL}
    assert given.address == ME
    assert given.expires_in == 3599
    assert server.requests == [("GET", "/tokeninfo")]


def test_without_the_email_scope_the_address_stays_unknown(server: Sandbox) -> None:
    given = GivenToken(Secret(server.issue_token(ME, [READONLY])), Service.at(server.url))
    assert given.address is None


@pytest.mark.parametrize(
    "reply",
    [
        (404, {"error": "not_found"}),
        (200, "<html></html>"),
        (400, {"error": "invalid_token"}),
        (500, ""),
        (302, "http://127.0.0.1:9/"),
    ],
    ids=str,
)
def test_where_tokeninfo_does_not_help_the_scopes_are_unknown(reply: Reply) -> None:
    with oauth_stub(tokeninfo=reply) as server:
        given = GivenToken(Secret("any-token-01234567"), Service.at(server.url))
        assert given.granted is None
        assert given.granted is None
        assert len(server.seen) == 1


def test_a_given_token_is_not_leaked_by_the_question(
    server: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    token = server.issue_token(ME, [READONLY])
    with caplog.at_level(logging.DEBUG):
        assert GivenToken(Secret(token), Service.at(server.url)).granted
    assert "tokeninfo" in caplog.text
    assert token not in caplog.text


def test_a_given_token_cannot_be_renewed() -> None:
    given = GivenToken(Secret("any-token-01234567"))
    with pytest.raises(SignInNeeded, match="GMAILKIT_ACCESS_TOKEN"):
        given.renew(given.bearer())


def test_the_environment_goes_before_the_accounts(home: Home) -> None:
    settings = Settings(home=home, access_token=Secret("any-token-01234567"))
    assert isinstance(credential_for(settings), GivenToken)
    with pytest.raises(SignInNeeded, match="Nobody"):
        credential_for(Settings(home=home))


def test_the_named_account_is_used(stored: StoredCredential, home: Home, server: Sandbox) -> None:
    found = credential_for(Settings(home=home, account=ME))
    assert found.address == ME
    assert found.service.endpoint == server.url
    with pytest.raises(UsageError, match="ann"):
        credential_for(Settings(home=home, account="ann"))


def test_a_private_sandbox_replaces_the_service(stored: StoredCredential, home: Home) -> None:
    other = Service.at("http://127.0.0.1:1")
    assert credential_for(Settings(home=home, service=other)).service == other


@pytest.mark.parametrize(
    ("endpoint", "service"),
    [
        (None, GOOGLE),
        (GOOGLE.endpoint, GOOGLE),
        ("http://127.0.0.1:8025", Service.at("http://127.0.0.1:8025")),
    ],
)
def test_a_token_from_the_environment_is_used_where_the_endpoint_says(
    home: Home, endpoint: str | None, service: Service
) -> None:
    assert service_of(Settings(home=home, endpoint=endpoint)) == service
