"""Nothing secret gets through the net, and nothing else is caught in it."""

from __future__ import annotations

import base64
import io
import json
import logging
import pickle
import traceback
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gmailkit import secret
from gmailkit.secret import MASK, RedactingFormatter, Secret, redact, redact_loggers


@pytest.fixture(autouse=True)
def nothing_met(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever secrets other tests of this process have met."""
    monkeypatch.setattr(secret, "_met", {})


# None of these was ever a Secret: they are recognised by their shape alone.
SHAPED = {
    "access token": "ya29.a0AfB_byC-canary0123456789_-abcdefghij",
    "refresh token": "1//0gCanary-0123456789_abcdefghijklmnop",
    "client secret": "GOCSPX-canary0123456789abcdefghi",
    "authorisation code": "4/0AeanS0canary_0123456789-abcdefghijklmnop",
    "JWT": "eyJhbGciOiJSUzI1NiJ9.eyJjYW5hcnkiOiIxMjM0NTY3ODkwIn0.c2lnbmF0dXJlLWNhbmFyeQ",
    "private key": "-----BEGIN PRIVATE KEY-----\nMIIEcanary0123456789\n-----END PRIVATE KEY-----",
    "age key": "AGE-SECRET-KEY-1QCANARY0123456789QQPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L",
    "XOAUTH2 response": base64.b64encode(b"user=me@example.com\1auth=Bearer canary\1\1").decode(),
}
# These are secrets only where their name stands before them.
VERIFIER = "canary~Verifier.0123456789-ABCDEFGHIJKLMNOPQRSTUV"
APP_PASSWORD = "abcd efgh ijkl mnop"
BASIC = base64.b64encode(b"client:canary-password").decode()
NAMED = {
    "PKCE verifier": ("code_verifier", VERIFIER),
    "app password": ("app_password", APP_PASSWORD),
    "app password without blanks": ("password", APP_PASSWORD.replace(" ", "")),
    "client secret of another server": ("client_secret", "canarysecret"),
    "access token of another server": ("access_token", "canarytoken"),
    "refresh token of another server": ("refresh_token", "canaryrefresh"),
    "id token": ("id_token", "canary-id-token"),
    "code of another server": ("code", "canaryCode0123456789"),
    "assertion": ("assertion", "canary.assertion"),
}
WAYS = {
    "form": lambda name, value: f"{name}={value}&grant_type=x",
    "JSON": lambda name, value: json.dumps({"a": 1, name: value, "b": 2}),
    "dict": lambda name, value: repr({"a": 1, name: value, "b": 2}),
    "keyword": lambda name, value: f"call({name}={value!r}, other=1)",
    "tuples": lambda name, value: repr([(name, value)]),
}
HEADERS = [
    f"Authorization: Bearer {VERIFIER}",
    f"authorization: Basic {BASIC}",
    "Proxy-Authorization: Digest username=me, response=canary0123456789",
    repr({"Authorization": f"Bearer {VERIFIER}", "Accept": "*/*"}),
    repr([("Authorization", "canary0123456789abcdef")]),
    repr([(b"Authorization", b"Bearer canary0123456789")]),
    "send: b'GET / HTTP/1.1\\r\\nAuthorization: Bearer canary0123456789abc\\r\\n\\r\\n'",
    "Cookie: SID=canary1; HSID=canary2; theme=dark",
    "Set-Cookie: SID=canary1; Path=/; HttpOnly",
    repr({"Cookie": "SID=canary1; HSID=canary2"}),
    "<RequestsCookieJar[<Cookie SID=canary1 for .example.com/>]>",
    f"curl -H 'Authorization: Bearer {VERIFIER}' https://gmail.googleapis.com",
    "https://me:canary@proxy.example.com:3128/",
    f"AUTH PLAIN {BASIC}",
    "A1 AUTHENTICATE XOAUTH2 " + SHAPED["XOAUTH2 response"],
    "the bearer canary0123456789 was refused",
    f"with Basic {BASIC} in front",
    "password: canary01",
    f"app password: {APP_PASSWORD}",
]


def hidden(text: str) -> bool:
    shown = redact(text)
    leaks = ("canary", "CANARY", "Canary", "efgh", "mnop", BASIC, "MIIE", "c2lnbmF0")
    return MASK in shown and not any(leak in shown for leak in leaks)


@pytest.mark.parametrize("shaped", SHAPED.values(), ids=SHAPED.keys())
@pytest.mark.parametrize(
    "sentence",
    ["{}", "got {} here", "{{'x': '{}'}}", "x={}&y=1", "({}, 1)", "Bearer {}\n", "https://x/?q={}"],
)
def test_a_secret_is_known_by_its_shape(shaped: str, sentence: str) -> None:
    text = sentence.format(shaped)
    assert shaped not in redact(text)
    assert hidden(text)


@pytest.mark.parametrize("name", ["access token", "refresh token", "authorisation code"])
def test_a_percent_encoded_secret_is_known_too(name: str) -> None:
    assert hidden("GET /x?" + urlencode({"q": SHAPED[name]}))


@pytest.mark.parametrize(("name", "value"), NAMED.values(), ids=NAMED.keys())
@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS.keys())
def test_a_secret_is_known_by_the_name_before_it(way, name: str, value: str) -> None:  # type: ignore[no-untyped-def]
    text = way(name, value)
    assert value not in redact(text)
    assert hidden(text)


@pytest.mark.parametrize("text", HEADERS)
def test_headers_and_addresses_lose_their_secrets(text: str) -> None:
    assert hidden(text)


@pytest.mark.parametrize(
    "way",
    [json.dumps, repr, lambda key: json.dumps(key, indent=2), lambda key: repr(json.dumps(key))],
)
def test_the_file_of_a_service_account_loses_its_key(way) -> None:  # type: ignore[no-untyped-def]
    key = {
        "type": "service_account",
        "private_key": f"{SHAPED['private key']}\n",
        "client_email": "robot@demo.iam.gserviceaccount.com",
        "client_id": "112233445566778899001",
    }
    assert hidden(way(key))
    assert "robot@demo.iam.gserviceaccount.com" in redact(way(key))
    assert "112233445566778899001" in redact(way(key))


def test_a_key_that_is_cut_off_is_masked_to_the_end() -> None:
    assert redact("key -----BEGIN RSA PRIVATE KEY-----\nMIIEcanary") == f"key {MASK}"


INNOCENT = [
    '{"code": 6, "error": "NotFound", "message": "No message has the id 18c2f."}',
    '{"error": {"code": 404, "status": "NOT_FOUND", "errors": [{"reason": "notFound"}]}}',
    '{"code": "rateLimitExceeded"}',
    "error code: 404",
    "exit code=16, code = 2, Code: 7bit",
    "The code for this is simple: read it.",
    "ann@example.com, Ann Smith <ann.smith+news@example.com>",
    "message 18c2f0a1b2c3d4e5 in thread 18c2f0a1b2c3d4e5, label Label_12",
    "<CAF=abcDEF123456789012345678901234567890@mail.gmail.com>",
    "https://gmail.googleapis.com/gmail/v1/users/me/messages?pageToken=01234567890123456789",
    '{"nextPageToken": "01234567890123456789", "resultSizeEstimate": 201}',
    "Basic functionality works; Basic authentication is off; basic training starts.",
    "The bearer of good news; Bearer authentication; bearer tokens",
    "No token: sign in again. The token is dead. token expired: yes",
    "There is no token for me@example.com.",
    "password: required; the password was changed; Passwords: none",
    "They went home when this came from them",
    "Authorization: required. The authorization server answered 404.",
    "Cookies are off. cookie: none",
    "Meet on 4/12 or 4/2026, page 4/20; see RFC 6749 section 4/5",
    "/var/lib/mail/4/abcdefghijklmnopqrstuvwxyz0123456789",
    "https://127.0.0.1:8025/o/oauth2/v2/auth",
    "http://me@example.com/ and ftp://host:21/a@b",
    "scopes: gmail.modify, gmail.send, openid",
    "gmailkit login me@example.com --for send",
    "-----BEGIN CERTIFICATE-----\nMIIC\n-----END CERTIFICATE-----",
    "-----BEGIN PUBLIC KEY-----\nMIIC\n-----END PUBLIC KEY-----",
    "state: RUNNING, status=403, key=value, path=/token",
    "refresh_token is missing; access_token: str; id_token=None",
    "a secret: it is out; Secret Santa; secret=yes",
    "eyJ is how they begin",
    "1//2 is no fraction, http://1//x",
]


@pytest.mark.parametrize("text", INNOCENT)
def test_innocent_text_stays_as_it_is(text: str) -> None:
    assert redact(text) == text


@given(st.text(alphabet=st.characters(codec="ascii", categories=["L", "Zs"]), max_size=300))
def test_words_alone_are_never_masked(text: str) -> None:
    assert redact(text) == text or "eyJ" in text


def test_real_mail_and_prose_are_left_alone(corpus: Path) -> None:
    for path in sorted(corpus.rglob("*.eml")):
        for line in path.read_bytes().decode("latin-1").splitlines():
            if "&amp;token=" not in line:  # one mail's links do carry somebody's token
                assert redact(line) == line, path


def test_a_secret_met_once_is_masked_whatever_its_shape() -> None:
    odd = Secret("plain old words/with + signs")
    assert redact(f"it was {odd}!") == f"it was {MASK}!"
    assert redact(f"x={quote(odd, safe='')}") == f"x={MASK}"


def test_a_very_short_secret_would_mask_too_much() -> None:
    Secret("and")
    assert redact("this and that") == "this and that"


def test_those_met_long_ago_are_forgotten() -> None:
    Secret("met again and again")
    for number in range(2000):
        Secret(f"secret number {number}")
        Secret("met again and again")
    assert redact("secret number 0, met again and again") == f"secret number 0, {MASK}"
    assert redact("secret number 1999!") == f"{MASK}!"
    assert len(secret._met) == 1000


def test_the_longer_secret_is_masked_first() -> None:
    Secret("overlapping")
    Secret("overlapping-and-more")
    assert redact("overlapping-and-more") == MASK


def test_repr_does_not_tell_but_use_does() -> None:
    @dataclass(frozen=True)
    class Holder:
        token: Secret

    token = Secret("canary-in-a-dataclass")
    assert "canary" not in repr(Holder(token)) + repr([token]) + f"{token!r}"
    assert f"Bearer {token}" == "Bearer canary-in-a-dataclass"
    assert json.dumps({"t": token}) == '{"t": "canary-in-a-dataclass"}'
    assert pickle.loads(pickle.dumps(token)) == token


def failing(token: str) -> None:
    raise ValueError(f"cannot use {token}", {"Authorization": f"Bearer {token}"})


@pytest.mark.parametrize("shaped", SHAPED.values(), ids=SHAPED.keys())
def test_log_records_with_arguments_and_tracebacks_are_clean(shaped: str) -> None:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(RedactingFormatter("%(levelname)s %(message)s"))
    logger = logging.Logger("test")
    logger.addHandler(handler)
    logger.warning("sent %s and %r", shaped, {"body": shaped})
    try:
        failing(shaped)
    except ValueError:
        logger.exception("failed with %s", shaped, stack_info=True)
    written = stream.getvalue()
    assert shaped not in written
    assert hidden(written)
    assert "ValueError" in written


def test_a_traceback_that_shows_locals_is_clean_after_the_net() -> None:
    try:
        failing(SHAPED["access token"])
    except ValueError as error:
        lines = traceback.TracebackException.from_exception(error, capture_locals=True).format()
    assert hidden("".join(lines))


def test_records_of_a_talkative_library_are_masked_at_their_source(
    caplog: pytest.LogCaptureFixture,
) -> None:
    redact_loggers("talkative", "talkative")
    logger = logging.getLogger("talkative")
    with caplog.at_level(logging.DEBUG):
        logger.debug("token %s for %d", SHAPED["access token"], 7)
        logger.debug("nothing secret for %d", 8)
    assert [r.getMessage() for r in caplog.records] == [
        f"token {MASK} for 7",
        "nothing secret for 8",
    ]


def test_a_huge_line_does_not_take_long() -> None:
    assert redact("a" * 300_000) == "a" * 300_000
    assert redact("code=" * 60_000)
    assert redact("password: " + "x" * 300_000)
    assert redact("://a:" * 60_000)
