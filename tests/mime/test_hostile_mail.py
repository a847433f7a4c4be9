"""Mail made to exhaust a reader: no more work than its length, within 300 MB, in a process of its
own.
"""

from __future__ import annotations

import sys
import textwrap

import pytest

from bounded import measure

MEGABYTES = 300
MOST = 4.4  # times the work for four times the mail
SMALL = 0.002  # of full size: there the lines are counted

# Each builds `raw`; `n` is 1.0 at full size.
CASES = {
    "a million parts": """
        raw = MIXED + b"--b\\r\\n\\r\\nx\\r\\n" * int(1_000_000 * n)
        check = lambda mail: any("parts" in d for d in mail.defects)""",
    "nested three thousand deep": """
        levels = (b"Content-Type: multipart/mixed; boundary=b%d\\n\\n--b%d\\n" % (i, i)
                  for i in range(3_000))
        raw = HEAD + b"".join(levels) + b"deep" + b"\\n" * int(10_000_000 * n)
        check = lambda mail: any("deeper" in d for d in mail.defects)""",
    "dashes inside a hundred levels": """
        levels = (b"Content-Type: multipart/mixed; boundary=b%d\\n\\n--b%d\\n" % (i, i)
                  for i in range(99))
        raw = HEAD + b"".join(levels) + b"\\n--x" * int(5_000_000 * n)
        check = lambda mail: mail.text""",
    "messages inside messages": """
        raw = HEAD + b"Content-Type: message/rfc822\\n\\n" * int(500_000 * n)
        check = lambda mail: len(mail.attachments) == 1""",
    "a header line of 10 MB": """
        raw = HEAD + b"X-Long: " + b"a" * int(10_000_000 * n) + b"\\r\\n\\r\\nbody"
        check = lambda mail: mail.text == "body" and mail.defects""",
    "a header folded a million times": """
        raw = HEAD + b"X-Long: a" + b"\\r\\n b" * int(3_000_000 * n) + b"\\r\\n\\r\\nbody"
        check = lambda mail: mail.text == "body\"""",
    "millions of header fields": """
        raw = HEAD + b"a:\\n" * int(4_000_000 * n) + b"\\nbody"
        check = lambda mail: mail.text == "body" and len(mail.headers) < 10_000""",
    "a million recipients": """
        raw = b"To: " + b"a@example.com,\\r\\n " * int(1_000_000 * n) + b"b@x.org\\r\\n\\r\\nbody"
        check = lambda mail: mail.text == "body" and len(mail.to) > 1_000""",
    "base64 with no end": """
        raw = HEAD + b"Content-Type: a/b\\nContent-Transfer-Encoding: base64\\n\\n"
        raw += b"QUJD" * int(8_000_000 * n)
        check = lambda mail: mail.attachments[0].content.startswith(b"ABC")""",
    "base64 padded everywhere": """
        raw = HEAD + b"Content-Type: a/b\\nContent-Transfer-Encoding: base64\\n\\n"
        raw += b"QQ==" * int(8_000_000 * n)
        check = lambda mail: mail.attachments[0].content.startswith(b"AA")""",
    "a Content-Type of quotes": """
        raw = HEAD + b"Content-Type: multipart/mixed; " + b'"; ' * int(3_000_000 * n) + b"\\n\\nx"
        check = lambda mail: mail.text == "x\"""",
    "encoded words never closed": """
        raw = b"Subject: " + b"=?u?q?a" * int(1_500_000 * n) + b"\\n\\nbody"
        check = lambda mail: mail.text == "body\"""",
    "separators in the header": """
        raw = b"From a\\n" * int(3_000_000 * n)
        check = lambda mail: mail.defects""",
    "repaired iso-2022-jp": """
        raw = HEAD + b"Content-Type: text/plain; charset=iso-2022-jp\\n\\n"
        raw += b"\\x1b$B-!" * int(4_000_000 * n)
        check = lambda mail: mail.text""",
    "html of tags": """
        raw = HEAD + b"Content-Type: text/html\\n\\n" + b"<div>" * int(1_000_000 * n) + b"x"
        check = lambda mail: html_to_text(mail.html)""",
}

PROGRAM = """
from gmailkit.mime.html import html_to_text
from gmailkit.mime.parse import parse
HEAD = b"From: a@x.org\\r\\n"
MIXED = HEAD + b"Content-Type: multipart/mixed; boundary=b\\r\\n\\r\\n"
{case}
mail = parse(raw)
assert check(mail) or n < 0.1, mail.defects  # a little of it is no bomb
"""

on_linux = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc/self/status")


def _measure(case: str, size: float) -> tuple[float, float]:
    return measure(PROGRAM.format(case=textwrap.dedent(CASES[case])), size, small=SMALL)


@on_linux
@pytest.mark.parametrize("case", CASES)
def test_a_tenth_of_a_bomb_is_nothing(case: str) -> None:
    growth, megabytes = _measure(case, 0.1)
    assert growth < MOST
    assert megabytes < MEGABYTES / 2


@on_linux
@pytest.mark.soak
@pytest.mark.parametrize("case", CASES)
def test_a_whole_bomb_is_survived(case: str) -> None:
    _, megabytes = _measure(case, 1.0)
    print(f"{case}: {megabytes:.0f} MB")
    assert megabytes < MEGABYTES
