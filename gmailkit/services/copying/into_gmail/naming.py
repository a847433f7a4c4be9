"""What a label of the backup is called in the mailbox that it comes to."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping

from gmailkit.services.labels.names import LONGEST, bad_name

_INSTEAD = " (restored)"


def name_here(name: str, there: Mapping[str, str]) -> str:
    """The same, unless Gmail would refuse it; `there` are the names that exist, by themselves in
    small letters.

    Gmail takes no name that it keeps for itself (other languages keep others, so one that was made
    for it before is taken), and none under a label that is spelt otherwise here: `Work/Done` is
    `WORK/Done` where there is a `WORK`.
    """
    for known in (name, other_name(name)):
        if known.casefold() in there:
            return there[known.casefold()]
    fit = _under_what_is_there(_fit(name), there)
    return there.get(fit.casefold(), fit)


def other_name(name: str) -> str:
    """For a name that Gmail refuses."""
    return f"{name[: LONGEST - len(_INSTEAD)].rstrip('/ ')}{_INSTEAD}".strip()


def _under_what_is_there(name: str, there: Mapping[str, str]) -> str:
    parts = name.split("/")
    for depth in range(len(parts) - 1, 0, -1):
        if found := there.get("/".join(parts[:depth]).casefold()):
            return "/".join([found, *parts[depth:]])
    return name


def _fit(name: str) -> str:
    if not bad_name(name):
        return name
    plain = "".join(each for each in name if unicodedata.category(each) not in ("Cc", "Cs"))
    parts = [part.strip() for part in plain.lstrip("^").split("/")]
    short = "/".join(filter(None, parts))[: LONGEST - len(_INSTEAD)].strip("/ ")
    if short.casefold().startswith("[gmail]"):
        short = f"Gmail{short[len('[gmail]') :]}"
    return short if short and not bad_name(short) else other_name(short)
