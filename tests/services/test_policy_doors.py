"""policy.toml holds below every door by which mail can leave."""

from __future__ import annotations

from collections.abc import Callable
from email.message import EmailMessage
from io import BytesIO
from pathlib import Path

import pytest

from fakes import ImpatientClock
from gmailkit.config import Settings
from gmailkit.errors import GmailKitError, NotFound, Refused, UsageError
from gmailkit.gmail import Gmail
from gmailkit.paths import Home
from gmailkit.sandbox import Sandbox
from gmailkit.services import api as api_service
from gmailkit.services.doctor import doctor
from gmailkit.services.sending.guard.leaving import BY_ITSELF, LEAVING, MESSAGE
from gmailkit.wire.base64url import encode
from gmailkit.wire.batch import Call
from gmailkit.wire.upload import SMALL

ME, ANN, BOB, CARLA = (f"{name}@example.com" for name in ("me", "ann", "bob", "carla"))
NO_BOB = f'[recipients]\ndeny = ["{BOB}"]\n'


@pytest.fixture
def policy(home: Home) -> Callable[[str], Path]:
    """Writes the policy.toml of the home that `gmail` has."""

    def write(text: str) -> Path:
        home.config.mkdir(parents=True, exist_ok=True)
        path = home.config / "policy.toml"
        path.write_text(text)
        return path

    return write


def raw(to: str = BOB, *, subject: str = "Hi", size: int = 0, **headers: str) -> bytes:
    mail = EmailMessage()
    mail["To"], mail["Subject"] = to, subject
    for name, value in headers.items():
        mail[name.replace("_", "-")] = value
    mail.set_content("Hello")
    if size:
        mail.add_attachment(bytes(size), maintype="application", subtype="x-nothing", filename="a")
    return mail.as_bytes()


def received(sandbox: Sandbox, address: str = BOB) -> int:
    return len(sandbox.mail.ids(address))


def draft(gmail: Gmail, to: str = BOB) -> str:
    return gmail.drafts.create(raw(to)).id


def by_chunks(gmail: Gmail) -> object:
    return gmail.messages.send(raw(size=SMALL))


def by_a_batch(gmail: Gmail) -> object:
    call = Call("messages.send", dict, body={"raw": encode(raw())})
    return gmail._client._wire.batch([call])


def by_the_journal(gmail: Gmail) -> object:
    return gmail.recorded_call("messages.send", media=raw())


DOORS: dict[str, Callable[[Gmail], object]] = {
    "gmail.send": lambda gmail: gmail.send(to=BOB, subject="Hi", text="x"),
    "gmail.send, cc": lambda gmail: gmail.send(to=ANN, cc=BOB, subject="Hi", text="x"),
    "gmail.send, bcc": lambda gmail: gmail.send(to=ANN, bcc=BOB, subject="Hi", text="x"),
    "gmail.send, tagged": lambda gmail: gmail.send(to="bob+x@example.com", text="x"),
    "gmail.send, fast": lambda gmail: gmail.send(to=BOB, text="x", way="fast"),
    "gmail.send, finished": lambda gmail: gmail.send(raw=raw()),
    "messages.send": lambda gmail: gmail.messages.send(raw()),
    "messages.send, bcc": lambda gmail: gmail.messages.send(raw(ANN, Bcc=BOB)),
    "messages.send, in a stream": lambda gmail: gmail.messages.send(BytesIO(raw())),
    "messages.send, in chunks": by_chunks,
    "messages.send, in a batch": by_a_batch,
    "call, media": lambda gmail: gmail.call("messages.send", media=raw()),
    "call, raw": lambda gmail: gmail.call("messages.send", body={"raw": encode(raw())}),
    "recorded_call": by_the_journal,
    "drafts.send": lambda gmail: gmail.drafts.send(draft(gmail)),
    "drafts.send, other words": lambda gmail: gmail.drafts.send(draft(gmail, ANN), raw()),
    "call, draft": lambda gmail: gmail.call("drafts.send", body={"id": draft(gmail)}),
    "call, draft with raw": lambda gmail: gmail.call(
        "drafts.send", body={"id": draft(gmail, ANN), "message": {"raw": encode(raw())}}
    ),
}


