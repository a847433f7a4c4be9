"""What becomes of the mail here, once it was forwarded or fetched: Gmail's words and people's."""

from __future__ import annotations

from typing import Literal

from gmailkit.model.settings import Disposition

Then = Literal["keep", "archive", "trash", "read"]
DISPOSITIONS: dict[Then, Disposition] = {
    "keep": "leaveInInbox",
    "archive": "archive",
    "trash": "trash",
    "read": "markRead",
}
