"""Google's `users.settings`: vacation, forwarding, IMAP, POP, language, delegates.

Every update replaces the whole object: read it, `msgspec.structs.replace` what is to change, send
all of it back.
"""

from __future__ import annotations

from typing import Literal

from gmailkit.model.shape import Millis, Open, Shape

Disposition = Literal["dispositionUnspecified", "leaveInInbox", "archive", "trash", "markRead"]
ExpungeBehavior = Literal["expungeBehaviorUnspecified", "archive", "trash", "deleteForever"]
AccessWindow = Literal["accessWindowUnspecified", "disabled", "fromNowOn", "allMail"]
VerificationStatus = Literal["verificationStatusUnspecified", "accepted", "pending"]
DelegateStatus = Literal[
    "verificationStatusUnspecified", "accepted", "pending", "rejected", "expired"
]


class VacationSettings(Shape, frozen=True, kw_only=True):
    """The automatic reply; each sender gets one in four days.

    Enabled it needs a subject or a body; of two bodies the HTML one is used. `start_time` must be
    before `end_time`. `restrict_to_domain` is for Google Workspace.
    """

    enable_auto_reply: bool = False
    response_subject: str = ""
    response_body_plain_text: str = ""
    response_body_html: str = ""
    restrict_to_contacts: bool = False
    restrict_to_domain: bool = False
    start_time: Millis | None = None
    end_time: Millis | None = None


class AutoForwarding(Shape, frozen=True, kw_only=True):
    """`email_address` is an accepted forwarding address; `disposition` is what the copy here gets.

    An answer to `enabled=False` has none of the two.
    """

    enabled: bool = False
    email_address: str = ""
    disposition: Open[Disposition] | None = None


class ImapSettings(Shape, frozen=True, kw_only=True):
    """`max_folder_size` is a number of messages: 0 (no limit), 1000, 2000, 5000 or 10000.

    Consumer accounts always have IMAP on, whatever is written.
    """

    enabled: bool = False
    auto_expunge: bool = False
    expunge_behavior: Open[ExpungeBehavior] | None = None
    max_folder_size: int = 0


class PopSettings(Shape, frozen=True, kw_only=True):
    """Which mail POP gives out, and what becomes of it here afterwards."""

    access_window: Open[AccessWindow] | None = None
    disposition: Open[Disposition] | None = None


class LanguageSettings(Shape, frozen=True, kw_only=True):
    """An RFC 3066 tag, as `en-GB`."""

    display_language: str = ""


class ForwardingAddress(Shape, frozen=True, kw_only=True):
    """An address mail may be forwarded to, once its owner has accepted."""

    forwarding_email: str = ""
    verification_status: Open[VerificationStatus] | None = None


class ForwardingAddressesPage(Shape, frozen=True, kw_only=True):
    forwarding_addresses: tuple[ForwardingAddress, ...] = ()


class Delegate(Shape, frozen=True, kw_only=True):
    """Somebody of the same organisation who may use this mailbox; a primary address, no alias."""

    delegate_email: str = ""
    verification_status: Open[DelegateStatus] | None = None


class DelegatesPage(Shape, frozen=True, kw_only=True):
    delegates: tuple[Delegate, ...] = ()