@pytest.mark.parametrize("door", DOORS)
def test_every_door_refuses(
    door: str, gmail: Gmail, sandbox: Sandbox, policy: Callable[[str], Path]
) -> None:
    path = policy(NO_BOB)
    with pytest.raises(Refused) as refused:
        DOORS[door](gmail)
    assert (refused.value.exit_code, refused.value.rule) == (5, "recipients.deny")
    assert f"({path}, line 2)" in refused.value.message
    assert received(sandbox) == 0


@pytest.mark.parametrize("door", DOORS)
def test_every_door_opens_without_a_policy(door: str, gmail: Gmail, sandbox: Sandbox) -> None:
    """Else the test above would show nothing."""
    DOORS[door](gmail)
    assert received(sandbox) == 1


@pytest.mark.parametrize("door", DOORS)
def test_every_door_is_shut_by_a_policy_that_cannot_be_read(
    door: str, gmail: Gmail, sandbox: Sandbox, policy: Callable[[str], Path]
) -> None:
    policy('sendin = "on"')
    with pytest.raises(UsageError, match=r"policy.toml, line 1: sendin is no word"):
        DOORS[door](gmail)
    assert received(sandbox) == 0


def test_what_makes_mail_leave_is_all_of_googles_methods_but_these() -> None:
    """A method that Google adds belongs to one of the two, and somebody must say to which."""
    writes = {facts.name for facts in api_service.all_methods() if facts.writes}
    assert writes >= LEAVING
    assert MESSAGE.isdisjoint(BY_ITSELF)
    assert writes - LEAVING == {
        *("drafts.create", "drafts.delete", "drafts.update"),
        *("labels.create", "labels.delete", "labels.patch", "labels.update"),
        *("messages.batchDelete", "messages.batchModify", "messages.delete", "messages.modify"),
        *("messages.trash", "messages.untrash"),
        *("messages.import", "messages.insert"),  # into the own mailbox
        *("threads.delete", "threads.modify", "threads.trash", "threads.untrash"),
        *("settings.delegates.delete", "settings.filters.delete"),
        *("settings.forwardingAddresses.delete", "settings.sendAs.delete"),
        *("settings.sendAs.patch", "settings.sendAs.update"),
        *("settings.updateImap", "settings.updateLanguage", "settings.updatePop"),
        *(name for name in writes if name.startswith("settings.cse.")),
        *(name for name in writes if name.startswith("settings.sendAs.smimeInfo.")),
        *("watch", "stop"),
    }


SETTINGS: dict[str, tuple[str, dict[str, object]]] = {
    "forwarding address": ("settings.forwardingAddresses.create", {"forwardingEmail": BOB}),
    "forwarding on": ("settings.updateAutoForwarding", {"enabled": True, "emailAddress": BOB}),
    "filter": (
        "settings.filters.create",
        {"criteria": {"from": ANN}, "action": {"forward": BOB}},
    ),
    "alias": ("settings.sendAs.create", {"sendAsEmail": BOB}),
    "delegate": ("settings.delegates.create", {"delegateEmail": BOB}),
    "vacation": ("settings.updateVacation", {"enableAutoReply": True}),
}


@pytest.mark.parametrize("name", SETTINGS)
@pytest.mark.parametrize("text", [NO_BOB, 'sending = "off"', 'approval = "all"'])
def test_what_makes_gmail_send_by_itself_is_refused(
    name: str, text: str, gmail: Gmail, policy: Callable[[str], Path]
) -> None:
    policy(text)
    method, body = SETTINGS[name]
    with pytest.raises(Refused) as refused:
        gmail.call(method, body=body)
    assert refused.value.rule
    assert not refused.value.method  # ours, not Gmail's


@pytest.mark.parametrize(
    ("method", "body"),
    [
        ("settings.forwardingAddresses.create", {"forwarding_email": BOB}),
        (
            "settings.forwardingAddresses.create",
            {"forwardingEmail": ANN, "forwarding_email": BOB},
        ),
        ("settings.updateAutoForwarding", {"enabled": True, "email_address": BOB}),
        ("settings.filters.create", {"criteria": {}, "action": {"for_ward": BOB}}),
        ("settings.sendAs.create", {"send_as_email": BOB}),
        ("settings.updateVacation", {"enable_auto_reply": True}),
    ],
)
def test_another_spelling_of_a_name_gets_around_no_rule(
    method: str, body: dict[str, object], gmail: Gmail, policy: Callable[[str], Path]
) -> None:
    policy(NO_BOB)
    with pytest.raises(Refused) as refused:
        gmail.call(method, body=body)
    assert not refused.value.method  # ours, not Gmail's
    assert refused.value.rule


