"""What a policy.toml says of a message, rule by rule."""

from __future__ import annotations

import contextlib
import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gmailkit.errors import Refused, UsageError
from gmailkit.policy.addresses import Pattern
from gmailkit.policy.kinds import File
from gmailkit.policy.read import read_policy
from gmailkit.policy.rules import Facts, Verdict, judge

OWN = "me@example.com"


def said(
    policy: str,
    *recipients: str,
    own: str = OWN,
    files: tuple[File, ...] = (),
    size: int = 0,
    strange: str = "",
    left: int = 0,
) -> Verdict:
    rules = read_policy(policy, source="policy.toml").rules_for(own)
    spans = [(span, what) for span in ("hour", "day") for what in ("messages", "recipients")]
    facts = Facts(own=own, recipients=recipients, files=files, size=size, strange=strange)
    return judge(rules, facts, lambda: dict.fromkeys(spans, left))


def zipped(*names: str) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name in names:
            archive.writestr(name, "x")
    return content.getvalue()


def test_no_rule_lets_everything_leave() -> None:
    assert said("", "ann@example.org") == Verdict()


@pytest.mark.parametrize(
    ("deny", "email"),
    [
        ("bob@rival.example", "bob@rival.example"),
        ("bob@rival.example", "BOB@Rival.Example"),
        ("bob@rival.example", "bob+news@rival.example"),
        ("bob@rival.example", '"bob"@rival.example'),
        ("bob@rival.example", "bob@rival.example."),
        ("bob+x@rival.example", "bob+y@rival.example"),
        ("bob@gmail.com", "b.o.b+x@googlemail.com"),
        ("rival.example", "anyone@rival.example"),
        ("rival.example", "anyone@mail.rival.example"),
        ("rival.example", "anyone@ｒｉｖａｌ.example"),
        ("rival.example", "anyone@mail\u3002rival.example"),
        ("*.rival.example", "anyone@rival.example"),
        ("bücher.example", "anyone@xn--bcher-kva.example"),
        ("xn--bcher-kva.example", "anyone@BÜCHER.example"),
        ("*", "anyone@example.org"),
        ("me@example.com", "me@example.com"),
    ],
)
def test_what_is_denied_is_denied_by_every_spelling(deny: str, email: str) -> None:
    with pytest.raises(Refused) as refused:
        said(f'[recipients]\ndeny = [\n  "ann@example.org",\n  "{deny}",\n]', email)
    error = refused.value
    assert error.rule == "recipients.deny"
    assert email in error.message
    assert f'"{deny}" (policy.toml, line 4)' in error.message
    assert error.exit_code == 5


@pytest.mark.parametrize(
    ("deny", "email"),
    [
        ("bob@rival.example", "bobby@rival.example"),
        ("bob@rival.example", "bob@rival.example.org"),
        ("rival.example", "anyone@notrival.example"),
        ("mail.rival.example", "anyone@rival.example"),
        ("b.ob@example.org", "bob@example.org"),
    ],
)
def test_nobody_else_is_denied(deny: str, email: str) -> None:
    assert said(f'[recipients]\ndeny = ["{deny}"]', email) == Verdict()


@pytest.mark.parametrize(
    ("allow", "email", "may"),
    [
        ("ann@example.org", "ann@example.org", True),
        ("ann@example.org", "Ann@Example.Org", True),
        ("ann@example.org", "ann+x@example.org", False),
        ("ann@gmail.com", "a.nn@gmail.com", False),
        ("example.org", "ann@example.org", True),
        ("example.org", "ann@mail.example.org", False),
        ("*.example.org", "ann@mail.example.org", True),
        ("*.example.org", "ann@example.org", True),
        ("*.example.org", "ann@badexample.org", False),
        ("bücher.example", "ann@xn--bcher-kva.example", True),
        ("straße.example", "ann@strasse.example", False),
        ("example.org", "me@example.com", True),  # the own address
        ("example.org", "you@example.com", False),
        ("*", "ann@example.org", True),
    ],
)
def test_what_is_allowed_is_allowed_as_it_stands(allow: str, email: str, may: bool) -> None:
    policy = f'[recipients]\nallow = ["{allow}"]'
    if may:
        assert said(policy, email) == Verdict()
        return
    with pytest.raises(Refused, match=r"recipients.allow .* \(policy.toml, line 2\)"):
        said(policy, email)


def test_an_empty_allow_list_allows_the_own_address_alone() -> None:
    policy = "[recipients]\nallow = []"
    assert said(policy, OWN) == Verdict()
    with pytest.raises(Refused):
        said(policy, "ann@example.org")


def test_one_wrong_recipient_among_many_stops_the_message() -> None:
    with pytest.raises(Refused, match=r"carl@example\.net"):
        said('[recipients]\nallow = ["example.org"]', "ann@example.org", "carl@example.net")


def test_sending_off_stops_even_mail_to_oneself() -> None:
    with pytest.raises(Refused, match=r'sending = "off" \(policy.toml, line 1\)'):
        said('sending = "off"', OWN)


