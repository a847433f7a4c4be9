"""Every form of an address that RFC 5322 allows, and those people type: taken, or one sentence."""

from __future__ import annotations

import pytest

from gmailkit.cli.compose import each_address
from gmailkit.errors import UsageError
from gmailkit.mime.address import check_address
from gmailkit.mime.build import build
from gmailkit.mime.parse import parse
from gmailkit.model.mail import Address, Mail

ANN = "ann@example.com"
LONG = "a" * 64

TAKEN = {
    # RFC 5322 section 3.4
    "addr-spec": (ANN, Address(ANN)),
    "angle-addr": (f"<{ANN}>", Address(ANN)),
    "name-addr": (f"Ann Lee <{ANN}>", Address(ANN, "Ann Lee")),
    "quoted name": (f'"Lee, Ann" <{ANN}>', Address(ANN, "Lee, Ann")),
    "escapes in the name": (rf'"Ann \"A\" Lee" <{ANN}>', Address(ANN, 'Ann "A" Lee')),
    "no blank before <": (f"Ann<{ANN}>", Address(ANN, "Ann")),
    "blanks around": (f"  {ANN} ", Address(ANN)),
    "dots in the name (obs-phrase)": (f"Ann M. Lee <{ANN}>", Address(ANN, "Ann M. Lee")),
    "every atext": ("a!#$%&'*+/=?^_`{|}~-z@example.com",) * 2,
    "dot-atom": ("a.b.c@example.com",) * 2,
    "quoted local part": ('"ann lee"@example.com',) * 2,
    "an at sign in a quoted local part": ('"a@b"@example.com',) * 2,
    "an escape in a quoted local part": (r'"a\"b"@example.com',) * 2,
    "the longest local part": (f"{LONG}@example.com",) * 2,
    "many labels": ("a@b.c.d.e.example.com",) * 2,
    "digits": ("1@2.example",) * 2,
    "punycode": ("ann@xn--mnchen-3ya.example",) * 2,
    # RFC 6532
    "a name in any script": (f"東京 太郎 <{ANN}>", Address(ANN, "東京 太郎")),
    "a local part in any script": ("用户@example.com",) * 2,
    "a domain in any script": ("ann@münchen.example", "ann@xn--mnchen-3ya.example"),
    # RFC 2047, as it is copied from a source view
    "an encoded name": (f"=?utf-8?q?Zo=C3=AB?= <{ANN}>", Address(ANN, "Zoë")),
    # what comes along when an address is copied
    "mailto": (f"mailto:{ANN}", Address(ANN)),
    "MAILTO": (f"MAILTO:{ANN}", Address(ANN)),
    "Outlook's quotes": (f"'{ANN}'", Address(ANN)),
    "Outlook's quotes as a name": (f"'{ANN}' <{ANN}>", Address(ANN, f"'{ANN}'")),
    "a comma behind": (f"{ANN},", Address(ANN)),
    "a semicolon behind": (f"Ann <{ANN}>;", Address(ANN, "Ann")),
    "a comma before": (f", {ANN}", Address(ANN)),
    "an unclosed quote": (f'"Ann <{ANN}>', Address(ANN, "Ann")),
    "an apostrophe, which is a letter here": ("'t.hooft@example.com",) * 2,
    "the address as its own name": (f"{ANN} <{ANN}>", Address(ANN, ANN)),
}

REFUSED = {
    # allowed by RFC 5322, and no use to Gmail
    "an address literal": "ann@[192.0.2.1]",
    "an IPv6 literal": "ann@[IPv6:2001:db8::1]",
    "a local domain": "ann@localhost",
    "a comment behind": f"{ANN} (Ann)",
    "a comment inside": "ann(x)@example.com",
    "a route": f"<@relay.example:{ANN}>",
    "a group": f"Team: {ANN}, bob@example.com;",
    "an empty group": "undisclosed-recipients:;",
    "folded": f"Ann\r\n <{ANN}>",
    # broken
    "nothing": "",
    "blanks": "   ",
    "a separator alone": ",;",
    "a name alone": "Ann Lee",
    "no domain": "ann@",
    "no local part": "@example.com",
    "no at": "ann.example.com",
    "two ats": "ann@b@example.com",
    "an unclosed bracket": f"<{ANN}",
    "an unopened bracket": f"{ANN}>",
    "an unclosed bracket behind a name": f"Ann <{ANN}",
    "a comma in a bare name": f"Lee, Ann <{ANN}>",
    "two with a comma": f"{ANN}, bob@example.com",
    "two with a semicolon": f"{ANN}; bob@example.com",
    "two with a blank": f"{ANN} bob@example.com",
    "two in brackets": f"<{ANN}, bob@example.com>",
    "a blank in it": "ann lee@example.com",
    "a dot at the start": ".ann@example.com",
    "a dot at the end": "ann.@example.com",
    "two dots": "ann..lee@example.com",
    "a dot behind the domain": "ann@example.com.",
    "two dots in the domain": "ann@example..com",
    "a dash before the domain": "ann@-example.com",
    "an underscore in the domain": "ann@ex_ample.com",
    "a mailto with more": f"mailto:{ANN}?subject=x",
    "a link": f"https://example.com/{ANN}",
    "a local part too long": f"{LONG}a@example.com",
    "an address too long": f"ann@{'a.' * 130}com",
    "a label too long": f"ann@{LONG}.com",
    "an invisible letter": "ann\u200b@example.com",
    "a wide blank": "ann\u3000@example.com",
    "an ideographic full stop": "ann@example。com",
    "a bidi mark": "ann\u202e@example.com",
    "a line break and a header": f"{ANN}\r\nBcc: eve@example.org",
    "half a character": "ann\ud800@example.com",
    "a NUL": "ann\0@example.com",
    "a backslash": "ann\\@example.com",
}


@pytest.mark.parametrize("form", TAKEN)
def test_a_sound_form_is_taken_and_arrives(form: str) -> None:
    text, expected = TAKEN[form]
    address = expected if isinstance(expected, Address) else Address(expected)
    assert check_address(text) == address
    assert parse(build(Mail(to=(address,)))).to == (address,)


@pytest.mark.parametrize("form", REFUSED)
def test_any_other_form_is_refused_with_one_sentence(form: str) -> None:
    with pytest.raises(UsageError) as caught:
        check_address(REFUSED[form])
    message = caught.value.message
    assert message.endswith(".")
    assert message.isprintable()


@pytest.mark.parametrize(
    ("given", "found"),
    [
        (f"{ANN},bob@example.com", [ANN, "bob@example.com"]),
        (f"{ANN}; bob@example.com;", [ANN, "bob@example.com"]),
        (f'"Lee; Ann, Dr" <{ANN}>, me', [f'"Lee; Ann, Dr" <{ANN}>', "me"]),
        (f"{ANN},, bob@example.com, ", [ANN, "bob@example.com"]),
        (f"'{ANN}'; 'bob@example.com'", [f"'{ANN}'", "'bob@example.com'"]),
        (f"Lee, Ann <{ANN}>", [f"Lee, Ann <{ANN}>"]),
        (f'{ANN}, "bob@example.com', [f'{ANN}, "bob@example.com']),
        (f"{ANN},bob@example.com\nBcc: x@y.org", [f"{ANN},bob@example.com\nBcc: x@y.org"]),
    ],
)
def test_several_in_one_argument(given: str, found: list[str]) -> None:
    assert each_address([given]) == found
