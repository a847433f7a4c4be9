"""Google's `users.settings.filters` resource."""

from __future__ import annotations

from typing import Literal

import msgspec

from gmailkit.model.ids import LabelId
from gmailkit.model.shape import Open, Shape

SizeComparison = Literal["unspecified", "smaller", "larger"]


class FilterCriteria(Shape, frozen=True, kw_only=True):
    """Which messages; all that is given must hold. `size` is in bytes, of the whole message.

    `to` means To, Cc and Bcc. `query` and `negated_query` are searches; `is:`, `in:`, `label:` and
    dates are of no use in them, since a filter looks at mail that is only arriving.
    """

    from_: str = msgspec.field(default="", name="from")
    to: str = ""
    subject: str = ""
    query: str = ""
    negated_query: str = ""
    has_attachment: bool = False
    exclude_chats: bool = False
    size: int = 0
    size_comparison: Open[SizeComparison] | None = None

    @property
    def words(self) -> str:
        """As one would search for it; "" where nothing is given."""
        said = (
            f"from:({self.from_})" if self.from_ else "",
            f"to:({self.to})" if self.to else "",
            f"subject:({self.subject})" if self.subject else "",
            self.query,
            f"-{{{self.negated_query}}}" if self.negated_query else "",
            "has:attachment" if self.has_attachment else "",
            f"{self.size_comparison}:{self.size}" if self.size else "",
        )
        return " ".join(filter(None, said))


class FilterAction(Shape, frozen=True, kw_only=True):
    """What is done: at most one user label; `forward` to an accepted forwarding address.

    Remove INBOX to archive, UNREAD to mark as read, SPAM for "never spam"; add TRASH to delete,
    STARRED to star.
    """

    add_label_ids: tuple[LabelId, ...] = ()
    remove_label_ids: tuple[LabelId, ...] = ()
    forward: str = ""


class Filter(Shape, frozen=True, kw_only=True):
    id: str = ""
    criteria: FilterCriteria = FilterCriteria()
    action: FilterAction = FilterAction()


class FiltersPage(Shape, frozen=True, kw_only=True):
    """All of them; Google's key is in the singular."""

    filter: tuple[Filter, ...] = ()