@pytest.mark.parametrize(
    ("key", "most", "left", "may"),
    [
        ("messages_per_hour", 3, 2, True),
        ("messages_per_hour", 3, 3, False),
        ("messages_per_day", 1, 0, True),
        ("messages_per_day", 0, 0, False),
        ("recipients_per_hour", 4, 2, True),
        ("recipients_per_hour", 3, 2, False),
        ("recipients_per_day", 3, 2, False),
    ],
)
def test_caps(key: str, most: int, left: int, may: bool) -> None:
    policy, two = f"[caps]\n{key} = {most}", ("ann@example.org", "bob@example.org")
    if may:
        assert said(policy, *two, left=left) == Verdict()
        return
    with pytest.raises(Refused, match=rf"caps.{key} = {most} \(policy.toml, line 2\)") as refused:
        said(policy, *two, left=left)
    never = most < (1 if key.startswith("messages") else 2)
    assert ("Only a change" if never else "Wait") in refused.value.hint


@pytest.mark.parametrize(
    ("approval", "email", "parks"),
    [
        ('"all"', OWN, True),
        ('"none"', "ann@example.org", False),
        ('"external"', "ann@example.org", True),
        ('"external"', "ann@example.com", False),
        ('"external"', OWN, False),
        ('["example.org"]', "ann+x@mail.example.org", True),
        ('["example.org"]', "ann@example.net", False),
    ],
)
def test_approval_parks(approval: str, email: str, parks: bool) -> None:
    verdict = said(f"approval = {approval}", email)
    assert verdict.park is parks
    assert ("policy.toml, line 1" in verdict.rule) is parks


def test_at_gmail_nobody_but_oneself_is_internal() -> None:
    assert said('approval = "external"', "you@gmail.com", own="me@gmail.com").park
    assert not said('approval = "external"', "me@gmail.com", own="me@gmail.com").park


def test_who_is_internal_may_be_said() -> None:
    policy = 'approval = "external"\n[recipients]\ninternal = ["example.org"]'
    assert not said(policy, "ann@example.org").park
    assert said(policy, "ann@example.com").park


@pytest.mark.parametrize(
    ("deny", "name", "content_type", "content"),
    [
        ("exe", "setup.exe", "application/octet-stream", b"x"),
        (".EXE", "Setup.EXE. ", "text/plain", b"x"),
        ("exe", "setup.ｅｘｅ", "text/plain", b"x"),
        ("exe", "invoice.pdf", "application/pdf", b"MZ\x90\0"),
        ("programs", "invoice.pdf", "application/pdf", b"\x7fELF\x02"),
        ("programs", "notes.txt", "text/plain", b"#!/bin/sh\nrm"),
        ("archives", "notes.txt", "text/plain", zipped("a.txt")),
        ("zip", "notes.docx", "", zipped("a.txt")),
        ("macros", "plan.docx", "", zipped("[Content_Types].xml", "word/vbaProject.bin")),
        ("image/*", "notes.txt", "text/plain", b"\x89PNG\r\n\x1a\n"),
        ("image/*", "cat.jpg", "", b"x"),
        ("application/pdf", "x", "application/pdf", b"x"),
        ("html", "page.txt", "", b" \n<!DOCTYPE html><p>"),
    ],
)
def test_a_type_is_denied_by_name_by_header_and_by_content(
    deny: str, name: str, content_type: str, content: bytes
) -> None:
    with pytest.raises(Refused, match=r"attachments.deny .* \(policy.toml, line 2\)"):
        said(
            f'[attachments]\ndeny = ["{deny}"]',
            OWN,
            files=(File.of(name, content_type, content),),
        )


def test_a_document_is_no_archive() -> None:
    content = zipped("[Content_Types].xml", "word/document.xml")
    kind = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
    file = File.of("plan.docx", kind, content)
    assert said('[attachments]\ndeny = ["archives", "macros"]', OWN, files=(file,)) == Verdict()


@pytest.mark.parametrize(
    ("name", "content", "may"),
    [
        ("report.pdf", b"%PDF-1.7", True),
        ("report.PDF", b"nothing known", True),
        ("report.pdf", b"MZ\x90\0", False),
        ("report.pdf", zipped("a"), False),
        ("report.txt", b"%PDF-1.7", False),
        ("cat.png", b"\x89PNG\r\n\x1a\n", True),
        ("report", b"%PDF-1.7", False),
    ],
)
def test_allowed_types_are_so_by_name_and_content(name: str, content: bytes, may: bool) -> None:
    policy, file = '[attachments]\nallow = ["pdf", "image/*"]', File.of(name, "", content)
    if may:
        assert said(policy, OWN, files=(file,)) == Verdict()
        return
    with pytest.raises(Refused, match=r"attachments.allow"):
        said(policy, OWN, files=(file,))