def test_what_does_not_send_is_not_asked_about(
    gmail: Gmail, settings_for: Callable[..., Settings], policy: Callable[[str], Path]
) -> None:
    policy('sending = "off"')
    kept = draft(gmail)
    gmail.drafts.update(kept, raw(ANN))
    gmail.messages.insert(raw(From=ME))
    with Gmail(settings=settings_for(purpose="settings")) as settings:
        settings.call("settings.updateVacation", body={"enableAutoReply": False})
        action = {"addLabelIds": ["STARRED"]}
        body = {"criteria": {"from": ANN}, "action": action}
        settings.call("settings.filters.create", body=body)


def test_a_file_that_is_not_there_any_more_stops_nothing_but_a_dangling_link_does(
    gmail: Gmail, policy: Callable[[str], Path], tmp_path: Path
) -> None:
    path = policy('sending = "off"')
    path.unlink()
    gmail.send(to=ANN, subject="Hi", text="x")
    path.symlink_to(tmp_path / "nowhere")
    with pytest.raises(UsageError, match="Cannot read the policy"):
        gmail.send(to=ANN, subject="Hi", text="x")


@pytest.mark.parametrize("content", [b"\xff\xfe", b"sending = "])
def test_a_broken_file_stops_everything(gmail: Gmail, home: Home, content: bytes) -> None:
    home.config.mkdir(parents=True, exist_ok=True)
    (home.config / "policy.toml").write_bytes(content)
    with pytest.raises(UsageError, match=r"policy\.toml"):
        gmail.send(to=ANN, subject="Hi", text="x")


def test_the_environment_can_forbid_more_and_never_less(
    settings_for: Callable[..., Settings], policy: Callable[[str], Path], tmp_path: Path
) -> None:
    from dataclasses import replace

    policy(NO_BOB)
    more = tmp_path / "more.toml"
    more.write_text(f'[recipients]\nallow = ["{BOB}"]')
    with Gmail(settings=replace(settings_for(), policies=(more,))) as gmail:
        with pytest.raises(Refused, match=r"recipients\.deny"):
            gmail.send(to=BOB, subject="Hi", text="x")
        with pytest.raises(Refused, match=r"recipients\.allow .*more\.toml"):
            gmail.send(to=ANN, subject="Hi", text="x")
        more.unlink()
        with pytest.raises(UsageError, match=r"more\.toml"):
            gmail.send(to=ANN, subject="Hi", text="x")


def test_the_environment_names_a_file(tmp_path: Path) -> None:
    env = {"GMAILKIT_HOME": str(tmp_path), "GMAILKIT_POLICY": "more.toml"}
    assert Settings.load(env).policies == (Path("more.toml").absolute(),)


@pytest.mark.parametrize(
    "send",
    [
        lambda gmail: gmail.send(to=ANN, subject="Hi", text="x"),
        lambda gmail: gmail.send(to=ANN, subject="Hi", text="x", way="fast"),
        lambda gmail: gmail.messages.send(raw(ANN)),
        lambda gmail: gmail.drafts.send(draft(gmail, ANN)),
    ],
    ids=["draft", "fast", "messages.send", "drafts.send"],
)
@pytest.mark.parametrize("cap", ["messages_per_hour", "recipients_per_day"])
def test_caps_count_over_all_ways(
    send: Callable[[Gmail], object],
    cap: str,
    gmail: Gmail,
    sandbox: Sandbox,
    policy: Callable[[str], Path],
) -> None:
    policy(f"[caps]\n{cap} = 2")
    send(gmail)
    gmail.messages.send(raw(ANN))
    for again in (send, lambda gmail: gmail.send(to=ANN, text="y", subject="y")):
        with pytest.raises(Refused, match=rf"caps\.{cap} = 2") as refused:
            again(gmail)
        assert refused.value.rule == f"caps.{cap}"
    assert received(sandbox, ANN) == 2


