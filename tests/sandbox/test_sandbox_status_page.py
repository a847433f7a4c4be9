"""The page at /, for people."""

from __future__ import annotations

import http.client
import re

import requests

from gmailkit.sandbox import Sandbox
from sandbox_caller import ME, Caller, letter


def page_of(sandbox: Sandbox) -> str:
    return requests.get(sandbox.url, timeout=30).text


def cells(page: str, first: str) -> list[str]:
    """The row that begins with `first`."""
    row = re.search(rf"<tr><td>{re.escape(first)}</td>(.*?)</tr>", page)
    return re.findall(r"<td>(.*?)</td>", row[1]) if row else []


def test_it_shows_users_units_requests_and_faults(sandbox: Sandbox, me: Caller) -> None:
    sandbox.mail.put(ME, letter())
    sandbox.faults.add("503:messages.list:2,500:labels.list")
    for path in ("profile", "profile", "messages"):
        me.get(path)
    page = page_of(sandbox)
    assert cells(page, ME) == ["1", "2", "2", "0"]
    assert cells(page, "ann@example.com") == ["0", "0", "0", "0"]
    assert cells(page, "getProfile") == ["2", "2"]
    assert cells(page, "503:messages.list") == ["1"]
    assert "<td>503:messages.list:1</td>" in page
    assert "<td>500:labels.list:1</td>" in page
    assert cells(page, "GET /gmail/v1/users/me/profile") == ["2"]


def test_what_came_from_outside_is_escaped_and_no_script_could_run(sandbox: Sandbox) -> None:
    sandbox.mail.add_user("o'neil&co@example.com")
    connection = http.client.HTTPConnection(sandbox.url.removeprefix("http://"), timeout=30)
    connection.request("GET", "/<script>alert(1)</script>")  # `requests` would encode it
    connection.getresponse().read()
    connection.close()
    response = requests.get(sandbox.url, timeout=30)
    assert "o&#x27;neil&amp;co@example.com" in response.text
    assert "GET /&lt;script&gt;alert(1)&lt;/script&gt;" in response.text
    assert "<script" not in response.text
    assert response.headers["Content-Security-Policy"].startswith("default-src 'none'")


def test_a_busy_sandbox_shows_the_last_requests_only(sandbox: Sandbox) -> None:
    for n in range(30):
        requests.get(f"{sandbox.url}/{n}", timeout=30)
    page = page_of(sandbox)
    assert "GET /29<" in page
    assert "GET /3<" not in page
