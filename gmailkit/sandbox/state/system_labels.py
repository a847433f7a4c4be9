"""Gmail's own labels: id and name are the same word."""

from __future__ import annotations

INBOX = "INBOX"
UNREAD = "UNREAD"
STARRED = "STARRED"
IMPORTANT = "IMPORTANT"
SENT = "SENT"
DRAFT = "DRAFT"
SPAM = "SPAM"
TRASH = "TRASH"
CHAT = "CHAT"
PERSONAL = "CATEGORY_PERSONAL"

CATEGORIES = (
    PERSONAL,
    "CATEGORY_SOCIAL",
    "CATEGORY_PROMOTIONS",
    "CATEGORY_UPDATES",
    "CATEGORY_FORUMS",
)
# Returned beside STARRED on some accounts.
SUPERSTARS = tuple(
    "YELLOW_STAR ORANGE_STAR RED_STAR PURPLE_STAR BLUE_STAR GREEN_STAR YELLOW_BANG RED_BANG "
    "ORANGE_GUILLEMET GREEN_CHECK PURPLE_QUESTION BLUE_INFO".split()
)
SYSTEM = (
    *(CHAT, SENT, INBOX, IMPORTANT, TRASH, DRAFT, SPAM),
    *CATEGORIES,
    *(STARRED, UNREAD),
    *SUPERSTARS,
)
PLACE = {label: place for place, label in enumerate(SYSTEM)}
# Shown by labels.list with their visibility; the other system labels come without.
HIDDEN = frozenset((CHAT, *CATEGORIES, *SUPERSTARS))

# Open: whether the superstar labels can be written. Read-only here.
FIXED = frozenset((SENT, DRAFT, CHAT, *SUPERSTARS))

# States that a search finds (is:muted) though the API shows no label for them.
UNSEEN = frozenset("MUTED SNOOZED SCHEDULED CATEGORY_PURCHASES CATEGORY_RESERVATIONS".split())
