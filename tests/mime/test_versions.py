"""Where the HTML of a message says something else than its text: most programs show it alone."""

from __future__ import annotations

import pytest

from gmailkit.compose.markdown import render
from gmailkit.mime.versions import NOTHING, said_by_html
from gmailkit.model.mail import Attachment, Mail

MARKDOWN = """# The week

It is **fast**, see *[the log](https://ci.example.com/4711)*. Write to <mailto:ann@example.com> or
[us](mailto:us@example.com). un*believ*able, ~~gone~~, `x_y`, 5 < 6 > 4

| team | builds |
|---|--:|
| shop | 1,204 |

- a
  1. one

> quoted

```
code  here
```

---

![A chart](https://x.example/c.png) ![](chart.png) https://bare.example.com/x.
"""


def test_markdown_says_the_same_in_both_versions() -> None:
    pytest.importorskip("markdown_it")
    made = render(MARKDOWN)
    picture = Attachment(filename="chart.png", content=b"x", inline=True, content_id="c")
    assert said_by_html(Mail(text=made.text, html=made.html, attachments=(picture,))) == ""


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("Hi  Ann,\n\nbye", "<p>Hi Ann,</p><div>bye</div>"),
        ("", "<p>Hi</p>"),
        ("Hi", ""),
        ("Look: https://a.example/x", "<a href='https://a.example/x'>Look:</a>"),
    ],
)
def test_how_it_is_set_out_is_no_difference(text: str, html: str) -> None:
    assert said_by_html(Mail(text=text, html=html)) == ""


@pytest.mark.parametrize(
    ("text", "html", "says"),
    [
        ("Pay 1,000", "<p>Pay 1.000</p>", "Pay 1.000"),
        ("Pay", "<p>Pay <b>now</b></p>", "Pay now"),
        ("Look", "<a href='https://evil.example/'>Look</a>", "[1] https://evil.example/"),
        ("Look https://a.example.b/", "<a href='https://a.example'>Look</a>", "https://a.example"),
        ("To <ann@a.example>", "To &lt;eve@a.example&gt;", "eve@a.example"),
        ("Note [1]", "Note [2]", "Note [2]"),
        ("Look", "<img src='cid:x'>", NOTHING),
    ],
)
def test_other_words_and_other_links_are(text: str, html: str, says: str) -> None:
    assert says in said_by_html(Mail(text=text, html=html))
