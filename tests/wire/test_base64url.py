from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gmailkit.errors import ServerFault
from gmailkit.wire.base64url import decode


@given(st.binary(), st.booleans())
def test_bytes_come_back_with_and_without_padding(content: bytes, padded: bool) -> None:
    text = base64.urlsafe_b64encode(content).decode()
    assert decode(text if padded else text.rstrip("=")) == content


@pytest.mark.parametrize("text", ["a", "ab cd", "ab!d", "äöü=", "YWJj\nZGVm"])
def test_a_cut_or_foreign_text_is_a_server_fault(text: str) -> None:
    with pytest.raises(ServerFault, match="cannot be decoded"):
        decode(text)