def test_what_gmail_refused_does_not_count(
    gmail: Gmail, sandbox: Sandbox, policy: Callable[[str], Path]
) -> None:
    policy("[caps]\nmessages_per_day = 1")
    with pytest.raises(NotFound):
        gmail.drafts.send("r123")
    sandbox.faults.next(400)
    with pytest.raises(GmailKitError):
        gmail.messages.send(raw(ANN))
    gmail.messages.send(raw(ANN))


def test_the_hour_passes(
    settings_for: Callable[..., Settings], policy: Callable[[str], Path]
) -> None:
    from fakes import FakeClock

    class Clock(FakeClock):
        def monotonic(self) -> float:
            return ImpatientClock().monotonic()

    clock = Clock()
    policy("[caps]\nmessages_per_hour = 1")
    with Gmail(settings=settings_for(), clock=clock) as gmail:
        gmail.send(to=ANN, subject="1", text="x")
        clock.time += 3599
        with pytest.raises(Refused, match="messages_per_hour"):
            gmail.send(to=ANN, subject="2", text="x")
        clock.time += 2
        gmail.send(to=ANN, subject="3", text="x")
        clock.time -= 7200  # a clock that is put back makes no room
        with pytest.raises(Refused, match="messages_per_hour"):
            gmail.send(to=ANN, subject="4", text="x")


@pytest.mark.parametrize(
    "header",
    [
        b"To: ann@example.com\r\nSubject: x\rBcc: bob@example.com\r\n\r\nx",
        b"To: ann@example.com\r\nBcc : bob@example.com\r\n\r\nx",
        b'To: "ann@example.com, <bob@example.com>\r\n\r\nx',
        b"To: ann@example.com (bob@example.com)\r\n\r\nx",
        b"To: =?utf-8?q?bob=40example=2Ecom?= <ann@example.com>\r\n\r\nx",
        b"To: ann@example.com\r\nTo: bob@example.com\r\n\r\nx",
        b"To: ann@example.com\r\nCC:\r\n bob@example.com\r\n\r\nx",
        b"To: ann@example.com\r\nResent-To: bob@example.com\r\n\r\nx",
        b"To: team: ann@example.com, bob@example.com;\r\n\r\nx",
        b"To: bob\r\n\r\nx",
    ],
)
def test_what_somebody_might_read_as_a_recipient_is_one(
    header: bytes, gmail: Gmail, sandbox: Sandbox, policy: Callable[[str], Path]
) -> None:
    policy(NO_BOB)
    with pytest.raises(Refused):
        gmail.messages.send(header)
    assert received(sandbox) == received(sandbox, ANN) == 0


def test_attachments_of_attached_messages_are_looked_at(
    gmail: Gmail, policy: Callable[[str], Path]
) -> None:
    policy('[attachments]\ndeny = ["programs"]')
    inner = EmailMessage()
    inner["To"] = ANN
    inner.set_content("see")
    inner.add_attachment(b"MZ\x90\0", maintype="image", subtype="png", filename="cat.png")
    outer = EmailMessage()
    outer["To"] = ANN
    outer.set_content("fwd")
    outer.add_attachment(inner)
    with pytest.raises(Refused, match=r"cat\.png .*attachments\.deny"):
        gmail.messages.send(outer.as_bytes())


def with_program(subtype: str = "png") -> EmailMessage:
    mail = EmailMessage()
    mail["To"] = ANN
    mail.set_content("see")
    mail.add_attachment(b"MZ\x90\0", maintype="image", subtype=subtype, filename="cat.png")
    return mail


def as_file(content: bytes, name: str) -> bytes:
    mail = EmailMessage()
    mail["To"] = ANN
    mail.set_content("see")
    mail.add_attachment(content, maintype="application", subtype="octet-stream", filename=name)
    return mail.as_bytes()


def in_messages(depth: int) -> bytes:
    content = with_program().as_bytes()
    for _ in range(depth):
        content = as_file(content, "x.eml")
    return content


HIDING = {
    "a message in a file": as_file(with_program().as_bytes(), "x.eml"),
    "by another case": as_file(b"x\n" + with_program().as_bytes(), "x.EML. "),
    "by another name": as_file(with_program().as_bytes(), "x.txt"),
    "after a byte order mark": as_file(b"\xef\xbb\xbf\n" + with_program().as_bytes(), "x.txt"),
    "as a mailbox": as_file(b"From ann\n" + with_program().as_bytes(), "x.mbox"),
    "in several": in_messages(5),
    "in too many": in_messages(12),
    "in pieces": b"To: ann@example.com\nContent-Type: message/partial; id=x; number=1\n\nx",
}


