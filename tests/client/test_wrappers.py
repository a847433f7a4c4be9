"""Each of the 79 methods: what leaves for it, and what its answer becomes."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

import pytest
import responses

from client import calls_of_drafts, calls_of_mail, calls_of_send_as, calls_of_settings
from client.calls import RAW, Call, body_of, query_of
from discovery import google, methods
from fakes import ENDPOINT
from gmailkit.client.client import Client

CALLS = (
    *calls_of_mail.CALLS,
    *calls_of_drafts.CALLS,
    *calls_of_settings.CALLS,
    *calls_of_send_as.CALLS,
)


@pytest.mark.parametrize("row", CALLS, ids=lambda row: row.method)
def test_the_request_is_as_google_describes_it_and_the_answer_is_typed(
    row: Call, client: Client, net: responses.RequestsMock
) -> None:
    answer: dict[str, Any] = {"json": row.answer} if row.answer else {"status": 204}
    net.add(row.verb, f"{ENDPOINT}{row.path}", **answer)
    given = row.does(client)
    request = net.calls[0].request
    url, kind = str(request.url), request.headers.get("content-type", "")
    content = request.body if isinstance(request.body, bytes) else b""
    assert (request.method, urlsplit(url).path) == (row.verb, row.path)
    assert query_of(url) == row.query
    assert body_of(content, kind) == (row.body, RAW if row.upload else None)
    assert ("uploadType=" in url) == row.upload
    assert given == row.gives


def test_no_method_is_left_out() -> None:
    assert {row.method for row in CALLS} == {name for name, _ in methods(google())}


@pytest.mark.parametrize("row", CALLS, ids=lambda row: row.method)
def test_verb_and_path_are_those_of_the_document(row: Call) -> None:
    described = dict(methods(google()))[row.method]
    assert row.verb == described["httpMethod"]
    pattern = re.sub(r"\{\w+\}", "[^/:]+", described["path"])
    assert re.fullmatch(pattern, row.path.removeprefix("/upload").lstrip("/"))
    assert described.get("supportsMediaUpload", False) or not row.upload
