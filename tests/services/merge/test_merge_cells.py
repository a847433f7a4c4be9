"""Whatever a cell holds: it never becomes a header, a recipient or a template (S6, S12)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from gmailkit.gmail import Gmail

TEMPLATE = """\
---
subject: For {{ name }}
to: {{ name }} <{{ email }}>
reply-to: {{ name }} <desk@example.com>
x-campaign: {{ name }}
format: text
---
Dear {{ name }}.
"""
HEADERS = {"to", "reply-to", "subject", "x-campaign"}
CELL = st.text(
    st.one_of(
        st.characters(blacklist_categories=["Cs"]),
        st.sampled_from("\r\n\0\x0b\x0c\x85\u2028\u2029 \t\"<>,;:@()[]\\{}%#'=?"),
    ),
    max_size=60,
)


@pytest.mark.parametrize("examples", [150, pytest.param(2000, marks=pytest.mark.soak)])
def test_any_cell_is_one_value_or_refused(
    gmail: Gmail, letter: Callable[..., Path], examples: int
) -> None:
    template = letter(TEMPLATE.replace("x-campaign", "X-Campaign"))

    @settings(
        max_examples=examples,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture],
    )
    @given(CELL)
    @example("a\r\nBcc: eve@example.net")
    @example('" <eve@example.net>, "')
    @example("eve@example.net, ")
    @example("=?utf-8?q?a=0d=0aBcc:_eve@example.net?=")
    @example("{{ 7 * 7 }}")
    @example("x\n\nBody of mine")
    def check(cell: str) -> None:
        plan = gmail.plan_merge(template, [{"name": cell, "email": "ann@example.net"}])
        if plan.first is None:
            assert plan.problems
            return
        raw = plan.first.raw
        mail = message_from_bytes(raw, policy=policy.default)
        names = Counter(name.lower() for name in mail.keys())  # noqa: SIM118 - repeats count
        assert set(names) - {"date", "mime-version", *HEADERS} <= {
            "content-type",
            "content-transfer-encoding",
        }
        assert set(names.values()) == {1}
        assert [each.addr_spec for each in mail["to"].addresses] == ["ann@example.net"]
        assert [each.addr_spec for each in mail["reply-to"].addresses] == ["desk@example.com"]
        assert plan.first.mail.subject == f"For {cell.strip()}".strip()
        assert plan.first.mail.text.replace("\r\n", "\n").strip().startswith("Dear")
        assert "49" not in plan.first.mail.text or "49" in cell

    check()
