"""Google's permission names, what each one lets gmailkit do, and what a partial consent costs.

Source: Gmail API, "Choose Gmail API scopes", and the scopes each method lists in the discovery
document. No purpose asks for gmail.metadata: its limits win over every other scope in one token.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from gmailkit.errors import UsageError

_PREFIX = "https://www.googleapis.com/auth/"

FULL = "https://mail.google.com/"
MODIFY = _PREFIX + "gmail.modify"
READONLY = _PREFIX + "gmail.readonly"
COMPOSE = _PREFIX + "gmail.compose"
SEND = _PREFIX + "gmail.send"
INSERT = _PREFIX + "gmail.insert"
LABELS = _PREFIX + "gmail.labels"
METADATA = _PREFIX + "gmail.metadata"
SETTINGS = _PREFIX + "gmail.settings.basic"
SHARING = _PREFIX + "gmail.settings.sharing"
OPENID = "openid"
EMAIL = _PREFIX + "userinfo.email"

DEFAULT_PURPOSE = "modify"
PURPOSES: Mapping[str, tuple[str, ...]] = {  # the least powerful first
    "send": (SEND, OPENID, EMAIL),  # gmail.send cannot read the profile: the address comes by email
    "read": (READONLY,),
    "modify": (MODIFY,),
    "settings": (READONLY, SETTINGS),
    "restore": (MODIFY, SETTINGS),
    "full": (FULL, SETTINGS),  # the full scope writes no settings
    "admin": (READONLY, SETTINGS, SHARING),  # service accounts alone
}
ONLY_BY_SERVICE_ACCOUNT = (
    "Only the administrator of a Google Workspace can open this, by a service account: gmailkit "
    "login --service-account KEY.json --subject ADDRESS --for admin (docs/service-accounts.md). "
    "For an account of gmail.com it stays closed."
)

# Google answers with the long names of what was asked for by the short ones.
_SHORT = {"email": EMAIL, "profile": _PREFIX + "userinfo.profile", FULL.rstrip("/"): FULL}

# What a scope covers besides itself; a test holds this against every method of the API.
_COVERS: Mapping[str, tuple[str, ...]] = {
    FULL: (MODIFY, READONLY, COMPOSE, SEND, INSERT, LABELS, METADATA),
    MODIFY: (READONLY, COMPOSE, SEND, INSERT, LABELS, METADATA),
    READONLY: (METADATA,),
    COMPOSE: (SEND,),
}


class Ability(msgspec.Struct, frozen=True):
    """Something a person wants to do, as a verb and as the beginning of a sentence, and the scopes
    of which any one allows it.
    """

    verb: str
    words: str
    accepted: frozenset[str]


ABILITIES = (
    Ability("read", "Reading and searching mail", frozenset({READONLY})),
    Ability("send", "Sending mail", frozenset({SEND})),
    Ability("label", "Changing labels and moving mail to the trash", frozenset({MODIFY})),
    Ability("insert", "Putting messages back into the mailbox", frozenset({INSERT})),
    Ability(
        "change settings",
        "Changing settings, such as filters and the vacation reply",
        frozenset({SETTINGS}),
    ),
    Ability("delete for good", "Deleting messages for good", frozenset({FULL})),
    Ability(
        "change aliases and delegates",
        "Changing aliases, forwarding addresses and delegates",
        frozenset({SHARING}),
    ),
)


def normalize(scopes: Iterable[str] | str) -> frozenset[str]:
    """Scopes under their full names; a string is split at blanks, as OAuth writes lists."""
    names = scopes.split() if isinstance(scopes, str) else scopes
    return frozenset(_SHORT.get(name, name) for name in names)


def suffices(granted: Iterable[str], accepted: Iterable[str]) -> bool:
    """Whether a token with `granted` may call a method that takes any one of `accepted`."""
    return not _covered(granted).isdisjoint(normalize(accepted))


def abilities(scopes: Iterable[str]) -> tuple[Ability, ...]:
    """What a token with `scopes` can be used for."""
    scopes = normalize(scopes)
    able = tuple(ability for ability in ABILITIES if suffices(scopes, ability.accepted))
    # Google issue 115621456: one gmail.metadata in the token and search and bodies are refused.
    return able[1:] if METADATA in scopes and able[:1] == ABILITIES[:1] else able


def may(scopes: Iterable[str]) -> str:
    """The same for a line of a list: "read, send, label"."""
    return ", ".join(each.verb for each in abilities(scopes)) or "nothing"


def losses(asked: Iterable[str], granted: Iterable[str]) -> tuple[str, ...]:
    """One sentence for everything that was asked for and will not work; none when all will."""
    asked, granted = normalize(asked), normalize(granted)
    kept = abilities(granted)
    reason = (
        "the grant holds gmail.metadata, whose limits win; log out, then log in again"
        if METADATA in granted
        else f"{', '.join(map(short, sorted(asked - granted)))} was not granted"
    )
    lost = [f"{a.words} will not work: {reason}." for a in abilities(asked) if a not in kept]
    if EMAIL in asked and EMAIL not in granted and not suffices(granted, {METADATA, COMPOSE}):
        lost.append("The address cannot be learned: the permission to see it was not granted.")
    return tuple(lost)


def purpose_of(granted: Iterable[str]) -> str:
    """The most powerful purpose that `granted` serves wholly; "" when it serves none."""
    covered = _covered(granted) | {OPENID, EMAIL}
    return next((p for p in reversed(list(PURPOSES)) if covered.issuperset(PURPOSES[p])), "")


def hint_for(accepted: Iterable[str], *, granted: Iterable[str] = (), address: str = "") -> str:
    """The login command that grants one of `accepted`, and keeps what is `granted` already.

    The least powerful that does; a new sign-in replaces the old one, so it must not take away.
    Where no person's sign-in can, it is said who can.
    """
    purpose = purpose_for(accepted, granted=granted)
    return (
        login_command(purpose, address=address) if purpose != "admin" else ONLY_BY_SERVICE_ACCOUNT
    )


def purpose_for(accepted: Iterable[str], *, granted: Iterable[str] = ()) -> str:
    """The least powerful purpose that opens one of `accepted` and keeps what `granted` opens.

    Where there is none that keeps all, the least powerful that opens it.
    """
    accepted, keep = normalize(accepted), abilities(granted)
    able = [p for p in PURPOSES if suffices(PURPOSES[p], accepted)]
    whole = [p for p in able if set(keep) <= set(abilities(PURPOSES[p]))]
    return (whole or able or [DEFAULT_PURPOSE])[0]


def permission_for(accepted: Iterable[str]) -> str:
    """The short name of the scope to ask for where any one of `accepted` would do."""
    accepted = normalize(accepted)
    asked = (scope for purpose in PURPOSES.values() for scope in purpose)
    return short(next((scope for scope in asked if suffices({scope}, accepted)), ""))


def scopes_of(purpose: str) -> tuple[str, ...]:
    """Raises UsageError for what is no purpose."""
    try:
        return PURPOSES[purpose]
    except KeyError as error:
        raise UsageError(
            f"There is no purpose {purpose!r}.", hint=f"One of: {', '.join(PURPOSES)}."
        ) from error


def login_command(purpose: str, *, address: str = "") -> str:
    words = ["gmailkit login", address, "" if purpose == DEFAULT_PURPOSE else f"--for {purpose}"]
    return " ".join(word for word in words if word)


def short(scope: str) -> str:
    """How people write a scope: gmail.modify, mail.google.com, email."""
    return scope.removeprefix(_PREFIX).removeprefix("https://").rstrip("/")


def _covered(granted: Iterable[str]) -> frozenset[str]:
    names = normalize(granted)
    return names.union(*(_COVERS.get(name, ()) for name in names))
