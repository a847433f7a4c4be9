"""OAuth scopes as Google writes them, and which methods accept which."""

from __future__ import annotations

from collections.abc import Iterable

_AUTH = "https://www.googleapis.com/auth/"

FULL = "https://mail.google.com/"
MODIFY = f"{_AUTH}gmail.modify"
READONLY = f"{_AUTH}gmail.readonly"
METADATA = f"{_AUTH}gmail.metadata"
COMPOSE = f"{_AUTH}gmail.compose"
SEND = f"{_AUTH}gmail.send"
INSERT = f"{_AUTH}gmail.insert"
LABELS = f"{_AUTH}gmail.labels"
SETTINGS_BASIC = f"{_AUTH}gmail.settings.basic"
SETTINGS_SHARING = f"{_AUTH}gmail.settings.sharing"
IMAP_ADMIN = f"{_AUTH}gmail.imap_admin"  # of service accounts alone, for IMAP alone
OPENID = "openid"
EMAIL = f"{_AUTH}userinfo.email"
PROFILE = f"{_AUTH}userinfo.profile"

MAIL = (
    FULL,
    MODIFY,
    READONLY,
    METADATA,
    COMPOSE,
    SEND,
    INSERT,
    LABELS,
    SETTINGS_BASIC,
    SETTINGS_SHARING,
)
IDENTITY = (OPENID, EMAIL, PROFILE)
# Google answers with the long form of these two, whichever was asked for.
_LONG = {"email": EMAIL, "profile": PROFILE}

PLAIN_WORDS = {
    FULL: "Read, compose, send and permanently delete all your email",
    MODIFY: "Read, compose and send emails, and change labels",
    READONLY: "View your email messages and settings",
    METADATA: "View your email's labels and headers, but not its text",
    COMPOSE: "Manage drafts and send emails",
    SEND: "Send email on your behalf",
    INSERT: "Add emails into your mailbox",
    LABELS: "See and edit your email labels",
    SETTINGS_BASIC: "See, edit, create or change your email settings and filters",
    SETTINGS_SHARING: "Manage your sensitive mail settings",
    OPENID: "Know who you are",
    EMAIL: "See your email address",
    PROFILE: "See your name",
}


def expand(scope: str) -> str:
    """The scope as Google reports it: `email` and, for tests, `gmail.modify` in the long form."""
    if scope.startswith("gmail."):
        return _AUTH + scope
    return _LONG.get(scope, scope)


def split(text: str) -> tuple[str, ...]:
    """The scopes of a space-separated parameter, long form, in order, each once."""
    return distinct(expand(scope) for scope in text.split())


def distinct(scopes: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(scopes))


def known(scope: str) -> bool:
    return scope in MAIL or scope in IDENTITY


def delegable(scope: str) -> bool:
    return known(scope) or scope == IMAP_ADMIN