@pytest.mark.parametrize(
    ("size", "number"), [('"1 kB"', 1000), ('"1KiB"', 1024), ("7", 7), ('"2 MB"', 2_000_000)]
)
def test_sizes(size: str, number: int) -> None:
    policy = f"[attachments]\nlargest = {size}"
    assert said(policy, OWN, files=(File.of("a", "", bytes(number)),)) == Verdict()
    with pytest.raises(Refused, match=r"attachments.largest = "):
        said(policy, OWN, files=(File.of("a", "", bytes(number + 1)),))
    with pytest.raises(Refused, match=r"attachments.largest_message = "):
        said(f"[attachments]\nlargest_message = {size}", OWN, size=number + 1)


@pytest.mark.parametrize(
    ("section", "own", "holds"),
    [
        ("ann.smith@gmail.com", "annsmith@gmail.com", True),
        ("annsmith@googlemail.com", "Ann.Smith@gmail.com", True),
        ("ann+work@example.com", "ann@example.com", True),
        ("ann.smith@example.com", "annsmith@example.com", False),
    ],
)
def test_a_section_is_about_its_account_however_it_spells_it(
    section: str, own: str, holds: bool
) -> None:
    policy = f'[accounts."{section}"]\nsending = "off"'
    with pytest.raises(Refused) if holds else contextlib.nullcontext():
        said(policy, "bob@example.org", own=own)


def test_the_section_of_an_account_holds_for_it_alone_and_adds_to_the_rest() -> None:
    policy = (
        '[recipients]\ndeny = ["rival.example"]\n'
        '[accounts."Work@example.com".recipients]\nallow = ["example.com"]\n'
    )
    assert said(policy, "ann@example.org") == Verdict()
    with pytest.raises(Refused, match=r"recipients.allow .*line 4"):
        said(policy, "ann@example.org", own="work@example.com")
    with pytest.raises(Refused, match=r"recipients.deny"):
        said(policy, "ann@rival.example", own="work@example.com")


def test_for_an_account_that_nobody_can_tell_every_section_holds() -> None:
    with pytest.raises(Refused, match="sending"):
        said('[accounts."work@example.com"]\nsending = "off"', "ann@example.org", own="")


def test_a_header_that_cannot_be_judged_is_refused_where_recipients_matter() -> None:
    with pytest.raises(Refused, match="bare CR"):
        said('[recipients]\ndeny = ["rival.example"]', OWN, strange="a bare CR")
    assert said("[caps]\nmessages_per_day = 5", OWN, strange="a bare CR") == Verdict()


@pytest.mark.parametrize(
    ("policy", "said_of_it"),
    [
        ('\nsendin = "on"', "line 2: sendin is no word"),
        ("sending = true", "line 1: sending is"),
        ('sending = "maybe"', "line 1"),
        ('approval = "some"', "line 1: approval is one of"),
        ('approval = ["a@example.org",\n"nonsense"]', 'line 2: "nonsense" is not an address'),
        ("[recipients]\n\ndenny = []", "line 3: denny is no word"),
        ('[recipients]\ndeny = "x@example.org"', "line 2: recipients.deny is a list"),
        ("[recipients]\ndeny = [7]", "line 2: 7 is not"),
        ('recipients = "x"', "line 1: recipients is a table"),
        ("[caps]\nmessages_per_day = -1", "line 2"),
        ("[caps]\nmessages_per_day = true", "line 2"),
        ("[caps]\nmessages_per_week = 7", "line 2: messages_per_week is no word"),
        ('[attachments]\nlargest = "huge"', "line 2: attachments.largest is a size"),
        ('[attachments]\ndeny = ["a b"]', 'line 2: "a b" is not an ending'),
        ('[accounts.work]\nsending = "off"', 'line 1: accounts."work" is not named by an address'),
        ('[accounts."a@example.org"]\nsendng = "off"', "line 2: sendng is no word"),
        ("accounts = 3", "line 1: accounts is a table"),
        ("sending = ", "no TOML"),
        ('sending = "on"\nsending = "off"\n', "line 2"),
    ],
)
def test_what_is_not_understood_is_refused_with_its_line(policy: str, said_of_it: str) -> None:
    with pytest.raises(UsageError) as refused:
        read_policy(policy, source="policy.toml")
    assert said_of_it in refused.value.message
    assert "Nothing is sent until it is" in refused.value.message


@given(st.text(max_size=60))
def test_no_text_makes_reading_fail_otherwise(text: str) -> None:
    with contextlib.suppress(UsageError):
        read_policy(text, source="policy.toml")


@given(st.emails(), st.sampled_from(["plain", "upper", "tag"]))
def test_who_is_denied_stays_so_however_the_address_is_dressed(email: str, dress: str) -> None:
    pattern = Pattern.read(email)
    if pattern is None:
        return
    local, _, domain = email.rpartition("@")
    plain = local.replace('"', "")
    worn = {"plain": email, "upper": email.upper(), "tag": f"{plain}+news@{domain}"}[dress]
    assert pattern.means(worn)
    assert pattern.admits(email)
