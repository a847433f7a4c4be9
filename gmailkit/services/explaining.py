"""How a search is read, told to people; searching itself loads none of this."""

from __future__ import annotations

from gmailkit.clock import SYSTEM_CLOCK, Clock
from gmailkit.query.builder import Q
from gmailkit.query.explain import Explanation, explain
from gmailkit.query.match import Context
from gmailkit.zones import LOCAL


def explain_query(query: str | Q, *, clock: Clock = SYSTEM_CLOCK) -> Explanation:
    """How a search is read, and what Gmail would be asked here and now; nobody is asked.

    Raises QueryError for one that would find nothing by mistake.
    """
    return explain(str(query), context=Context(now=clock.now(), zone=LOCAL))
