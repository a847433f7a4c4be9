"""The batch endpoint: one request, many calls."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
import requests

from gmailkit.sandbox import Limits, Sandbox
from sandbox_caller import ANN, ME, Caller, base64url, letter, refusal

PROFILE = "GET /gmail/v1/users/me/profile"
TYPE = 'multipart/mixed; boundary="=b="'


@dataclass
class Part:
    """A part of the answer."""

    id: str
    status: int
    headers: dict[str, str]
    said: Any


def written(
    calls: Sequence[str | tuple[str, object]], *, line: str = "\r\n", more: Sequence[str] = ()
) -> bytes:
    """A batch of request lines, some with JSON; the ids are `<0>`, `<1>` …"""
    lines: list[str] = []
    for place, call in enumerate(calls):
        request, body = (call, None) if isinstance(call, str) else call
        lines += ["--=b=", "Content-Type: application/http", f"Content-ID: <{place}>", "", request]
        lines += more
        if body is not None:
            lines += ["Content-Type: application/json", "", json.dumps(body)]
        else:
            lines += [""]
    return line.join([*lines, "--=b=--", ""]).encode()


def post(caller: Caller, body: bytes, *, path: str = "/batch", **headers: str) -> requests.Response:
    return caller.session.post(
        caller.url + path, data=body, headers={"Content-Type": TYPE, **headers}, timeout=60
    )


def parts(response: requests.Response) -> list[Part]:
    """In the order of the answer."""
    assert response.status_code == 200, response.text
    boundary = re.fullmatch(r"multipart/mixed; boundary=(\S+)", response.headers["Content-Type"])
    assert boundary
    opening, *found, closing = response.content.split(f"--{boundary[1]}".encode())
    assert (opening, closing) == (b"", b"--\r\n")
    return [_part(part.decode()) for part in found]


def _part(text: str) -> Part:
    outer, inner, body = text.removeprefix("\r\n").split("\r\n\r\n", 2)
    assert outer.splitlines()[0] == "Content-Type: application/http"
    id = re.search(r"^Content-ID: <response-(.*)>$", outer, re.MULTILINE)
    status, *fields = inner.splitlines()
    headers = dict(field.split(": ", 1) for field in fields)
    said = json.loads(body) if body.strip() else None
    assert len(body.removesuffix("\r\n").encode()) == int(headers["Content-Length"])
    return Part(id[1] if id else "", int(status.split()[1]), headers, said)


def by_id(response: requests.Response) -> list[Part]:
    found = {part.id: part for part in parts(response)}
    return [found[str(place)] for place in range(len(found))]


@pytest.mark.parametrize("path", ["/batch", "/batch/gmail/v1"])
@pytest.mark.parametrize("line", ["\r\n", "\n"], ids=["CRLF", "LF"])
def test_each_part_is_answered_as_a_call_of_its_own(
    sandbox: Sandbox, me: Caller, path: str, line: str
) -> None:
    id = sandbox.mail.put(ME, letter())
    at = "/gmail/v1/users/me"
    calls = [
        f"GET {at}/messages/{id}?format=minimal&fields=id HTTP/1.1",
        f"GET {at}/messages/abc",
        (f"POST {at}/labels HTTP/1.1", {"name": "Wörk"}),
        f"POST {at}/messages/{id}/trash",
        (f"POST {at}/messages/batchModify", {"ids": [id], "addLabelIds": ["STARRED"]}),
        f"GET {at}/nothing",
    ]
    found = by_id(post(me, written(calls, line=line), path=path))
    assert [part.status for part in found] == [200, 404, 200, 200, 204, 404]
    assert found[0].said == {"id": id}
    assert found[1].said["error"]["errors"][0]["reason"] == "notFound"
    assert found[0].headers["Content-Type"] == "application/json; charset=UTF-8"
    assert found[4].said is None
    assert me.labels(id) == ["TRASH", "STARRED"]
    assert me.said("labels/Label_1")["name"] == "Wörk"


def test_the_answers_come_in_another_order_but_always_in_the_same(me: Caller) -> None:
    body = written([PROFILE] * 20)
    order = [part.id for part in parts(post(me, body))]
    assert order != sorted(order, key=int)
    assert sorted(order, key=int) == [str(place) for place in range(20)]
    assert [part.id for part in parts(post(me, body))] == order


def test_inner_calls_may_be_somebody_elses(sandbox: Sandbox, me: Caller) -> None:
    hers = sandbox.issue_token(ANN, ["gmail.modify"])
    body = written([PROFILE])
    theirs = written([PROFILE], more=[f"Authorization: Bearer {hers}"])
    assert by_id(post(me, body))[0].said["emailAddress"] == ME
    assert by_id(post(me, theirs))[0].said["emailAddress"] == ANN
    nobody = requests.post(
        f"{sandbox.url}/batch", data=theirs, headers={"Content-Type": TYPE}, timeout=30
    )
    assert by_id(nobody)[0].said["emailAddress"] == ANN


def test_the_outer_answer_is_200_though_every_part_failed(sandbox: Sandbox) -> None:
    caller = Caller(sandbox.url, "made-up")
    found = by_id(post(caller, written([PROFILE, PROFILE])))
    assert [part.status for part in found] == [401, 401]
    caller.close()


def test_scopes_are_asked_of_each_part(calls: Callable[..., Caller]) -> None:
    reader = calls(ME, "gmail.readonly")
    label = ("POST /gmail/v1/users/me/labels", {"name": "x"})
    assert [part.status for part in by_id(post(reader, written([PROFILE, label])))] == [200, 403]


def test_a_hundred_calls_are_fine_and_one_more_is_not(me: Caller) -> None:
    assert len(parts(post(me, written([PROFILE] * 100)))) == 100
    code, _, _, message = refusal(post(me, written([PROFILE] * 101)))
    assert code == 400
    assert message == "Inner request count exceeds the limit. Received: 101, Limit: 100"


@pytest.mark.parametrize("prefix", ["/upload", "/resumable/upload"])
def test_nothing_is_uploaded_inside(me: Caller, ann: Caller, prefix: str) -> None:
    at = f"POST {prefix}/gmail/v1/users/me/messages/send?uploadType=media"
    body = {"raw": base64url(letter())}
    [part] = parts(post(me, written([(at, body)])))
    assert part.status == 400
    assert ann.listed() == []


@pytest.mark.parametrize("path", ["/batch", "/token", "/revoke", "/"])
def test_only_methods_of_the_api_are_called_inside(me: Caller, path: str) -> None:
    [part] = parts(post(me, written([f"POST {path}"])))
    assert part.status == 404
    assert me.said("profile")["emailAddress"] == ME


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (written([PROFILE]), "multipart/related; boundary==b="),
        (written([PROFILE]), "multipart/mixed"),
        (written([PROFILE]), "multipart/mixed; boundary=other"),
        (written([]), TYPE),
        (b"", TYPE),
        (written([PROFILE]).replace(b"application/http", b"application/json"), TYPE),
        (written(["GET http://127.0.0.1/gmail/v1/users/me/profile"]), TYPE),
        (written(["/gmail/v1/users/me/profile"]), TYPE),
        (written(["GET"]), TYPE),
    ],
    ids=[
        *("related", "no boundary", "other boundary", "no part", "empty"),
        *("no http", "whole address", "no verb", "no path"),
    ],
)
def test_what_is_no_batch_is_refused(me: Caller, body: bytes, content_type: str) -> None:
    response = post(me, body, **{"Content-Type": content_type})
    code, _, _, message = refusal(response)
    assert code == 400
    assert "Failed to parse batch request" in message


def test_only_a_post_is_a_batch(me: Caller) -> None:
    assert me.session.get(f"{me.url}/batch", timeout=30).status_code == 404
    assert post(me, written([PROFILE]), path="/batch/calendar/v3").status_code == 404


def test_a_fault_hits_the_part_it_is_meant_for(sandbox: Sandbox, me: Caller) -> None:
    labels = "GET /gmail/v1/users/me/labels"
    sandbox.faults.next(429, reason="rateLimitExceeded", method="labels.list")
    found = by_id(post(me, written([PROFILE, labels, PROFILE])))
    assert [part.status for part in found] == [200, 429, 200]
    assert found[1].said["error"]["errors"][0]["reason"] == "rateLimitExceeded"


def test_a_fault_may_hit_the_whole_batch(sandbox: Sandbox, me: Caller) -> None:
    label = ("POST /gmail/v1/users/me/labels", {"name": "x"})
    sandbox.faults.next(503, method="batch")
    assert post(me, written([label])).status_code == 503
    assert me.said("labels").get("labels", [])[-1]["type"] == "system"


def test_a_connection_that_drops_in_a_part_is_everybodys(sandbox: Sandbox, me: Caller) -> None:
    labels = [("POST /gmail/v1/users/me/labels", {"name": name}) for name in "abc"]
    sandbox.faults.next(0, when="after", method="labels.create")
    with pytest.raises(requests.ConnectionError):
        post(me, written(labels))
    names = [label["name"] for label in me.said("labels")["labels"] if label["type"] == "user"]
    assert sorted(names) == ["a", "b", "c"]
    sandbox.faults.next(0, when="truncate", method="getProfile")
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        post(me, written([PROFILE, PROFILE]))


def test_every_part_is_paid_for() -> None:
    limits = Limits(units_per_minute=3)
    with Sandbox(sample=False, limits=limits) as sandbox:
        caller = Caller(sandbox.url, sandbox.issue_token(ME, ["gmail.modify"]))
        found = parts(post(caller, written([PROFILE] * 5)))
        assert sorted(part.status for part in found) == [200, 200, 200, 429, 429]
        assert sandbox.meter.units(ME) == sandbox.meter.calls(ME) == 5
        assert sandbox.requests == [("POST", "/batch")]
        caller.close()


def test_parts_run_side_by_side_where_calls_take_time() -> None:
    limits = Limits(units_per_minute=None, in_flight=10)
    with Sandbox(sample=False, limits=limits, latency=0.5) as sandbox:
        caller = Caller(sandbox.url, sandbox.issue_token(ME, ["gmail.modify"]))
        found = parts(post(caller, written([PROFILE] * 30)))
        statuses = sorted(part.status for part in found)
        assert statuses == [200] * 10 + [429] * 20
        caller.close()
