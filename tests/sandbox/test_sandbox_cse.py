"""users.settings.cse: key pairs and identities of client-side encryption."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from certificate_maker import authority, impostor, leaf, pkcs7
from fakes import FakeClock
from gmailkit.sandbox import Sandbox
from sandbox_caller import ANN, ME, Caller, refusal

PAIRS, IDENTITIES = "settings/cse/keypairs", "settings/cse/identities"
KEY = {"kaclsKeyMetadata": {"kaclsUri": "https://kacls.example.com", "kaclsData": "c2VjcmV0"}}
CARD = {"hardwareKeyMetadata": {"description": "card 7"}}
DAY = 86_400


def chain(*emails: str, days: int = 365) -> str:
    return pkcs7(authority()[1], leaf(*emails, days=days)[1])


def create(admin: Caller, *emails: str, **more: Any) -> dict[str, Any]:
    body = {"pkcs7": chain(*(emails or (ME,))), "privateKeyMetadata": [KEY], **more}
    response = admin.post(PAIRS, body)
    assert response.status_code == 200, response.text
    made: dict[str, Any] = response.json()
    return made


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(time=datetime.now(UTC).timestamp())


@pytest.fixture
def keeper(timed: Sandbox) -> Iterator[Caller]:
    """A service account in a sandbox whose time is `clock`."""
    token = timed.issue_token(ME, ["gmail.settings.basic"], delegated=True)
    caller = Caller(timed.url, token)
    yield caller
    caller.close()


def test_a_key_pair_is_made_and_read(admin: Caller) -> None:
    assert admin.said(PAIRS) == {}
    made = create(admin, ME.upper(), "other@example.com")
    assert made["enablementState"] == "enabled"
    assert made["subjectEmailAddresses"] == [ME, "other@example.com"]
    assert made["pem"].count("BEGIN CERTIFICATE") == 2
    [metadata] = made["privateKeyMetadata"]
    assert metadata.pop("privateKeyMetadataId")
    assert metadata == KEY
    assert "pkcs7" not in made
    [again] = admin.said(PAIRS)["cseKeyPairs"]
    assert again == admin.said(f"{PAIRS}/{made['keyPairId']}")
    assert again["privateKeyMetadata"][0]["kaclsKeyMetadata"] == KEY["kaclsKeyMetadata"]


def held_by(**metadata: str) -> dict[str, Any]:
    return {"privateKeyMetadata": [{"kaclsKeyMetadata": metadata}]}


@pytest.mark.parametrize(
    ("body", "word"),
    [
        (lambda: {"pkcs7": ""}, "PKCS7"),
        (lambda: {"pkcs7": "-----BEGIN PKCS7-----\nAAAA\n-----END PKCS7-----"}, "PKCS7"),
        (lambda: {"pkcs7": pkcs7(leaf(ME)[1])}, "certificate chain"),
        (lambda: {"pkcs7": chain(ME, days=9)}, "certificate chain"),
        (lambda: {"pkcs7": pkcs7(leaf(ME)[1], authority("X")[1])}, "certificate chain"),
        (lambda: {"pkcs7": pkcs7(leaf(ME)[1], impostor()[1])}, "certificate chain"),
        (lambda: {"pkcs7": chain()}, "email address"),
        (lambda: {"privateKeyMetadata": []}, "privateKeyMetadata"),
        (lambda: {"privateKeyMetadata": [{}]}, "privateKeyMetadata"),
        (lambda: {"privateKeyMetadata": [KEY | CARD]}, "privateKeyMetadata"),
        (lambda: held_by(kaclsData="x"), "kaclsUri"),
        (lambda: held_by(kaclsUri="https://x", kaclsData="x" * 8193), "8192"),
    ],
    ids="none junk alone expired stranger impostor nameless keyless empty both no-uri long".split(),
)
def test_what_is_no_key_pair(admin: Caller, body: Callable[[], dict[str, Any]], word: str) -> None:
    said = {"pkcs7": chain(ME), "privateKeyMetadata": [KEY]} | body()
    code, _, _, message = refusal(admin.post(PAIRS, said))
    assert code == 400
    assert word in message
    assert admin.said(PAIRS) == {}


def test_an_unsound_chain_may_be_kept_but_not_sent_with(admin: Caller) -> None:
    body = {"pkcs7": chain(ME, days=9), "privateKeyMetadata": [CARD]}
    params = {"chainValidation": "none"}
    made = admin.call("POST", PAIRS, json=body, params=params).json()
    assert made["enablementState"] == "enabled"
    identity = {"emailAddress": ME, "primaryKeyPairId": made["keyPairId"]}
    assert "not valid" in refusal(admin.post(IDENTITIES, identity))[3]
    params = {"chainValidation": "some"}
    assert refusal(admin.call("POST", PAIRS, json=body, params=params))[0] == 400


def test_a_key_pair_is_obliterated_a_month_after_it_was_disabled(
    keeper: Caller, timed: Sandbox, clock: FakeClock
) -> None:
    def post(verb: str) -> Any:
        token = timed.issue_token(ME, ["gmail.settings.basic"], delegated=True)
        keeper.session.headers["Authorization"] = f"Bearer {token}"
        return keeper.post(f"{PAIRS}/{id}:{verb}", {})

    id = create(keeper)["keyPairId"]
    assert refusal(post("obliterate"))[:2] == (400, "failedPrecondition")
    assert refusal(post("enable"))[:2] == (400, "failedPrecondition")
    disabled = post("disable").json()
    assert disabled["enablementState"] == "disabled"
    assert datetime.fromisoformat(disabled["disableTime"]).timestamp() == pytest.approx(clock.now())
    assert keeper.said(f"{PAIRS}/{id}") == disabled
    assert refusal(post("disable"))[:2] == (400, "failedPrecondition")
    clock.time += 31 * DAY
    enabled = post("enable").json()
    assert enabled["enablementState"] == "enabled"
    assert "disableTime" not in enabled
    post("disable")
    clock.time += 30 * DAY
    assert refusal(post("obliterate"))[:2] == (400, "failedPrecondition")
    clock.time += 1
    assert post("obliterate").status_code == 204
    for verb in ("disable", "enable", "obliterate"):
        assert refusal(post(verb))[:2] == (404, "notFound")
    assert keeper.said(PAIRS) == {}


def test_an_identity_is_made_changed_and_deleted(admin: Caller) -> None:
    first, second = create(admin)["keyPairId"], create(admin)["keyPairId"]
    assert admin.said(IDENTITIES) == {}
    one = {"emailAddress": ME, "primaryKeyPairId": first}
    assert admin.post(IDENTITIES, one).json() == one
    assert admin.said(f"{IDENTITIES}/{ME}") == one
    assert admin.said(IDENTITIES) == {"cseIdentities": [one]}
    assert refusal(admin.post(IDENTITIES, one))[:2] == (409, "alreadyExists")
    pairs = {"signingKeyPairId": first, "encryptionKeyPairId": second}
    two = {"emailAddress": ME, "signAndEncryptKeyPairs": pairs}
    assert admin.call("PATCH", f"{IDENTITIES}/{ME}", json=two).json() == two
    assert admin.said(f"{IDENTITIES}/{ME}") == two
    assert admin.call("DELETE", f"{IDENTITIES}/{ME}").status_code == 204
    assert admin.said(IDENTITIES) == {}
    for verb in ("GET", "PATCH", "DELETE"):
        body = one if verb == "PATCH" else None
        response = admin.call(verb, f"{IDENTITIES}/{ME}", json=body)
        assert refusal(response)[:2] == (404, "notFound")


def test_what_is_no_identity(admin: Caller) -> None:
    good, other, off = create(admin), create(admin, ANN), create(admin)
    admin.post(f"{PAIRS}/{off['keyPairId']}:disable", {})
    id = good["keyPairId"]
    pairs = {"signingKeyPairId": id, "encryptionKeyPairId": id}
    wrong: list[dict[str, Any]] = [
        {"emailAddress": ANN, "primaryKeyPairId": id},
        {"primaryKeyPairId": id},
        {"emailAddress": ME},
        {"emailAddress": ME, "primaryKeyPairId": id, "signAndEncryptKeyPairs": pairs},
        {"emailAddress": ME, "signAndEncryptKeyPairs": {"signingKeyPairId": id}},
        {"emailAddress": ME, "primaryKeyPairId": "unknown"},
        {"emailAddress": ME, "primaryKeyPairId": other["keyPairId"]},
        {"emailAddress": ME, "primaryKeyPairId": off["keyPairId"]},
        {"emailAddress": ME, "keyPair": id},
    ]
    for body in wrong:
        assert refusal(admin.post(IDENTITIES, body))[0] == 400, body
    assert admin.said(IDENTITIES) == {}


def test_lists_come_in_pages(admin: Caller) -> None:
    ids = [create(admin)["keyPairId"] for _ in range(3)]
    first = admin.said(PAIRS, pageSize=2)
    second = admin.said(PAIRS, pageSize=2, pageToken=first["nextPageToken"])
    found = [one["keyPairId"] for page in (first, second) for one in page["cseKeyPairs"]]
    assert found == ids
    assert "nextPageToken" not in second
    assert refusal(admin.get(PAIRS, pageToken="x"))[3] == "Invalid pageToken"
    assert refusal(admin.get(PAIRS, pageSize=0))[0] == 400
    token = first["nextPageToken"]
    assert refusal(admin.get(IDENTITIES, pageToken=token))[3] == "Invalid pageToken"


@pytest.mark.parametrize(
    ("verb", "path"),
    [
        *(("GET", PAIRS), ("POST", PAIRS), ("GET", f"{PAIRS}/x"), ("POST", f"{PAIRS}/x:enable")),
        *(("POST", f"{PAIRS}/x:disable"), ("POST", f"{PAIRS}/x:obliterate")),
        *(("GET", IDENTITIES), ("POST", IDENTITIES), ("GET", f"{IDENTITIES}/{ME}")),
        *(("PATCH", f"{IDENTITIES}/{ME}"), ("DELETE", f"{IDENTITIES}/{ME}")),
    ],
)
def test_a_user_alone_has_no_client_side_encryption(owner: Caller, verb: str, path: str) -> None:
    code, _, status, message = refusal(owner.call(verb, path))
    assert (code, status) == (403, "PERMISSION_DENIED")
    assert "domain-wide authority" in message
