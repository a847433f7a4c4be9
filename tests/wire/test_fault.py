"""An answer that says it is well, and is not. For refusals see test_fault_catalogue.py."""

from __future__ import annotations

import pytest
import responses

from fakes import USER
from gmailkit.errors import ServerFault
from gmailkit.model.message import Message
from gmailkit.wire.call import Wire


@pytest.mark.parametrize("answer", ["<html>hello</html>", '{"id": "x"', "[]", ""])
def test_an_answer_that_cannot_be_read_is_a_server_fault(
    wire: Wire, net: responses.RequestsMock, answer: str
) -> None:
    net.get(f"{USER}/messages/x", body=answer)
    with pytest.raises(ServerFault, match="cannot be read"):
        wire.call("messages.get", Message, id="x")
