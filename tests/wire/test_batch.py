"""Many calls in one request: each answered for itself, and only what failed sent again."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import pytest
import requests
import responses
from urllib3.exceptions import ProtocolError

from fakes import ENDPOINT, FakeClock, FakeCredential
from gmailkit.client.labels import Labels
from gmailkit.errors import NotFound, Refused, ServerFault, Unreachable
from gmailkit.gmail import Gmail
from gmailkit.model.ids import LabelId
from gmailkit.model.label import Label
from gmailkit.model.message import Message, MessagesPage
from gmailkit.sandbox import Sandbox
from gmailkit.wire.batch import MOST, TRIES, Batches, Call
from gmailkit.wire.builder import Builder
from gmailkit.wire.call import Wire
from gmailkit.wire.fault import Fault
from gmailkit.wire.request import Request, Response

BATCH = f"{ENDPOINT}/batch"
LOST = requests.ConnectionError(ProtocolError("Connection aborted."))
MANY = "Too many concurrent requests for user"
Answer = Callable[[str], tuple[int, object]]


def refusal(code: int, reason: str, message: str = "no") -> dict[str, object]:
    return {"error": {"code": code, "message": message, "errors": [{"reason": reason}]}}


def label(line: str) -> tuple[int, object]:
    return 200, {"id": line.split("/")[-1].partition("?")[0]}


def answers(*each: Answer) -> Callable[[requests.PreparedRequest], tuple[int, dict[str, str], str]]:
    """What the server says to the first batch, the second, ...; the last one again and again."""
    coming = list(each)

    def callback(request: requests.PreparedRequest) -> tuple[int, dict[str, str], str]:
        answer = coming.pop(0) if len(coming) > 1 else coming[0]
        parts = []
        for number, line in reversed(calls(request)):
            code, said = answer(line)
            parts.append(
                f"--x\r\nContent-Type: application/http\r\nContent-ID: <response-{number}>\r\n\r\n"
                f"HTTP/1.1 {code} Word\r\nContent-Type: application/json; charset=UTF-8\r\n\r\n"
                f"{json.dumps(said, indent=1)}\r\n"
            )
        return 200, {"Content-Type": "multipart/mixed; boundary=x"}, "".join(parts) + "--x--"

    return callback


def calls(request: requests.PreparedRequest) -> list[tuple[str, str]]:
    """Number and request line of each part."""
    text = bytes(request.body or b"").decode()  # type: ignore[arg-type]
    return re.findall(r"Content-ID: <(\d+)>\r\n\r\n(\S+ \S+) HTTP/1.1\r\n", text)


def gets(count: int) -> list[Call[Label]]:
    return [Call("labels.get", Label, {"id": f"Label_{n}"}) for n in range(count)]


def test_answers_stand_in_the_order_of_the_calls(wire: Wire, net: responses.RequestsMock) -> None:
    net.add_callback("POST", BATCH, callback=answers(label))
    found = wire.batch(gets(7))
    assert [each.id for each in found if isinstance(each, Label)] == [
        f"Label_{n}" for n in range(7)
    ]
    request = net.calls[0].request
    assert request.headers["authorization"] == "Bearer token-one"
    assert calls(request)[3] == (
        "3",
        "GET /gmail/v1/users/me/labels/Label_3?prettyPrint=false&alt=json",
    )
    assert b"Bearer" not in bytes(request.body or b"")  # type: ignore[arg-type]


def test_a_body_goes_along(wire: Wire, net: responses.RequestsMock) -> None:
    net.add_callback("POST", BATCH, callback=answers(lambda _: (200, {"id": "7"})))
    body = {"addLabelIds": ["INBOX"]}
    assert wire.batch([Call("messages.modify", Message, {"id": "7"}, body)])
    text = bytes(net.calls[0].request.body or b"")  # type: ignore[arg-type]
    encoded = json.dumps(body).encode()
    assert b"Content-Length: %d\r\n\r\n%b\r\n--" % (len(encoded), encoded) in text


def test_a_long_query_stands_in_its_part_as_it_is(wire: Wire, net: responses.RequestsMock) -> None:
    net.add_callback("POST", BATCH, callback=answers(lambda _: (200, {})))
    query = "x" * 3_000
    wire.batch([Call("messages.list", MessagesPage, {"q": query})])
    (request,) = [call.request for call in net.calls]
    assert "x-http-method-override" not in request.headers
    assert request.headers["content-type"].startswith("multipart/mixed")
    ((_, line),) = calls(request)
    assert line.startswith("GET /gmail/v1/users/me/messages?")
    assert f"q={query}" in line


def test_no_batch_has_more_than_fifty_calls(wire: Wire, net: responses.RequestsMock) -> None:
    net.add_callback("POST", BATCH, callback=answers(label))
    assert len(wire.batch(gets(2 * MOST + 1))) == 2 * MOST + 1
    assert [len(calls(call.request)) for call in net.calls] == [MOST, MOST, 1]


def test_no_calls_are_no_request(wire: Wire, net: responses.RequestsMock) -> None:
    assert wire.batch([]) == []
    assert not net.calls


def test_a_refused_call_is_a_fault_of_its_own(wire: Wire, net: responses.RequestsMock) -> None:
    def some(line: str) -> tuple[int, object]:
        return (404, refusal(404, "notFound")) if "Label_1?" in line else label(line)

    net.add_callback("POST", BATCH, callback=answers(some))
    first, second, third = wire.batch(gets(3))
    assert isinstance(first, Label)
    assert isinstance(third, Label)
    assert isinstance(second, Fault)
    assert isinstance(second.error, NotFound)
    assert len(net.calls) == 1


def test_only_what_was_too_much_is_sent_again_and_in_smaller_batches(
    wire: Wire, net: responses.RequestsMock, clock: FakeClock
) -> None:
    def too_many(line: str) -> tuple[int, object]:
        number = int(line.rpartition("_")[2].partition("?")[0])
        return label(line) if number < 10 else (429, refusal(429, "rateLimitExceeded", MANY))

    net.add_callback("POST", BATCH, callback=answers(too_many, label))
    found = wire.batch(gets(40))
    assert [each.id for each in found if isinstance(each, Label)] == [
        f"Label_{n}" for n in range(40)
    ]
    sizes = [len(calls(call.request)) for call in net.calls]
    assert sizes[0] == 40
    assert sum(sizes[1:]) == 30
    assert max(sizes[1:]) < 25
    assert len(clock.slept) == 1


def test_a_call_that_is_always_too_much_ends_as_its_fault(
    wire: Wire, net: responses.RequestsMock
) -> None:
    slow = answers(lambda _: (429, refusal(429, "rateLimitExceeded", MANY)))
    net.add_callback("POST", BATCH, callback=slow)
    (found,) = wire.batch(gets(1))
    assert isinstance(found, Fault)
    assert len(net.calls) == TRIES


@pytest.mark.parametrize(("method", "tries"), [("labels.get", 2), ("labels.create", 1)])
def test_a_call_whose_answer_is_missing_is_repeated_only_if_it_may_be(
    wire: Wire, net: responses.RequestsMock, method: str, tries: int
) -> None:
    def first_nothing(request: requests.PreparedRequest) -> tuple[int, dict[str, str], str]:
        head = {"Content-Type": "multipart/mixed; boundary=x"}
        return (200, head, "--x--") if len(net.calls) == 0 else answers(label)(request)

    net.add_callback("POST", BATCH, callback=first_nothing)
    params, body = ({"id": "Label_0"}, None) if tries == 2 else ({}, {"name": "a"})
    (found,) = wire.batch([Call(method, Label, params, body)])
    assert isinstance(found, Label if tries == 2 else Fault)
    assert len(net.calls) == tries


def test_a_batch_of_what_may_not_be_repeated_is_not(
    wire: Wire, net: responses.RequestsMock
) -> None:
    net.post(BATCH, body=LOST)
    for each in wire.batch([Call("labels.create", Label, body={"name": n}) for n in ("a", "b")]):
        assert isinstance(each, Fault)
        assert isinstance(each.error, Unreachable)
        assert (each.error.sent, each.error.maybe_done) == ("maybe", True)
    assert len(net.calls) == 1


@pytest.mark.parametrize(("name", "unknown"), [("labels.create", True), ("labels.get", False)])
def test_a_call_in_a_batch_that_may_have_been_done_says_so(
    wire: Wire, net: responses.RequestsMock, name: str, unknown: bool
) -> None:
    net.add_callback("POST", BATCH, callback=answers(lambda _: (503, {})))
    (found,) = wire.batch([Call(name, Label, {} if unknown else {"id": "Label_0"})])
    assert isinstance(found, Fault)
    assert found.error.maybe_done is unknown


def test_a_batch_that_fails_leaves_the_outcomes_of_the_others(
    wire: Wire, net: responses.RequestsMock
) -> None:
    net.add_callback("POST", BATCH, callback=answers(label))
    net.post(BATCH, status=403, json=refusal(403, "domainPolicy"))
    found = wire.batch(gets(MOST + 2))
    assert all(isinstance(each, Label) for each in found[:MOST])
    assert [type(each.error) for each in found[MOST:] if isinstance(each, Fault)] == [Refused] * 2


def test_a_404_for_the_batch_is_not_about_what_its_calls_name(
    wire: Wire, net: responses.RequestsMock
) -> None:
    net.post(BATCH, status=404, json=refusal(404, "notFound"))
    for each in wire.batch(gets(2)):
        assert isinstance(each, Fault)
        assert isinstance(each.error, ServerFault)
        assert (each.error.status, each.error.method) == (404, "batch")


def test_a_call_that_fails_alone_fails_alone(wire: Wire, net: responses.RequestsMock) -> None:
    def one_stale(line: str) -> tuple[int, object]:
        return (401, refusal(401, "authError")) if "Label_1?" in line else label(line)

    net.add_callback("POST", BATCH, callback=answers(one_stale))
    net.get(f"{ENDPOINT}/gmail/v1/users/me/labels/Label_1", status=404)
    first, second, third = wire.batch(gets(3))
    assert isinstance(first, Label)
    assert isinstance(third, Label)
    assert isinstance(second, Fault)
    assert isinstance(second.error, NotFound)
    many = Labels(wire).get_many([LabelId(f"Label_{n}") for n in range(3)])
    assert [each.id for each in many] == ["Label_0", "Label_2"]


def test_every_fault_of_a_batch_says_whose_mailbox_it_is_about(
    wire: Wire, net: responses.RequestsMock
) -> None:
    def some(line: str) -> tuple[int, object]:
        if "Label_0?" in line:
            return 404, refusal(404, "notFound")
        return (200, [1]) if "Label_1?" in line else (401, refusal(401, "authError"))

    net.add_callback("POST", BATCH, callback=answers(some))
    net.get(f"{ENDPOINT}/gmail/v1/users/me/labels/Label_2", status=404)
    net.post(BATCH, status=403, json=refusal(403, "domainPolicy"))
    found = [*wire.batch(gets(3)), *wire.batch(gets(2))]
    me = FakeCredential().address
    assert [each.error.account for each in found if isinstance(each, Fault)] == [me] * 5


def test_an_answer_that_nobody_can_read_says_whose_mailbox_it_is_about(
    wire: Wire, net: responses.RequestsMock
) -> None:
    net.get(f"{ENDPOINT}/gmail/v1/users/me/labels/Label_0", json=[1])
    with pytest.raises(ServerFault) as caught:
        wire.call("labels.get", Label, id="Label_0")
    assert caught.value.account == FakeCredential().address


def test_an_answer_that_cannot_be_read_is_a_fault(wire: Wire, net: responses.RequestsMock) -> None:
    net.add_callback("POST", BATCH, callback=answers(lambda _: (200, [1])))
    (found,) = wire.batch(gets(1))
    assert isinstance(found, Fault)
    assert isinstance(found.error, ServerFault)


def test_a_stale_token_is_renewed_for_the_call_it_hit(
    wire: Wire, net: responses.RequestsMock
) -> None:
    net.add_callback("POST", BATCH, callback=answers(lambda _: (401, refusal(401, "authError"))))
    net.get(f"{ENDPOINT}/gmail/v1/users/me/labels/Label_0", status=401)
    net.get(f"{ENDPOINT}/gmail/v1/users/me/labels/Label_0", json={"id": "Label_0"})
    (found,) = wire.batch(gets(1))
    assert isinstance(found, Label)


def test_a_batch_costs_what_its_calls_cost_and_repeats_if_all_of_them_may() -> None:
    seen: list[Request] = []

    class Below:
        def send(self, request: Request) -> Response:
            seen.append(request)
            return Response(200, {}, b"")

    builder = Builder(ENDPOINT)
    reads = [builder.build(name, {"id": "1"}) for name in ("messages.get", "threads.get")]
    writes = [builder.build("drafts.update", {"id": "1"}), builder.build("drafts.create", {})]
    for group in (reads, writes):
        Batches(Below(), endpoint=ENDPOINT, clock=FakeClock()).send(group)
    first, last = seen[0].method, seen[-1].method
    assert (first.new, first.old, first.replayable) == (60, 15, True)
    assert (last.new, last.replayable) == (15, True)
    assert not seen[TRIES].method.replayable
    assert first.costs("new") == (("messages.get", 1, 20), ("threads.get", 1, 40))
    assert first.costs("old") == (("messages.get", 1, 5), ("threads.get", 1, 10))


def test_the_sandbox_understands(gmail: Gmail, sandbox: Sandbox) -> None:
    for name in ("Receipts", "Ünïcode", "A/B"):
        gmail.create_label(name)
    ids = [each.id for each in gmail.labels.list()]
    alone = [gmail.labels.get(id) for id in ids]
    assert gmail.labels.get_many(ids) == tuple(alone)
    assert ("POST", "/batch") in sandbox.requests
