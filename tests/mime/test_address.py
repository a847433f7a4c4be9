"""Addresses: tolerant where mail is read, strict where a person typed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gmailkit.errors import UsageError
from gmailkit.mime.address import check_address, is_addr_spec, parse_addresses
from gmailkit.model.mail import Address
from work import grows_with_its_input

LISTS: list[tuple[str, str, list[tuple[str, str]]]] = [
    ("bare", "ann@example.com", [("ann@example.com", "")]),
    ("named", "Ann Lee <ann@example.com>", [("ann@example.com", "Ann Lee")]),
    (
        "quoted comma",
        '"Lee, Ann" <ann@x.org>, b@x.org',
        [("ann@x.org", "Lee, Ann"), ("b@x.org", "")],
    ),
    ("escaped quote", r'"Ann \"A\" Lee" <a@x.org>', [("a@x.org", 'Ann "A" Lee')]),
    ("dots in a name", "Ann Q. Lee <a@x.org>", [("a@x.org", "Ann Q. Lee")]),
    ("name in a comment", "a@x.org (Ann Lee)", [("a@x.org", "Ann Lee")]),
    ("comments everywhere", "Ann (x) <a(y)@x.org(z)>", [("a@x.org", "Ann")]),
    ("nested comment", "a@x.org (Ann (the) Lee)", [("a@x.org", "Ann the Lee")]),
    (
        "comma in a comment",
        "a@x.org (Lee, Ann), b@x.org",
        [("a@x.org", "Lee, Ann"), ("b@x.org", "")],
    ),
    (
        "group",
        "Team: a@x.org, B <b@x.org>;, c@x.org",
        [("a@x.org", ""), ("b@x.org", "B"), ("c@x.org", "")],
    ),
    ("empty group", "undisclosed-recipients:;", []),
    ("Outlook's semicolons", "a@x.org; b@x.org", [("a@x.org", ""), ("b@x.org", "")]),
    ("empty items", ", ,a@x.org,,", [("a@x.org", "")]),
    ("encoded name", "=?utf-8?Q?K=C3=A4the?= <k@x.org>", [("k@x.org", "Käthe")]),
    ("two encoded words", "=?utf-8?q?K=C3=A4?= =?utf-8?q?the?= <k@x.org>", [("k@x.org", "Käthe")]),
    ("encoded comma", "=?utf-8?q?Lee=2C_Ann?= <a@x.org>", [("a@x.org", "Lee, Ann")]),
    ("raw comma in an encoded word", "=?utf-8?q?Lee,_Ann?= <a@x.org>", [("a@x.org", "Lee, Ann")]),
    ("encoded in quotes", '"=?utf-8?q?J=C3=B6rg?=" <j@x.org>', [("j@x.org", "Jörg")]),
    (
        "name is another address",
        '"ceo@bank.example" <x@evil.example>',
        [("x@evil.example", "ceo@bank.example")],
    ),
    (
        "bare name is another address",
        "ceo@bank.example <x@evil.example>",
        [("x@evil.example", "ceo@bank.example")],
    ),
    ("source route", "<@relay.org,@b.org:a@x.org>", [("a@x.org", "")]),
    ("blanks in the address", "Ann < a @ x.org >", [("a@x.org", "Ann")]),
    ("quoted local part", '"with space"@x.org', [('"with space"@x.org', "")]),
    ("quoted local part in angles", 'A <"with space"@x.org>', [('"with space"@x.org', "A")]),
    ("beyond ASCII", "用户 <用户@例子.广告>", [("用户@例子.广告", "用户")]),
    ("no angles", "Ann Lee a@x.org", [("a@x.org", "Ann Lee")]),
    ("mailto", "mailto:a@x.org", [("a@x.org", "")]),
    ("forgotten comma", "A <a@x.org> <b@x.org>", [("a@x.org", "A"), ("b@x.org", "")]),
    ("angle never closed", "Ann <a@x.org", [("a@x.org", "Ann")]),
    ("quote never closed", '"Ann <a@x.org>, b@x.org', [("a@x.org", "Ann"), ("b@x.org", "")]),
    ("two at signs", "a@@x.org", [("a@@x.org", "")]),
    ("no domain", "Mail System <MAILER-DAEMON>", [("MAILER-DAEMON", "Mail System")]),
    ("a word", "root", [("root", "")]),
    ("words alone", "Ann Lee", [("", "Ann Lee")]),
    ("null path", "<>", []),
    ("nothing", "", []),
    ("folded", "a@x.org,\r\n\tb@x.org", [("a@x.org", ""), ("b@x.org", "")]),
    ("line break in a name", "=?utf-8?q?a=0D=0Ab?= <a@x.org>", [("a@x.org", "a b")]),
]


@pytest.mark.parametrize(("value", "found"), [x[1:] for x in LISTS], ids=[x[0] for x in LISTS])
def test_lists(value: str, found: list[tuple[str, str]]) -> None:
    assert [(a.email, a.name) for a in parse_addresses(value)] == found


@given(st.text())
def test_any_value_can_be_parsed(value: str) -> None:
    for address in parse_addresses(value):
        assert address.email or address.name
        assert not set("\r\n\0") & set(address.email + address.name)


@pytest.mark.parametrize(
    "piece", ['"\\"', '<"', "<", "(", "a", "=?", "\\", " ", "a ", "a@", '"', "a@x.org, "]
)
def test_the_work_grows_with_the_value_and_no_more(piece: str) -> None:
    assert grows_with_its_input(lambda count: parse_addresses(piece * count), 1_000)
    parse_addresses(piece * (300_000 // len(piece)))


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("ann@example.com", Address("ann@example.com")),
        ("  ann@example.com ", Address("ann@example.com")),
        ("<ann@example.com>", Address("ann@example.com")),
        ("Ann Lee <ann@example.com>", Address("ann@example.com", "Ann Lee")),
        ('"Lee, Ann" <ann@example.com>', Address("ann@example.com", "Lee, Ann")),
        ("o'hara+x=y@sub.example.co", Address("o'hara+x=y@sub.example.co")),
        ('"a b"@example.com', Address('"a b"@example.com')),
        ("käthe@müller.example", Address("käthe@müller.example")),
        ("उदाहरण@परीक्षा.example", Address("उदाहरण@परीक्षा.example")),
        ("a@xn--mller-kva.example", Address("a@xn--mller-kva.example")),
        ("x" * 64 + "@example.com", Address("x" * 64 + "@example.com")),
    ],
)
def test_sound_addresses_pass(text: str, address: Address) -> None:
    assert check_address(text) == address


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ann",
        "Ann Lee",
        "ann@",
        "@example.com",
        "ann@example",
        "ann@@example.com",
        "ann@example..com",
        "ann@.example.com",
        "ann@example.com.",
        ".ann@example.com",
        "ann.@example.com",
        "a..b@example.com",
        "ann@-example.com",
        "ann@example-.com",
        "ann@exa_mple.com",
        "ann@exa mple.com",
        "an n@example.com",
        "ann@[192.0.2.1]",
        "ann(x)@example.com",
        "ann@example.com (Ann)",
        "a@x.org, b@x.org",
        "a@x.org; b@x.org",
        "Lee, Ann <ann@example.com>",
        "Ann <ann@example.com> x",
        "Ann <a@x.org> <b@x.org>",
        "ann@example.com>",
        "<ann@example.com",
        "Team: a@x.org;",
        "ann@example.com\r\nBcc: b@x.org",
        "ann@example.com\n",
        "a\0@example.com",
        "Ann\x0b <ann@example.com>",
        "Ann\u2028 <ann@example.com>",
        "\u202eann@example.com",
        "ann@exam\u200bple.com",
        "ann@ex\uff0eample.com",
        "an\ud800n@example.com",
        "x" * 65 + "@example.com",
        "a@" + "x" * 64 + ".com",
        "a@" + "x." * 130 + "com",
        "ann@example.com" * 1_000_000,
    ],
    ids=lambda text: ascii(text)[:40],
)
def test_unsound_addresses_are_refused(text: str) -> None:
    with pytest.raises(UsageError):
        check_address(text)


def test_the_refusal_names_the_address_and_a_way_out() -> None:
    with pytest.raises(UsageError, match="2 addresses") as refused:
        check_address("Lee, Ann <ann@example.com>")
    assert '"Lee, Ann"' in refused.value.hint


ATOMS = st.text("abcXYZ019!#$%&'*+/=?^_`{|}~-é日", min_size=1, max_size=9)
LABELS = st.text("abcXYZ019é日", min_size=1, max_size=9)
EMAILS = st.builds(
    lambda local, domain: f"{'.'.join(local)}@{'.'.join(domain)}",
    st.lists(ATOMS, min_size=1, max_size=3),
    st.lists(LABELS, min_size=2, max_size=3),
)


@given(EMAILS)
def test_every_made_up_address_is_sound_and_read_back(email: str) -> None:
    assert is_addr_spec(email)
    written = check_address(email)
    assert check_address(written.email) == written
    local, _, domain = email.rpartition("@")
    assert written.email.startswith(f"{local}@")
    if domain.isascii() or not local.isascii():
        assert written == Address(email)
    if "=?" not in email:
        assert check_address(f"Ann <{email}>") == Address(written.email, "Ann")


@given(st.text())
def test_what_passes_holds_nothing_that_could_end_a_field(text: str) -> None:
    if is_addr_spec(text):
        assert not set(text) & set("\r\n\0\x0b\x0c\x85\u2028\u2029<>,;") or text.startswith('"')
        assert not set(text) & set("\r\n\0\x0b\x0c\x85\u2028\u2029")


@pytest.mark.parametrize(
    ("given", "written"),
    [
        ("ann@bücher.example", "ann@xn--bcher-kva.example"),
        ("Ann <ann@STRASSE.straße.example>", "ann@strasse.xn--strae-oqa.example"),
        ("ann@例え.テスト", "ann@xn--r8jz45g.xn--zckzah"),
        ("jürgen@bücher.example", "jürgen@bücher.example"),
        ("ann@i❤.example", "ann@i❤.example"),
        ("Ann@Example.COM", "Ann@Example.COM"),
    ],
)
def test_a_domain_of_another_script_is_written_as_every_server_knows_it(
    given: str, written: str
) -> None:
    assert check_address(given).email == written
