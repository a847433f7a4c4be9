"""`gmailkit lists` and `unsubscribe`, as a person and a program use them."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from gmailkit.gmail import Gmail
from gmailkit.sandbox import Sandbox
from list_room import BY_MAIL, issue
from mailroom import ME, let_in

Cli = Callable[..., Any]
LIST = "list:news.list.example"
LINK = "https://shop.example/off?u=77"


@pytest.fixture
def mailbox(sandbox: Sandbox, own_home: object, monkeypatch: pytest.MonkeyPatch) -> Sandbox:
    """Two lists, a shop that has a link alone, and a token that may change labels and filters."""
    now = datetime.now(UTC)
    shop = {"sender": "Shop <shop@shop.example>", "list_id": "", "post": "", "ways": f"<{LINK}>"}
    for number, raw in enumerate(
        [
            *(issue(n, ways=BY_MAIL) for n in range(3)),
            *(issue(n, **shop) for n in range(2)),
            issue(9, list_id="Moss <moss.example>", ways="<mailto:bob@example.com>"),
        ]
    ):
        labels = ("INBOX", "UNREAD") if number == 0 else ("INBOX",)
        sandbox.mail.put(ME, raw, labels=labels, date=now - timedelta(days=number + 1))
    let_in(sandbox, monkeypatch, ["gmail.modify", "gmail.settings.basic"])
    return sandbox


def test_lists_in_a_pipe_as_json_and_as_people_ask_for_it(cli: Cli, mailbox: Sandbox) -> None:
    rows = [line.split("\t") for line in cli("lists").out.splitlines()]
    assert [[row[0], row[1], row[2], row[5], row[6]] for row in rows] == [
        [LIST, "3", "67%", "mail", "News"],
        ["from:shop@shop.example", "2", "100%", "link", "Shop"],
        ["list:moss.example", "1", "100%", "mail", "Moss"],
    ]
    first = json.loads(cli("lists", "--json").out.splitlines()[0])
    assert (first["key"], first["read"], first["where"]) == (LIST, 0.667, "ann@example.com")
    assert first["left"] is None
    keys = cli("lists", "--ids", "--sort", "name").out.split()
    assert keys == ["list:moss.example", LIST, "from:shop@shop.example"]
    assert cli("lists", "--fields", "name,unread", "--query", "from:shop").out == "Shop\t0\n"
    assert cli("lists", "--csv", "--fields", "key,left").out.splitlines()[0] == "key,left"
    cut = cli("lists", "--limit", "2")
    assert "Only the newest 2 messages were looked at (--limit)." in cut.err
    assert cli("lists", "--since", "soon").code == 2
    assert "Nothing since 1h came by a list." in cli("lists", "--since", "1h").err


def test_leaving_is_shown_then_done_once_and_says_what_is_left_to_the_person(
    cli: Cli, mailbox: Sandbox
) -> None:
    dry = cli("unsubscribe", "news@list.example", "--dry-run")
    assert (dry.code, mailbox.sent()) == (0, [])
    assert "News: by mail to ann@example.com: stop" in dry.out
    asks = cli("unsubscribe", "news@list.example")
    assert (asks.code, "add --yes" in asks.err, mailbox.sent()) == (2, True, [])
    done = cli("unsubscribe", "in:inbox", "--yes", "--json")
    found = {each["key"]: each for each in map(json.loads, done.out.splitlines())}
    assert {key: each["state"] for key, each in found.items()} == {
        LIST: "asked",
        "list:moss.example": "asked",
        "from:shop@shop.example": "by hand",
    }
    assert found["from:shop@shop.example"]["link"] == LINK
    assert done.code == 3, "one of three was not asked"
    again = cli("unsubscribe", LIST, "--yes")
    assert (again.code, again.out, len(mailbox.sent())) == (0, "", 2)
    assert "not asked again (--again)" in again.err
    assert cli("lists", "--query", LIST, "--fields", "left").out.startswith("asked 20")
    by_hand = cli("unsubscribe", "shop@shop.example", "--yes")
    assert by_hand.code == 15
    assert by_hand.out == f"from:shop@shop.example\tlink\t{LINK}\tby hand\n"
    assert cli("unsubscribe", "from:nobody", "--yes").code == 6
    assert cli("unsubscribe", "*", "--yes").code == 2


def test_a_mail_that_nobody_signed_goes_with_a_flag_not_with_a_yes(
    cli: Cli, mailbox: Sandbox
) -> None:
    mailbox.deliver(ME, issue(1, list_id="<fen.example>", ways=BY_MAIL, covers=""))
    ran = cli("unsubscribe", "list:fen.example", "--yes")
    assert (ran.code, mailbox.sent()) == (5, [])
    assert ran.out == "list:fen.example\tmail\tann@example.com\tunsigned\n"
    assert "by mail to ann@example.com: stop (NOT SIGNED)" in ran.err
    assert "--unsigned" in ran.err
    assert cli("unsubscribe", "list:fen.example", "--yes", "--unsigned", "--by-mail").code == 0
    assert len(mailbox.sent()) == 1


def test_what_a_policy_forbids_is_one_sentence(cli: Cli, mailbox: Sandbox, own_home: Any) -> None:
    (own_home / "config").mkdir(parents=True)
    (own_home / "config" / "policy.toml").write_text('sending = "off"\n')
    ran = cli("unsubscribe", LIST, "--yes")
    assert (ran.code, ran.out.split("\t")[-1], mailbox.sent()) == (5, "refused\n", [])
    assert "sending" in ran.err


def test_who_went_on_is_named_and_silenced_with_a_yes(cli: Cli, mailbox: Sandbox) -> None:
    assert cli("unsubscribe", LIST, "--yes").code == 0
    assert cli("lists", "check", "--grace", "0").out == ""
    late = mailbox.deliver(ME, issue(50))
    row = cli("lists", "check", "--grace", "0")
    name, *_, count, _, state, subject = row.out.rstrip("\n").split("\t")
    assert (name, count, state, subject) == ("News", "1", "asked", "Issue 50")
    assert "--yes moves that mail to Trash" in row.err
    assert "TRASH" not in mailbox.mail.labels_of(ME, late)
    done = json.loads(cli("lists", "check", "--grace", "0", "--yes", "--json").out)
    assert (done["lists"][0]["ids"], done["filters"]) == (
        [late],
        [f"{LIST} from:news@list.example"],
    )
    assert "TRASH" in mailbox.mail.labels_of(ME, late)
    assert cli("undo", str(done["number"]), "--yes").code == 0
    assert "TRASH" not in mailbox.mail.labels_of(ME, late)
    with Gmail() as gmail:
        assert gmail.settings.filters.list() == ()


def test_check_says_how_it_stands_with_lists_that_were_asked(
    cli: Cli, mailbox: Sandbox, terminal: Callable[..., Any]
) -> None:
    nothing = terminal("lists", "check")
    assert nothing.close() == 0
    assert nothing.screen == "No list was asked to stop yet (gmailkit unsubscribe).\n"
    assert cli("unsubscribe", LIST, "--yes").code == 0
    soon = cli("lists", "check", "--grace", "3d")
    day = datetime.now().astimezone() + timedelta(days=3)
    assert f"Asked, and still within the grace: 1 list, until {day:%Y-%m-%d}" in soon.err
    assert "not heard of" not in soon.err
    assert len(json.loads(cli("lists", "check", "--json").out)["graces"]) == 1
    assert "not heard of after the grace: 1 list." in cli("lists", "check", "--grace", "0").err
    wrong = cli("lists", "check", "--grace", "2w")
    assert (wrong.code, "Write --grace 3, or 3d." in wrong.err) == (2, True)
    mailbox.deliver(ME, issue(51))
    done = cli("lists", "check", "--grace", "0d", "--yes")
    assert "1 message moved to Trash, 1 filter made." in done.err


def test_on_a_terminal_what_became_of_each_list_is_aligned(
    terminal: Callable[..., Any], mailbox: Sandbox
) -> None:
    screen = terminal("unsubscribe", "{from:news from:shop}", "--yes")
    assert screen.close() == 3
    rows = screen.screen.splitlines()
    assert "list:news.list.example  mail       asked     ann@example.com" in rows
    assert f"from:shop@shop.example  link       by hand   {LINK}" in rows


def test_rows_of_a_list_of_lists_are_left_and_those_of_messages_too(
    terminal: Callable[..., Any], mailbox: Sandbox
) -> None:
    screen = terminal(
        script="$GMAILKIT lists; $GMAILKIT unsubscribe 3 --yes;"
        "$GMAILKIT search from:news@list.example; $GMAILKIT show 9 || $GMAILKIT unsubscribe 2"
    )
    screen.wait_for("Ask 1 list to stop writing to me@example.com? [y/N]")
    screen.type("y\n")
    assert screen.close() == 0
    assert "3 messages, 67% read" in screen.screen
    assert sorted(mail.to[0].email for mail in mailbox.sent()) == [
        "ann@example.com",
        "bob@example.com",
    ]
    wrong = terminal(script="$GMAILKIT lists >/dev/null; $GMAILKIT lists; $GMAILKIT trash 1")
    assert wrong.close() == 2
    assert "Row 1 is from a list of mailing lists, and this takes messages." in wrong.screen


def test_one_click_works_in_practice_and_leaves_this_machine_never(cli: Cli, own_home: Any) -> None:
    """The guard of the tests fails on any connection elsewhere."""
    ran = cli("--sandbox", "unsubscribe", "letters@slow-reader.example", "--yes")
    assert (ran.code, ran.out) == (
        0,
        "list:weekly.slow-reader.example\tone-click\tslow-reader.example\tasked\n",
    )
    assert "(signed by slow-reader.example)" in ran.err
    assert (
        "leave The Slow Reader (one-click: slow-reader.example)" in cli("--sandbox", "journal").out
    )
