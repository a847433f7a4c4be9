"""Queries that are too long for an address."""

from __future__ import annotations

import pytest

from gmailkit.gmail import Gmail
from gmailkit.sandbox import Sandbox
from sandbox_caller import ME, letter


@pytest.mark.parametrize("straws", [50, 120, 500])
def test_a_query_of_any_length_is_asked(sandbox: Sandbox, gmail: Gmail, straws: int) -> None:
    id = sandbox.mail.put(ME, letter(subject="nädel"))
    query = " OR ".join(["subject:nädel", *(f"straw{n}" for n in range(straws))])
    assert [hit.id for hit in gmail.search(query)] == [id]
    assert {verb for verb, path in sandbox.requests if path.endswith("/messages")} == {"GET"}
