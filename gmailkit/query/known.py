"""Whether a label that is searched for is there, and which was meant where it is not."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from difflib import get_close_matches

from gmailkit.errors import NotFound
from gmailkit.query.labels import ENCRYPTED
from gmailkit.query.operators import place_meant

SEARCHED_ONLY = frozenset({ENCRYPTED})  # found by `label:`, and in no list of labels


def check_searched(name: str, names: Iterable[str], *, otherwise: str) -> None:
    """NotFound unless `label:name` or `in:name` may mean one of `names`; `otherwise` is the hint
    where none of them is near.

    Lenient, since nobody knows how Gmail folds: blanks, punctuation and accents do not count.
    """
    known = tuple(names)
    wanted = _folded(name)
    if wanted in SEARCHED_ONLY or wanted in map(_folded, known):
        return
    if not near(name, known) and (place := place_meant(name)):
        raise NotFound(
            f'There is no label "{name}", and no place in:{name}.',
            hint=f"Did you mean in:{place}?",
        )
    raise no_label(name, known, otherwise=otherwise)


def no_label(name: str, names: Iterable[str], *, otherwise: str) -> NotFound:
    meant = ", ".join(f'"{each}"' for each in near(name, names))
    return NotFound(
        f'There is no label "{name}".', hint=f"Did you mean {meant}?" if meant else otherwise
    )


def near(name: str, names: Iterable[str]) -> list[str]:
    """Those nested under it first: it may be the beginning of their names alone."""
    known = {each.casefold(): each for each in names}
    under = f"{name.strip().casefold()}/"
    below = [each for each in known if each.startswith(under)]
    close = get_close_matches(name.casefold(), known, n=3, cutoff=0.6)
    return [known[each] for each in dict.fromkeys((*below, *close))][:3]


def _folded(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name.casefold())
    return "-".join(re.findall(r"[^\W_]+", re.sub(r"[\u0300-\u036f]", "", plain)))