@pytest.mark.parametrize("how", HIDING)
@pytest.mark.parametrize("text", ['deny = ["programs"]', 'allow = ["eml", "txt", "mbox"]'])
def test_a_file_that_is_a_message_hides_nothing(
    how: str, text: str, gmail: Gmail, sandbox: Sandbox, policy: Callable[[str], Path]
) -> None:
    policy(f"[attachments]\n{text}")
    with pytest.raises(Refused, match="attach"):
        gmail.messages.send(HIDING[how])
    assert received(sandbox, ANN) == 0


@pytest.mark.parametrize(
    "content", [b"Note: buy milk\n\nand bread", b"http://x.org", b"x: 1\ny: 2"]
)
def test_a_text_that_begins_like_a_message_is_still_a_text(
    content: bytes, gmail: Gmail, policy: Callable[[str], Path]
) -> None:
    policy('[attachments]\nallow = ["txt"]')
    mail = EmailMessage()
    mail["To"] = ANN
    mail.set_content("see")
    mail.add_attachment(content, maintype="text", subtype="plain", filename="x.txt")
    gmail.messages.send(mail.as_bytes())


def test_approval_parks_what_send_sends_and_refuses_what_cannot_wait(
    gmail: Gmail, sandbox: Sandbox, policy: Callable[[str], Path]
) -> None:
    policy('approval = "all"')
    with pytest.raises(Refused, match="waits for approval") as refused:
        gmail.send(to=ANN, subject="Hi", text="x", key="k")
    assert "outbox approve k" in refused.value.hint
    assert [each.subject for each in gmail.sent(states=["parked"])] == ["Hi"]
    with pytest.raises(Refused, match="This needs approval"):
        gmail.messages.send(raw(ANN))
    kept = next(iter(gmail.drafts.list()))
    with pytest.raises(Refused, match="This needs approval"):
        gmail.drafts.send(kept.id)
    assert received(sandbox, ANN) == 0


def test_a_token_that_may_only_send_is_judged_too(
    settings_for: Callable[..., Settings], sandbox: Sandbox, policy: Callable[[str], Path]
) -> None:
    policy(NO_BOB + '[accounts."me@example.com"]\nsending = "off"')
    with Gmail(settings=settings_for(purpose="send"), clock=ImpatientClock()) as gmail:
        with pytest.raises(Refused, match="Sending is switched off"):
            gmail.send(to=ANN, subject="Hi", text="x")
        policy(NO_BOB)
        with pytest.raises(Refused, match=r"recipients\.deny"):
            gmail.send(to=BOB, subject="Hi", text="x")
        gmail.send(to=ANN, subject="Hi", text="x")
    assert (received(sandbox, ANN), received(sandbox)) == (1, 0)


def test_several_at_once_stay_below_the_cap(
    settings_for: Callable[..., Settings], sandbox: Sandbox, policy: Callable[[str], Path]
) -> None:
    from concurrent.futures import ThreadPoolExecutor

    policy("[caps]\nmessages_per_day = 3")
    settings = settings_for()

    def send(number: int) -> bool:
        with Gmail(settings=settings, clock=ImpatientClock()) as gmail:
            try:
                gmail.send(to=ANN, subject=str(number), text="x")
            except Refused:
                return False
            return True

    with ThreadPoolExecutor(8) as pool:
        left = sum(pool.map(send, range(12)))
    assert left == received(sandbox, ANN)
    assert 0 < left <= 3


def test_the_doctor_shows_the_policy_in_one_line(
    settings_for: Callable[..., Settings], policy: Callable[[str], Path]
) -> None:
    def told() -> tuple[str, str]:
        (check,) = [each for each in doctor(settings_for()) if each.name == "policy"]
        return check.state, check.detail

    assert told() == ("ok", "none: what is sent leaves")
    path = policy(NO_BOB + '[accounts."me@example.com"]\nsending = "off"')
    assert told() == ("ok", f"{path} (2 rules, 1 account apart)")
    policy("sendin = 3")
    state, detail = told()
    assert (state, "line 1" in detail) == ("fail", True)
