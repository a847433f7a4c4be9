"""Lists of years and labels, and what the search reads: all made anew of the catalogue."""

from __future__ import annotations

import json
from array import array
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from gmailkit.backup.labels import shown
from gmailkit.model.counted import count_text
from gmailkit.services.export.pages import shell
from gmailkit.services.export.pages.catalogue import Line, Ranked
from gmailkit.services.export.pages.words import Spool
from gmailkit.zones import local

A_PAGE = 200  # messages
_MOST_LABELS = 2_000  # labels that get pages of their own
_NEWEST = 50

Write = Callable[[str, bytes], None]  # a file below the folder, anew


class _Row(NamedTuple):
    page: str
    when: str
    who: str
    subject: str
    files: int
    new: bool


@dataclass(slots=True)
class _Places:
    """Ranks of messages by year and by label."""

    years: dict[str, array[int]] = field(default_factory=dict)
    labels: dict[str, array[int]] = field(default_factory=dict)

    def add(self, rank: int, line: Line) -> None:
        year = f"{_local(line.at):%Y}".rjust(4, "0") if line.at else "undated"
        self.years.setdefault(year, array("I")).append(rank)
        for label in line.labels:
            self.labels.setdefault(label, array("I")).append(rank)


def write_lists(mail: Ranked, write: Write, spool: Path) -> None:
    """`spool` is an empty folder for what is put down meanwhile. Raises CannotWrite, OSError."""
    places, words = _Places(), Spool(spool)
    for start in range(0, len(mail), A_PAGE):
        rows = []
        for rank in range(start, min(start + A_PAGE, len(mail))):
            line = mail[rank]
            places.add(rank, line)
            words.add(rank, line.words)
            rows.append(list(_row(line)[:5]))
        text = json.dumps(rows, separators=(",", ":"))
        number = start // A_PAGE
        write(f"search/messages-{number}.js", f"mail.messages({number},{text});\n".encode())
    words.put_down()
    shards = []
    for shard, script in words.scripts():
        write(f"search/words-{shard:02x}.js", script)
        shards.append(f"{shard:02x}")
    write("search/search.js", shell.asset("search.js").encode())
    years = {year: places.years[year] for year in sorted(places.years)[::-1]}
    labels = dict(islice(_by_size(places.labels), _MOST_LABELS))
    for name, ranks in years.items():
        _write_pages(mail, write, name, _year_file(name), ranks)
    for name, ranks in labels.items():
        _write_pages(mail, write, shown(name), _label_file(name), ranks)
    left = len(places.labels) - len(labels)
    write("index.html", _index(mail, years, labels, left, shards))


def _by_size(labels: dict[str, array[int]]) -> Iterator[tuple[str, array[int]]]:
    yield from sorted(labels.items(), key=lambda each: (-len(each[1]), each[0]))


def _write_pages(mail: Ranked, write: Write, name: str, file: str, ranks: array[int]) -> None:
    last = (len(ranks) - 1) // A_PAGE
    for number in range(last + 1):
        some = ranks[number * A_PAGE : (number + 1) * A_PAGE]
        steps = [
            '<nav><a href="../index.html">All mail</a>',
            *([f'<a href="{file}-{number - 1}.html" rel="prev">Newer</a>'] if number else []),
            *(
                [f'<a href="{file}-{number + 1}.html" rel="next">Older</a>']
                if number < last
                else []
            ),
            f'<span class="quiet">Page {number + 1:,} of {last + 1:,}</span></nav>',
        ]
        body = [
            *steps,
            f"<h1>{shell.own(name)}</h1>",
            *_rows((mail[rank] for rank in some), above="../"),
            *steps,
        ]
        write(f"lists/{file}-{number}.html", shell.page(name, body))


def _index(
    mail: Ranked,
    years: dict[str, array[int]],
    labels: dict[str, array[int]],
    left: int,
    shards: list[str],
) -> bytes:
    body = [
        f"<h1>Mail: {count_text(len(mail), 'message')}</h1>",
        f'<form id="search" hidden data-count="{len(mail)}" data-chunk="{A_PAGE}"'
        f' data-shards="{" ".join(shards)}"><input type="search" autofocus'
        ' aria-label="Search" placeholder="Search: words, from:ann, subject:, label:, '
        'filename:, has:attachment, -without"></form>',
        '<noscript><p class="quiet">The search needs JavaScript; the lists do not.</p></noscript>',
        '<p id="said" class="quiet" role="status"></p><ol id="found" class="mail"></ol>',
        '<button id="more" type="button" hidden>More</button><div id="lists">',
        "<h2>Years</h2>",
        *_links((year, _year_file(year), len(ranks)) for year, ranks in years.items()),
        "<h2>Labels</h2>",
        *_links(
            (shown(name), _label_file(name), len(labels[name]))
            for name in sorted(labels, key=lambda name: shown(name).casefold())
        ),
        *([f"<p>{left:,} rarer labels have no list; the search finds them."] if left else []),
        "<h2>Newest</h2>",
        *_rows((mail[rank] for rank in range(min(_NEWEST, len(mail)))), above=""),
        '</div><script src="search/search.js"></script>',
    ]
    return shell.page("Mail", body, policy=shell.SEARCH_POLICY)


def _links(places: Iterator[tuple[str, str, int]]) -> Iterator[str]:
    yield '<ul class="places">'
    for name, file, count in places:
        yield (
            f'<li><a href="lists/{file}-0.html">{shell.own(name)}</a>'
            f' <span class="quiet">{count:,}</span>'
        )
    yield "</ul>"


def _rows(lines: Iterator[Line], *, above: str) -> Iterator[str]:
    yield '<ol class="mail">'
    for row in map(_row, lines):
        mark = ' class="new"' if row.new else ""
        subject = shell.own(row.subject or "(no subject)")
        yield (
            f'<li><span class="when">{row.when}</span> {shell.own(row.who)}: '
            f'<a{mark} href="{above}{row.page}">{subject}</a>{_files(row.files)}'
        )
    yield "</ol>"


def _files(count: int) -> str:
    return f' <span class="quiet">{count_text(count, "file")}</span>' if count else ""


def _row(line: Line) -> _Row:
    day = f"{_local(line.at):%Y-%m-%d}".rjust(10, "0") if line.at else ""
    who = f"To {line.to}" if "SENT" in line.labels else line.sender
    return _Row(line.page, day, who, line.subject, line.files, "seen" not in line.flags)


def _local(moment: datetime) -> datetime:
    try:
        return local(moment)
    except (OverflowError, ValueError, OSError):
        return moment


def _year_file(year: str) -> str:
    return f"year-{year}"


def _label_file(name: str) -> str:
    return f"label-{sha256(name.encode(errors='replace')).hexdigest()[:16]}"
