"""`docs/api.md`: every method of the Gmail API, its wrapper, scope and price. Run it to renew it.

python tools/api_table.py          writes docs/api.md
python tools/api_table.py --check  exits 1 when it is not what would be written
"""

from __future__ import annotations

import json
import keyword
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from googleapiclient.discovery_cache import get_static_doc

from gmailkit.wire.methods import METHODS, narrowest

PAGE = Path(__file__).resolve().parents[1] / "docs" / "api.md"
ON_THE_FACADE = {"getProfile": "profile"}  # a person's word for it

HEAD = """\
# Every method of the Gmail API

Made by `tools/api_table.py` from Google's discovery document (revision {revision}) and
`gmailkit/wire/methods.py`; a test fails when it is out of date. {count} methods.

- **Wrapper**: as you write it on a `Gmail`. Ids, not names; arguments are Google's parameters in
  snake_case. Listings come page by page as you iterate, and `.cut` says afterwards whether a
  `limit` left some out. Times are aware datetimes, sizes bytes. `gmail.call("labels.list")` calls
  any method raw, for a field or a parameter that this version does not know.
- **Scope**: the least powerful one that allows the call, without
  `https://www.googleapis.com/auth/`. Under gmail.metadata there are no searches and no bodies, and
  no other scope counts. gmail.settings.sharing is for service accounts with domain-wide delegation.
- **Units** of quota for one call: by the table for projects new since 2026-05-01, and by the old
  one. Size and format change nothing. † Google prints no price in one table or both; gmailkit then
  counts that of the other, of the closest sibling, or 5.
- A word that Google adds to a list of words (say, a new kind of label) is read as it is.

| Method | Wrapper | HTTP | Scope | Units | Old |
|---|---|---|---|---:|---:|
"""


def page() -> str:
    document = json.loads(get_static_doc("gmail", "v1"))
    rows = sorted(methods(document["resources"]["users"]), key=lambda row: row[0].casefold())
    head = HEAD.format(revision=document["revision"], count=len(rows))
    return head + "".join(_row(name, method) for name, method in rows)


def methods(node: dict[str, Any], path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Each method below `node` by its name without `gmail.users.`."""
    yield from ((path + name, method) for name, method in node.get("methods", {}).items())
    for name, below in node.get("resources", {}).items():
        yield from methods(below, f"{path}{name}.")


def wrapper(method: str) -> str:
    """As a user writes it: gmail.settings.filters.create."""
    return f"gmail.{ON_THE_FACADE.get(method) or '.'.join(map(_python, method.split('.')))}"


def _python(name: str) -> str:
    snake = re.sub("[A-Z]", lambda letter: f"_{letter[0].lower()}", name)
    return f"{snake}_" if keyword.iskeyword(snake) else snake


def _row(name: str, described: dict[str, Any]) -> str:
    method = METHODS[name]
    path = described["path"].removeprefix("gmail/v1/users/{userId}")
    mark = "" if method.printed else " †"
    cells = (
        f"`{name}`",
        f"`{wrapper(name)}`",
        f"{described['httpMethod']} {path}",
        narrowest(described["scopes"]),
        f"{method.new}{mark}",
        str(method.old),
    )
    return f"| {' | '.join(cells)} |\n"


def main(arguments: list[str]) -> int:
    if "--check" in arguments:
        return int(PAGE.read_text() != page())
    PAGE.write_text(page())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
