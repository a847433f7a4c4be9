"""Mail made from Markdown, as a real browser shows it on a phone and on a desk.

`python tests/compose/test_mail_in_browser.py` takes the pictures of docs/pictures anew.
"""

from __future__ import annotations

import struct
import sys
import zlib
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from chromium import CHROMIUM, started
from gmailkit.compose.markdown import render
from gmailkit.compose.picture import cid_of

PICTURES = Path(__file__).resolve().parents[2] / "docs" / "pictures"
SIZES = {"phone": (390, 844), "desktop": (1280, 900)}

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine")

MAIL = f"""\
# The week in numbers

Hello Ann,

the build is **twice as fast** since Tuesday, and nobody was woken at night. The long story is
[in the log](https://ci.example.com/runs/4711), or here:
https://ci.example.com/{"a-very-long-path/" * 8}index.html

![Builds a day](builds.png)

## What changed

1. Tests run side by side
2. The cache is kept *between* branches
   - for dependencies
   - for compiled files, with `ccache --max-size=5G`

> Can we have the same for the documents?
>
> Bob

| team | builds | failed | median | slowest | first failure of the week | blame |
|---|--:|--:|--:|--:|---|---|
| shop | 1,204 | 12 | 3:10 | 9:55 | test_a_basket_is_empty_after_payment | flaky clock |
| mail | 411 | 3 | 1:48 | 2:30 | test_headers_are_folded | wrong locale |
| Zürich | 97 | 0 | 2:02 | 2:40 | | |

```sh
make test PYTEST_OPTIONS="-n 2 --maxfail=1 --timeout=180 --durations=10 --junitxml=report.xml"
```

---

~~Tea~~ Coffee on Friday at ten. Answer, or write to <build@example.com>.
"""


def bars() -> bytes:
    """A PNG wider than any phone: nine bars on a clear ground."""
    width, height, heights = 900, 240, (60, 90, 80, 120, 110, 160, 190, 180, 220)
    clear, blue = b"\0\0\0\0", b"\x42\x85\xf4\xff"
    rows = []
    for y in range(height):
        bar = [blue if height - y < high else clear for high in heights]
        rows.append(b"\0" + b"".join(each * 80 + clear * 20 for each in bar))
    head = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)

    def chunk(kind: bytes, content: bytes) -> bytes:
        checked = kind + content
        return struct.pack(">I", len(content)) + checked + struct.pack(">I", zlib.crc32(checked))

    image = zlib.compress(b"".join(rows), 9)
    parts = chunk(b"IHDR", head) + chunk(b"IDAT", image) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts


def as_shown(markdown: str) -> str:
    """The page with its pictures where a mail program puts them."""
    made = render(markdown)
    shown = b64encode(bars()).decode()
    assert made.pictures == ("builds.png",)
    return made.html.replace(f"cid:{cid_of('builds.png')}", f"data:image/png;base64,{shown}")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with started() as running:
        yield running


@contextmanager
def opened(browser: Browser, size: str, scheme: str) -> Iterator[tuple[Page, list[str]]]:
    """The mail on a screen, and what the page asked of the network."""
    width, height = SIZES[size]
    page = browser.new_page(
        viewport={"width": width, "height": height},
        is_mobile=size == "phone",
        color_scheme="dark" if scheme == "dark" else "light",
    )
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.set_content(as_shown(MAIL), wait_until="load")
    yield page, [url for url in asked if not url.startswith("data:")]
    page.close()


@pytest.fixture(params=["light", "dark"])
def scheme(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.mark.parametrize("size", SIZES)
def test_it_is_readable(browser: Browser, size: str, scheme: str) -> None:
    with opened(browser, size, scheme) as (page, asked):
        width = page.evaluate("document.documentElement.clientWidth")
        assert page.evaluate("document.documentElement.scrollWidth") == width == SIZES[size][0]
        assert asked == []
        for tag, least in {"p": 16, "li": 16, "td": 15, "code": 14, "h1": 24}.items():
            shown = page.evaluate(f"getComputedStyle(document.querySelector('{tag}')).fontSize")
            assert float(shown.removesuffix("px")) >= least, tag
        ink = page.evaluate("getComputedStyle(document.querySelector('p')).color")
        assert ink == {"light": "rgb(0, 0, 0)", "dark": "rgb(255, 255, 255)"}[scheme]
        right = page.evaluate(
            "Math.max(...[...document.querySelectorAll('p,pre,img,blockquote,li,h1,div.table')]"
            ".map(each => each.getBoundingClientRect().right))"
        )
        assert right <= width


def test_a_wide_table_scrolls_in_its_own_box_on_a_phone(browser: Browser) -> None:
    with opened(browser, "phone", "light") as (page, _):
        table = "document.querySelector('div.table')"
        assert page.evaluate(f"{table}.scrollWidth > {table}.clientWidth")


def test_lines_are_not_too_long_on_a_desk(browser: Browser) -> None:
    with opened(browser, "desktop", "light") as (page, _):
        assert page.evaluate("document.querySelector('p').getBoundingClientRect().width") <= 44 * 16


@pytest.mark.parametrize("name", ["mail-phone.png", "mail-phone-dark.png", "mail-desktop.png"])
def test_the_pictures_of_the_documents_are_there_and_small(name: str) -> None:
    assert 5_000 < (PICTURES / name).stat().st_size < 150_000


def _take_pictures() -> None:
    with started() as browser:
        for size, scheme, name in (
            ("phone", "light", "mail-phone.png"),
            ("phone", "dark", "mail-phone-dark.png"),
            ("desktop", "light", "mail-desktop.png"),
        ):
            with opened(browser, size, scheme) as (page, _):
                page.screenshot(path=PICTURES / name, full_page=True)


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
    _take_pictures()
