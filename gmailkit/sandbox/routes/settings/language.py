"""users.settings: getLanguage and updateLanguage."""

from __future__ import annotations

import re

from gmailkit.sandbox.refusal import invalid
from gmailkit.sandbox.route import Call, Route
from gmailkit.sandbox.routes.settings import BASIC, READ

_TAG = re.compile(r"[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*")  # RFC 3066, section 2.1
# Open: the set changes over time; these are languages of Gmail's own pages.
_SUPPORTED = tuple(
    "af am ar az bg bn ca chr cs cy da de el en en-GB es es-419 et eu fa fi fil fr fr-CA ga gl gu "
    "he hi hr hu hy id is it ja ka km kn ko lo lt lv ml mn mr ms my ne nl no pl pt-BR pt-PT ro ru "
    "si sk sl sr sv sw ta te th tr uk ur vi zh-CN zh-HK zh-TW zu".split()
)
_PATH = "settings/language"


def get_language(call: Call) -> dict[str, object]:
    return call.state.settings.find(call.user.n, "language") or {"displayLanguage": "en"}


def update_language(call: Call) -> dict[str, object]:
    tag = call.body.text("displayLanguage")
    language = _nearest(tag) if _TAG.fullmatch(tag) else None
    if language is None:
        raise invalid(f"Invalid display language: {tag}")
    new: dict[str, object] = {"displayLanguage": language}
    call.state.settings.put(call.user.n, "language", new)
    return new


def _nearest(tag: str) -> str | None:
    """The tag itself, less of it (en-XX: en), or the first variant of it (pt: pt-BR)."""
    known = {language.lower(): language for language in _SUPPORTED}
    wanted = tag.lower()
    shorter = wanted
    while shorter:
        if shorter in known:
            return known[shorter]
        shorter = shorter.rpartition("-")[0]
    base = wanted.partition("-")[0]
    return next((known[low] for low in known if low.startswith(f"{base}-")), None)


ROUTES = (
    Route("settings.getLanguage", "GET", _PATH, get_language, READ),
    Route(
        "settings.updateLanguage", "PUT", _PATH, update_language, BASIC, fields=("displayLanguage",)
    ),
)
