"""The smtp commands, and what docs/smtp.md shows of them."""

from __future__ import annotations

import json
import os
import re
import smtplib
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from gmailkit.cli.preview import OTHER_HTML
from gmailkit.sandbox import Sandbox
from gmailkit.services.sending.once import OTHER_WORDS
from gmailkit.transport.smtp.sink import Sink
from gmailkit.transport.smtp.throwaway import make_certificate
from mailroom import let_in
from scripted_server import HANG, ScriptedServer
from test_documents import pasted

Cli = Callable[..., Any]
DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "smtp.md"
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
FULL = ("https://mail.google.com/",)


@pytest.fixture
def sink() -> Iterator[Sink]:
    with Sink() as running:
        yield running


@pytest.fixture
def signed_in(sandbox: Sandbox, own_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    let_in(sandbox, monkeypatch, FULL)


def blocks(language: str) -> list[str]:
    return [body for kind, body in BLOCK.findall(DOCUMENT.read_text()) if kind == language]


def timeless(text: str) -> str:
    """Without what differs from run to run: seconds, the port, ids."""
    text = re.sub(r"^ *\d+\.\d{3}  ", "T ", text, flags=re.MULTILINE)
    return re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:PORT", text)


@pytest.mark.usefixtures("signed_in")
def test_the_transcript_in_the_document_is_what_it_prints(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate = make_certificate(tmp_path / "sink.pem")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    monkeypatch.setenv("GMAILKIT_SMTP_PASSWORD", "open-sesame")
    auth = ("me@example.com", "open-sesame")
    with Sink(tls="starttls", certificate=certificate, auth=auth) as sink:
        words = ("ann@example.com", "-s", "Hi", "--body", "Here it is.", "--server", sink.url)
        ran = cli("smtp", "send", *words, "--transcript")
        assert ran.code == 0, ran.err
        explained = cli("smtp", "send", *words, "--explain")
    shown, with_meaning = blocks("text")
    assert timeless(ran.out) == timeless(shown)
    assert timeless(with_meaning) in timeless(explained.out)
    assert "open-sesame" not in ran.out + explained.out
    assert "Here it is." not in ran.out + explained.out


def test_the_commands_of_the_document_work(sink: Sink, tmp_path: Path) -> None:
    lines = [
        line.replace("2525", str(sink.port))
        for block in blocks("sh")
        for line in block.splitlines()
        if not line.startswith("gmailkit smtp-sink")
    ]
    assert len(lines) > 6
    pasted(lines, tmp_path)
    assert len(sink.messages) == 4


@pytest.mark.parametrize("code", blocks("python"))
def test_the_library_lines_of_the_document_work(code: str, sink: Sink, tmp_path: Path) -> None:
    with Sandbox(sample=False) as sandbox:
        token = sandbox.issue_token("me@example.com", FULL)
        clean = {k: v for k, v in os.environ.items() if not k.startswith("GMAILKIT_")}
        done = subprocess.run(
            [sys.executable, "-c", code.replace("2525", str(sink.port))],
            env={
                **clean,
                "GMAILKIT_HOME": str(tmp_path),
                "GMAILKIT_API_ENDPOINT": sandbox.url,
                "GMAILKIT_ACCESS_TOKEN": token,
            },
            capture_output=True,
            text=True,
            check=False,
        )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout


@pytest.mark.usefixtures("signed_in")
def test_the_transcript_is_what_the_server_saw(cli: Cli, sink: Sink) -> None:
    words = ("ann@example.com", "--bcc", "bob@example.org", "--body", "x", "--server", sink.url)
    ran = cli("smtp", "send", *words, "--transcript", "--json")
    *events, sent = [json.loads(line) for line in ran.out.splitlines()]
    ours = [each["line"] for each in events if each["event"] == "client"]
    seen = [re.sub(r"(FROM|TO):<(.*?)>.*", r"\2", line) for line in ours if line != "."]
    assert seen == sink.lines
    (size,) = [each["size"] for each in events if each["event"] == "message"]
    assert size == len(sink.messages[0].content)
    assert [each["email"] for each in sent["to"]] == ["ann@example.com", "bob@example.org"]
    codes = [each["code"] for each in events if each["event"] == "server"]
    assert codes == [220, 250, 250, 250, 250, 354, 250, 221]
    assert all(each["took"] >= 0 for each in events if each["event"] == "server")


@pytest.mark.usefixtures("signed_in")
def test_it_reports_as_send_does_and_prints_no_empty_id(
    cli: Cli, sink: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GMAILKIT_SMTP", sink.url)
    words = ("ann@example.com", "-s", "Hi", "--body", "x")
    for line in (("smtp", "send", *words), ("send", *words, "--via", "smtp")):
        ran = cli(*line)
        assert (ran.code, ran.out) == (0, "Sent to ann@example.com.\n")
        again = [cli(*line, "--key", line[0], "--json") for _ in range(2)]
        facts = [json.loads(each.out) for each in again]
        assert [each["again"] for each in facts] == [False, True]
        assert facts[0].keys() == json.loads(cli("send", *words, "--json").out).keys()
        assert "It left before" in again[1].err


@pytest.mark.usefixtures("signed_in")
def test_it_takes_the_words_of_send(cli: Cli, sink: Sink) -> None:
    words = ("ann@example.com", "-s", "Hi", "--html", "<p>x</p>", "-b", "x", "-H", "X-Job: 7")
    assert cli("smtp", "send", *words, "--server", sink.url, "--dry-run").code == 0
    assert sink.messages == []
    assert cli("smtp", "send", *words, "--server", sink.url).code == 0
    assert b"X-Job: 7" in sink.messages[0].content


@pytest.mark.usefixtures("signed_in")
def test_a_finished_message_with_an_envelope_of_its_own(
    cli: Cli, sink: Sink, tmp_path: Path
) -> None:
    letter = tmp_path / "letter.eml"
    raw = (
        b"From: x@example.com\r\nTo: y@example.com\r\nDate: z\r\nMessage-ID: <1@2.3>\r\n\r\nhi\r\n"
    )
    letter.write_bytes(raw)
    envelope = ("--rcpt", "ann@example.com", "--mail-from", "me@example.com")
    ran = cli("smtp", "send", "--raw", str(letter), *envelope, "--server", sink.url)
    assert (ran.code, ran.out) == (0, "Sent to ann@example.com.\n")
    assert sink.messages[0].content == raw
    assert cli("smtp", "send", "--raw", str(letter), "-s", "x").code == 2


@pytest.mark.usefixtures("signed_in")
def test_what_is_said_before_it_leaves_names_those_of_the_envelope(cli: Cli, sink: Sink) -> None:
    words = ("smtp", "send", "ann@example.com", "-s", "x", "--body", "x", "--server", sink.url)
    envelope = ("--rcpt", "bob@example.org", "--rcpt", "carla@example.org")
    said = "From me@example.com to bob@example.org, carla@example.org: x, "
    assert cli(*words, *envelope).err.startswith(said)
    assert [each.to for each in sink.messages] == [("bob@example.org", "carla@example.org")]
    assert said in cli(*words, *envelope, "--dry-run").err
    shown = cli(*words, *envelope, "--preview").out
    assert "To: ann@example.com\nEnvelope to: bob@example.org, carla@example.org\n" in shown
    found = json.loads(cli(*words, *envelope, "--preview", "--json").out)
    assert found["envelope"] == ["bob@example.org", "carla@example.org"]
    assert len(sink.messages) == 1


@pytest.mark.usefixtures("signed_in")
def test_the_same_words_under_a_key_to_another_envelope_are_said_not_to_be_sent(
    cli: Cli, sink: Sink
) -> None:
    words = ("smtp", "send", "ann@example.com", "-s", "x", "--body", "x", "--key", "k")
    server = ("--server", sink.url)
    assert cli(*words, *server, "--rcpt", "bob@example.org").code == 0
    again = cli(*words, *server, "--rcpt", "Bob@Example.org")
    other = cli(*words, *server, "--rcpt", "carla@example.org")
    assert (again.code, "differs" in again.err) == (0, False)
    assert (other.code, OTHER_WORDS in other.err) == (0, True)
    assert [each.to for each in sink.messages] == [("bob@example.org",)]


@pytest.mark.usefixtures("signed_in")
def test_smtp_send_leaves_later_by_the_server_and_envelope_that_were_named(
    cli: Cli, sink: Sink
) -> None:
    from fakes import FakeClock
    from gmailkit.cli.state import State

    clock = FakeClock()
    words = ("smtp", "send", "ann@example.com", "-s", "x", "--body", "x", "--server", sink.url)
    envelope = ("--rcpt", "bob@example.org", "--mail-from", "<>")
    kept = cli(*words, *envelope, "--at", "in 2 hours", "--key", "k", state=State(clock=clock))
    assert (kept.code, kept.out[:7], sink.messages) == (0, "Leaves ", [])
    found = json.loads(cli("outbox", "show", "k", "--json").out)
    assert found["envelope"] == {"server": sink.url, "from": "", "to": ["bob@example.org"]}
    shown = cli("outbox", "show", "k").out
    assert f"By SMTP: {sink.url}\nEnvelope: from <> to bob@example.org\n" in shown
    clock.sleep(7201)
    assert cli("outbox", "run", state=State(clock=clock)).code == 0
    assert [(each.sender, each.to) for each in sink.messages] == [("", ("bob@example.org",))]


@pytest.mark.usefixtures("signed_in")
def test_what_is_held_here_shows_its_dialogue_when_it_leaves(cli: Cli, sink: Sink) -> None:
    from fakes import FakeClock
    from gmailkit.cli.state import State

    words = ("smtp", "send", "ann@example.com", "--body", "x", "--server", sink.url, "--strict")
    hold = ("-s", "x", "--hold", "30s", "--transcript", "--json")
    ran = cli(*words, *hold, state=State(clock=FakeClock()))
    said = [json.loads(line) for line in ran.out.splitlines()]
    assert ran.code == 0
    assert "DATA" in [each.get("line") for each in said]
    assert said[-1]["way"] == "smtp"
    assert len(sink.messages) == 1
    assert cli(*words, "--at", "tomorrow 9:00", "--hold", "1s").code == 2


@pytest.mark.usefixtures("signed_in")
def test_who_was_refused_is_named(cli: Cli) -> None:
    with Sink(troubles="refuse:bob@example.org") as sink:
        people = ("ann@example.com", "bob@example.org")
        ran = cli("smtp", "send", *people, "--body", "x", "--server", sink.url)
    assert ran.code == 3
    assert "1 of 2" in ran.err
    assert "bob@example.org" in ran.err
    assert "550 5.1.1" in ran.err


def test_practice_waits_no_longer_for_a_server_than_is_said(
    cli: Cli, own_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GMAILKIT_TIMEOUT", "1")
    with ScriptedServer(HANG) as server:
        ran = cli(
            "--sandbox", "smtp", "send", "ann@example.com", "--body", "x", "--server", server.url
        )
    assert ran.code == 7
    assert "gave no answer to the greeting within 1 s" in ran.err


@pytest.mark.usefixtures("signed_in")
def test_outbox_run_sends_what_waited(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    from fakes import FakeClock
    from gmailkit.cli.state import State

    clock = FakeClock()
    with Sink(troubles="later:ann@example.com:1") as sink:
        monkeypatch.setenv("GMAILKIT_SMTP", sink.url)
        words = ("send", "ann@example.com", "-s", "x", "--body", "x", "--via", "smtp")
        ran = cli(*words, state=State(clock=clock))
        assert ran.code == 7
        assert "gmailkit outbox run" in ran.err
        clock.sleep(301)
        assert cli("outbox", "run", state=State(clock=clock)).code == 0
        assert len(sink.messages) == 1


@pytest.mark.usefixtures("signed_in")
def test_what_waits_for_approval_is_shown_whole_and_leaves_when_approved(
    cli: Cli, sink: Sink, own_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    policy = own_home / "config" / "policy.toml"
    policy.parent.mkdir(parents=True, exist_ok=True)
    policy.write_text('approval = "all"\n')
    monkeypatch.setenv("GMAILKIT_SMTP", sink.url)
    text = "".join(f"line {number}\n" for number in range(50))
    words = ("smtp", "send", "ann@example.com", "-s", "Hi", "--body", text)
    for key in ("k", "l"):
        parked = cli(*words, "--rcpt", "bob@example.org", "--key", key)
        assert (parked.code, f"gmailkit outbox approve {key}" in parked.err) == (5, True)
    assert "parked" in cli("outbox").out
    shown = cli("outbox", "approve", "k", "--dry-run").err
    assert f"By SMTP: {sink.url}\n" in shown
    assert "Envelope: from <me@example.com> to bob@example.org\n" in shown
    assert "line 49" in shown
    assert "drafts show" not in shown
    assert sink.lines == []
    assert cli("outbox", "approve", "k", "--yes").code == 0
    assert [each.to for each in sink.messages] == [("bob@example.org",)]
    denied = cli("outbox", "deny", "l")
    assert (denied.code, "nothing more of it leaves" in denied.err) == (0, True)
    assert len(sink.messages) == 1


@pytest.mark.usefixtures("signed_in")
def test_nothing_that_is_read_in_it_is_hidden_from_who_approves(
    cli: Cli, sink: Sink, own_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    policy = own_home / "config" / "policy.toml"
    policy.parent.mkdir(parents=True, exist_ok=True)
    policy.write_text('approval = "all"\n')
    monkeypatch.setenv("GMAILKIT_SMTP", sink.url)
    html = '<p>Hi. Pay the <a href="https://evil.example/pay">bill</a>.</p>'
    for key, body in (("wide", ["x " * 200 + "the end"]), ("both", ["Hi.", "--html", html])):
        words = ("send", "ann@example.com", "-s", "Hi", "--via", "smtp", "--key", key)
        assert cli(*words, "--body", *body).code == 5
    assert "the end" in cli("outbox", "approve", "wide", "--dry-run").err
    assert OTHER_HTML not in cli("outbox", "approve", "wide", "--dry-run").err
    shown = cli("outbox", "approve", "both", "--dry-run").err
    assert f"  Hi.\n{OTHER_HTML}\n  Hi. Pay the bill" in shown
    assert "https://evil.example/pay" in shown


@pytest.mark.usefixtures("signed_in")
def test_it_leaves_later_over_smtp_too(
    cli: Cli, sink: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    from fakes import FakeClock
    from gmailkit.cli.state import State

    clock = FakeClock()
    monkeypatch.setenv("GMAILKIT_SMTP", sink.url)
    words = ("send", "ann@example.com", "-s", "x", "--body", "x", "--via", "smtp")
    kept = cli(*words, "--at", "in 2 hours", "--key", "k", state=State(clock=clock))
    assert (kept.code, "It waits here until then" in kept.err) == (0, True)
    assert cli(*words, "--hold", "5s", state=State(clock=clock)).code == 0
    assert len(sink.messages) == 1
    clock.sleep(7200)
    ran = cli("outbox", "run", state=State(clock=clock))
    assert (ran.code, len(sink.messages)) == (0, 2)


@pytest.mark.usefixtures("signed_in")
def test_what_was_kept_and_did_not_leave_says_how_it_is_tried_again(
    cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    from fakes import FakeClock
    from gmailkit.cli.state import State

    clock = FakeClock()
    with Sink(troubles="drop-after:1") as sink:
        monkeypatch.setenv("GMAILKIT_SMTP", sink.url)
        words = ("send", "ann@example.com", "-s", "x", "--body", "x", "--via", "smtp")
        assert cli(*words, "--at", "in 2 hours", "--key", "k", state=State(clock=clock)).code == 0
        clock.sleep(7201)
        assert cli("outbox", "run", state=State(clock=clock)).code == 3
        ran = cli("sent", "--settle", "k", "--as", "failed")
        said = "k counts as parked.\nIt is kept: gmailkit outbox approve k\n"
        assert (ran.code, ran.err) == (0, said)


def test_the_probe(cli: Cli, sink: Sink) -> None:
    ran = cli("smtp", "probe", sink.url)
    assert "8BITMIME\t\ttakes bytes above 127 in texts (RFC 6152)\n" in ran.out
    assert "in clear" in ran.err
    facts = json.loads(cli("smtp", "probe", f"smtp://127.0.0.1:{sink.port}", "--json").out)
    assert (facts["offers"]["SIZE"], facts["tls"]) == ("35882577", None)
    assert sink.messages == []
    assert "MAIL" not in " ".join(sink.lines)


@pytest.mark.parametrize(
    ("server", "said"),
    [
        ("smtp://ann:secret-word@mail.example.org", "must hold no password"),
        ("http://mail.example.org", "no address of a server"),
        ("smtp://", "no address of a server"),
        ("smtp://mail.example.org:99999", "no address of a server"),
        ("smtp://mail.example.org/path", "more than user, host and port"),
        ("mail example", "no address of a server"),
        ("smtp://-oProxyCommand", "no address of a server"),
        ("smtp://ann%0d%0aRSET@mail.example.org", "a control character"),
    ],
)
def test_a_server_that_is_none(cli: Cli, server: str, said: str) -> None:
    ran = cli("smtp", "probe", server)
    assert ran.code == 2
    assert said in ran.err
    assert "secret-word" not in ran.err


@pytest.mark.usefixtures("signed_in")
def test_by_which_server(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    assert cli("smtp").code == 2  # a practice mailbox has none
    monkeypatch.setenv("GMAILKIT_SMTP", "smtps://ann@127.0.0.1")
    ran = cli("smtp")
    assert ran.out == "smtps://ann@127.0.0.1:465\nsigns in as ann, with the token of the account\n"
    monkeypatch.setenv("GMAILKIT_SMTP_PASSWORD", "open-sesame")
    assert "with the password of GMAILKIT_SMTP_PASSWORD" in cli("smtp").out


def test_a_password_is_asked_for_and_never_shown(
    program: Callable[..., Any], terminal: Callable[..., Any]
) -> None:
    url = "smtps://ann@127.0.0.1:4650"
    ran = program(["smtp", "password", url], stdin="open-sesame\n")
    assert ran.code == 0
    assert "open-sesame" not in ran.out + ran.err
    assert "only you can read" in ran.err
    screen = terminal("smtp", "password", url)
    screen.wait_for("Password of ann:")
    screen.type("other-word\n")
    screen.wait_for("Kept in")
    assert "other-word" not in screen.screen
    assert program(["smtp", "password", url, "--forget"]).code == 0
    assert program(["smtp", "password", "smtps://127.0.0.1"], stdin="x\n").code == 2
    assert program(["smtp", "password", url], stdin="").code == 2


def test_the_sink_shows_and_keeps(program: Callable[..., Any], tmp_path: Path) -> None:
    with ExitStack() as stack:
        process = stack.enter_context(
            subprocess.Popen(
                [
                    *(sys.executable, "-m", "gmailkit", "smtp-sink", "--json", "--starttls"),
                    *("--keep", str(tmp_path / "caught"), "--count", "2"),
                    *("--auth", "ann:open-sesame"),
                ],
                stdout=subprocess.PIPE,
                text=True,
            )
        )
        stack.callback(process.kill)
        assert process.stdout
        start = json.loads(process.stdout.readline())
        env = {
            "REQUESTS_CA_BUNDLE": start["certificate"],
            "GMAILKIT_SMTP": start["url"],
            "GMAILKIT_SMTP_PASSWORD": "open-sesame",
        }
        for _ in range(2):
            line = ["--sandbox", "send", "bob@example.org", "-s", "Grüße", "--body", "x"]
            ran = program([*line, "--via", "smtp"], **env)
            assert ran.code == 0, ran.err
        caught = [json.loads(line) for line in process.stdout]
        assert process.wait(10) == 0
    assert [each["subject"] for each in caught] == ["Grüße", "Grüße"]
    assert caught[0]["user"] == "ann"
    assert caught[0]["tls"] is True
    kept = sorted((tmp_path / "caught").iterdir())
    assert [path.name for path in kept] == ["0001.eml", "0002.eml"]
    assert [stat.S_IMODE(path.stat().st_mode) for path in kept] == [0o600, 0o600]
    assert not Path(start["certificate"]).exists()


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (["--faults", "explode"], "There is no trouble 'explode'"),
        (["--faults", "full:ann@example.com"], "There is no trouble"),
        (["--auth", "ann"], "a user and a word"),
        (["--tls", "--starttls"], "exclude each other"),
    ],
)
def test_a_sink_that_makes_no_sense(cli: Cli, line: list[str], said: str) -> None:
    ran = cli("smtp-sink", *line)
    assert (ran.code, said in ran.err) == (2, True)


def test_a_taken_port_is_one_sentence(cli: Cli, sink: Sink) -> None:
    ran = cli("smtp-sink", "--port", str(sink.port))
    assert (ran.code, "Cannot listen on" in ran.err) == (2, True)


def test_without_the_extra_it_says_which(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "aiosmtpd", None)
    ran = cli("smtp-sink")
    assert (ran.code, "gmailkit[sink]" in ran.err) == (2, True)


def test_the_sink_is_reached_from_this_machine_alone(sink: Sink) -> None:
    assert sink._socket.getsockname()[0] == "127.0.0.1"


def test_the_fixture_of_the_plugin_catches(smtp_sink: Sink) -> None:
    with smtplib.SMTP("127.0.0.1", smtp_sink.port) as client:
        client.sendmail("a@x.org", ["b@x.org"], b"Subject: x\r\n\r\n.hi\r\n")
    assert [(each.sender, each.to, each.content) for each in smtp_sink.messages] == [
        ("a@x.org", ("b@x.org",), b"Subject: x\r\n\r\n.hi\r\n")
    ]
