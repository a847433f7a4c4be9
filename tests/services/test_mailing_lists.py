"""Mail to many: who sends it, leaving, and who went on; over HTTP, against the sandbox."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from threading import Thread
from typing import Any

import pytest

from fakes import ImpatientClock
from gmailkit.config import Settings
from gmailkit.errors import (
    CannotWrite,
    Conflict,
    NotFound,
    Refused,
    ServerFault,
    Unreachable,
    UsageError,
)
from gmailkit.gmail import Gmail
from gmailkit.paths import Home
from gmailkit.query.builder import Q
from gmailkit.record.departures import Departure, Departures
from gmailkit.record.journal import Journal
from gmailkit.sandbox import Sandbox
from gmailkit.sandbox.state.send_as import SendAs
from gmailkit.services.lists import going_on, leaving
from gmailkit.services.lists.leaving import Left
from list_room import Act, ListHost, answering, hanging_up, issue, list_host

ME = "me@example.com"
LIST = "list:news.list.example"
MAIL = "<mailto:off@list.example?subject=stop>"
NOW = datetime.now(UTC)


@pytest.fixture
def host() -> Iterator[ListHost]:
    with list_host() as running:
        yield running


@pytest.fixture
def own(settings_for: Callable[..., Settings], host: ListHost) -> Iterator[Gmail]:
    """Signed in for labels and settings, in an internet of one list."""
    settings = replace(settings_for(purpose="restore"), outside=host.outside())
    with Gmail(settings=settings, clock=ImpatientClock()) as signed_in:
        yield signed_in


def put(sandbox: Sandbox, raw: bytes, *labels: str, days: float = 1) -> str:
    """It came so many days ago."""
    date = NOW - timedelta(days=days)
    return sandbox.mail.put(ME, raw, labels=labels or ("INBOX",), date=date)


def left(gmail: Gmail, query: str | None = None, **how: object) -> list[Left]:
    return list(gmail.unsubscribe(gmail.plan_unsubscribe(query, **how)))  # type: ignore[arg-type]


def sent(sandbox: Sandbox) -> list[tuple[str, str, str, str]]:
    """Sender, recipients, subject and text of what left."""
    return [
        (
            m.sender.email if m.sender else "",
            ", ".join(map(str, m.to)),
            m.subject,
            m.text.strip(),
        )
        for m in sandbox.sent()
    ]


def test_what_came_is_counted_by_list_or_sender(sandbox: Sandbox, own: Gmail) -> None:
    for number in range(4):
        labels = ("INBOX", "UNREAD") if number == 3 else ("INBOX",)
        put(sandbox, issue(number), *labels, days=number + 1)
    put(sandbox, issue(9, sender="Tom <tom@list.example>"), days=9)  # the same list
    shop = issue(5, sender="Shop <shop@shop.example>", list_id="", post="")
    put(sandbox, shop, "CATEGORY_PROMOTIONS", "UNREAD", days=2)
    put(sandbox, issue(6, sender="a@x.example", list_id="", ways=""), days=3)  # a person's
    put(sandbox, issue(7, list_id="<old.example>"), days=300)
    found = own.find_mailings()
    assert (len(found.ids), found.new, found.units, found.cut) == (7, 7, 140, False)
    news, offers = own.mailing_lists(found)
    assert (news.source.key, news.source.name, news.count, news.unread) == (LIST, "News", 5, 1)
    assert (news.read_rate, news.way.by, news.way.where) == (0.8, "one-click", "list.example")
    assert news.last == max(e.date for e in own.search("list:news.list.example"))
    assert news.size == sum(e.size for e in own.search("list:news.list.example"))
    assert (offers.source.key, offers.read_rate, offers.way.by) == (
        "from:shop@shop.example",
        0.0,
        "link",
    )


def test_a_message_is_read_once_and_never_more_than_were_asked_for(
    sandbox: Sandbox, own: Gmail
) -> None:
    for number in range(5):
        put(sandbox, issue(number), days=number + 1)
    found = own.find_mailings(limit=3)
    assert (found.new, found.cut, own.mailing_lists(found)[0].count) == (3, True, 3)
    before = own.spent.units
    assert own.mailing_lists(since="2000-01-01")[0].count == 5
    assert own.find_mailings("is:starred").ids == ()
    assert own.spent.units - before < 3 * 20 + 40


def test_one_click_asks_the_list_once(sandbox: Sandbox, own: Gmail, host: ListHost) -> None:
    put(sandbox, issue(1), days=2)
    put(sandbox, issue(2, ways="<https://list.example/off?u=2>"), days=1)
    [done] = left(own, "news@list.example")
    assert (done.error, done.departure.state, done.departure.where) == (
        None,
        "asked",
        "list.example",
    )
    assert host.requests[0].startswith(b"POST /off?u=2 HTTP/1.1\r\n"), "as the newest one says"
    again = own.plan_unsubscribe("from:news")
    assert (again.asking, [each.source.key for each in again.before]) == ((), [LIST])
    assert left(own, keys=[LIST]) == []
    assert own.mailing_lists()[0].left == done.departure
    assert [each.what for each in own.changes()] == ["leave News (one-click: list.example)"]
    left(own, keys=[LIST], again=True)
    assert len(host.requests) == 2
    assert sent(sandbox) == []


def test_a_list_is_found_by_whatever_names_it(sandbox: Sandbox, own: Gmail) -> None:
    id = put(sandbox, issue())
    put(sandbox, issue(2, list_id="<other.example>", sender="other@other.example"))
    plans = [own.plan_unsubscribe(ids=[id]), own.plan_unsubscribe(keys=[LIST])]
    names = ("from:news", "news.list.example", "news@list.example", LIST)
    for plan in (*plans, *map(own.plan_unsubscribe, names)):
        assert [each.source.key for each in plan.asking] == [LIST]


def test_a_list_that_its_id_does_not_find_is_found_all_the_same(
    sandbox: Sandbox, own: Gmail, host: ListHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    """How well Gmail finds by List-Id is not known."""
    for room in (leaving, going_on):
        monkeypatch.setattr(room, "search_of", lambda key: Q.mailing_list("nothing.of.the.kind"))
    id = put(sandbox, issue(), days=20)
    assert left(own, ids=[id])[0].departure.state == "asked"
    _asked_ago(own, days=15)
    late = put(sandbox, issue(2), days=1)
    assert own.plan_silence().ids == (late,)


def test_no_list_is_told(sandbox: Sandbox, own: Gmail) -> None:
    put(sandbox, issue(1, sender="boss@example.com", list_id="", ways="", more="X-A: person"))
    for query in ("from:nobody", "subject:issue", "boss@example.com"):
        with pytest.raises(NotFound, match="No mail of a list"):
            own.plan_unsubscribe(query)
    with pytest.raises(UsageError):
        own.plan_unsubscribe("")
    with pytest.raises(UsageError, match="is no list"):
        own.plan_unsubscribe(keys=["label:x"])


ASTRAY: list[tuple[dict[str, str], str, str]] = [
    ({"covers": ""}, "link", "no valid signature"),
    ({"covers": "", "ways": f"<https://list.example/>, {MAIL}"}, "mail", "no valid signature"),
    ({"verdict": "mx.evil.example; dkim=pass header.i=@list.example"}, "link", "signature"),
    ({"post": ""}, "link", ""),
    ({"ways": "<http://list.example/>"}, "link", ""),
    ({"ways": "<https://127.0.0.1/>"}, "link", "its host is a number"),
    ({"ways": f"<https://u@list.example/>, {MAIL}"}, "mail", "hides which host"),
    ({"ways": "<mailto:a@a.example,b@b.example>"}, "none", "as 2 addresses"),
    ({"ways": "<mailto:a@a.example?subject=x%0D%0ABcc:b@b.example>"}, "none", "line break"),
    ({"ways": ""}, "none", ""),
]


def test_no_post_goes_where_nobody_vouches_or_it_leads_astray(
    sandbox: Sandbox, own: Gmail, host: ListHost
) -> None:
    for number, (said, _, _) in enumerate(ASTRAY):
        put(sandbox, issue(number, list_id=f"<l{number}.example>", **said))
    plan = own.plan_unsubscribe("from:news")
    found = {each.source.key: each for each in (*plan.asking, *plan.by_hand, *plan.unsigned)}
    for number, (_, by, why) in enumerate(ASTRAY):
        way = found[f"list:l{number}.example"].way
        assert (way.by, why in " ".join(way.why)) == (by, True), number
    assert {each.way.by for each in plan.asking} == {"mail"}
    list(own.unsubscribe(plan))
    assert (host.knocks, len(sent(sandbox))) == (0, 1)


def test_an_unsigned_one_is_asked_when_that_is_said(
    sandbox: Sandbox, own: Gmail, host: ListHost
) -> None:
    put(sandbox, issue(covers=""))
    [done] = left(own, "from:news", unsigned=True)
    assert (done.departure.state, len(host.requests)) == ("asked", 1)


FORGED = (
    {"covers": "", "ways": "<mailto:approve@bank.example?subject=I%20quit&body=Send%20it>"},
    {"signer": "evil.example", "sender": "x@evil.example", "ways": "<https://evil.example/>"},
)


def test_how_a_list_is_left_is_not_what_a_newer_mail_in_its_name_says(
    sandbox: Sandbox, own: Gmail
) -> None:
    for number in range(2):
        put(sandbox, issue(number), days=9 - number)
        put(sandbox, issue(5 + number, list_id="<esp.example>"), days=9 - number)
    for number, forged in enumerate(FORGED):
        for name in ("News <news.list.example>", "<esp.example>"):
            id = put(sandbox, issue(9, list_id=name, **forged), days=1 - number / 10)
            for how in ({"query": f"subject:'issue 9' {LIST}"}, {"ids": [id]}, {"keys": [LIST]}):
                plan = own.plan_unsubscribe(**how)  # type: ignore[arg-type]
                assert [each.way.uri for each in plan.asking] == ["https://list.example/off?u=1"]
                assert "was passed over" in plan.asking[0].source.doubt


def test_an_unsigned_mail_is_sent_when_that_is_said_and_in_our_words_alone(
    sandbox: Sandbox, own: Gmail
) -> None:
    put(sandbox, issue(1, **FORGED[0]))
    plan = own.plan_unsubscribe("from:news")
    assert (plan.asking, [each.way.where for each in plan.unsigned]) == (
        (),
        ["approve@bank.example"],
    )
    left(own, "from:news", unsigned=True, by_mail=True)
    assert [each[1:] for each in sent(sandbox)] == [
        ("approve@bank.example", "I quit", "unsubscribe")
    ]


def test_a_search_for_old_mail_leaves_as_the_newest_says(sandbox: Sandbox, own: Gmail) -> None:
    put(sandbox, issue(1, ways="<https://list.example/old>"), days=400)
    put(sandbox, issue(2), days=1)
    [each] = own.plan_unsubscribe("from:news older_than:1y").asking
    assert each.way.uri == "https://list.example/off?u=1"


def test_a_mail_says_what_the_list_wants_from_the_address_that_it_knows(
    sandbox: Sandbox, own: Gmail, host: ListHost
) -> None:
    sandbox.mail.add_alias(ME, "alias@example.com")
    put(sandbox, issue(1, ways=MAIL, to="alias@example.com"))
    put(sandbox, issue(2, ways="<mailto:bye@b.example>", list_id="<b.example>", to="x@b.example"))
    put(sandbox, issue(3, ways="<mailto:c@c.example?body=out>", list_id="<c.example>"))
    plan = own.plan_unsubscribe("from:news")
    assert {each.remark for each in plan.asking} == {""}
    list(own.unsubscribe(plan))
    assert sorted(sent(sandbox)) == sorted(
        [
            ("alias@example.com", "off@list.example", "stop", "unsubscribe"),
            ("me@example.com", "bye@b.example", "unsubscribe", "unsubscribe"),
            ("me@example.com", "c@c.example", "unsubscribe", "out"),
        ]
    )
    assert {each.state for each in own.departures()} == {"asked"}
    assert {each.state for each in own.sent()} == {"sent"}
    assert host.knocks == 0


def test_an_address_that_the_mailbox_may_not_write_from_is_told(
    sandbox: Sandbox, own: Gmail
) -> None:
    raw = issue(1, ways=MAIL, to="me+news@example.com").replace(
        b"Delivered-To: me@", b"Delivered-To: me+news@"
    )
    put(sandbox, raw)
    mail = sandbox.mail
    with mail.database.change():  # asked for, and never confirmed
        mail.send_as.put(mail.users.get(ME), SendAs("me+news@example.com", status="pending"))
    [each] = own.plan_unsubscribe("from:news").asking
    assert (each.sender, each.remark.split(",")[0]) == ("", "It wrote to me+news@example.com")


def test_one_click_is_passed_over_for_mail_when_that_is_said(
    sandbox: Sandbox, own: Gmail, host: ListHost
) -> None:
    put(sandbox, issue(ways=f"<https://list.example/>, {MAIL}"))
    assert left(own, "from:news", by_mail=True)[0].departure.by == "mail"
    assert (host.knocks, len(sent(sandbox))) == (0, 1)


def test_what_policy_forbids_is_not_sent_and_what_waits_for_approval_counts_once_it_left(
    sandbox: Sandbox, own: Gmail, home: Home
) -> None:
    put(sandbox, issue(ways=MAIL))
    home.config.mkdir(parents=True, exist_ok=True)
    policy = home.config / "policy.toml"
    policy.write_text('[recipients]\ndeny = ["list.example"]\n')
    [denied] = left(own, "from:news")
    assert isinstance(denied.error, Refused)
    assert (denied.error.rule, denied.departure.state) == ("recipients.deny", "refused")
    policy.write_text('approval = "all"\n')
    [waiting] = left(own, "from:news")
    assert (waiting.departure.state, sent(sandbox)) == ("waits", [])
    assert left(own, "from:news") == []
    policy.unlink()
    own.outbox.approve(waiting.departure.key)
    assert len(sent(sandbox)) == 1
    assert [each.state for each in own.departures()] == ["asked"]


@pytest.mark.parametrize(
    ("act", "state", "error"),
    [
        (answering("204 No Content"), "asked", type(None)),
        (answering("302 Found", "Location: https://10.0.0.1/\r\n"), "unknown", Unreachable),
        (answering("404 Not Found"), "refused", Refused),
        (answering("500 Oh"), "refused", ServerFault),
        (hanging_up, "unknown", Unreachable),
    ],
    ids=["204", "302", "404", "500", "hangs up"],
)
def test_what_the_server_said_is_what_is_recorded(
    sandbox: Sandbox,
    settings_for: Callable[..., Settings],
    act: Act,
    state: str,
    error: type[BaseException],
) -> None:
    put(sandbox, issue())
    with list_host(act) as host:
        settings = replace(settings_for(), outside=host.outside())
        with Gmail(settings=settings, clock=ImpatientClock()) as gmail:
            [done] = left(gmail, "from:news")
            assert (done.departure.state, type(done.error)) == (state, error)
            assert [each.state for each in gmail.departures()] == [state]
            if done.error:
                assert done.error.maybe_done == (state == "unknown")
            # What it surely refused may be asked again; what it may have taken only when told to.
            left(gmail, "from:news")
            assert len(host.requests) == (2 if state == "refused" else 1)
            left(gmail, "from:news", again=True)
            assert len(host.requests) == (3 if state == "refused" else 2)


def test_a_host_that_leads_into_a_private_network_is_not_asked(
    sandbox: Sandbox, settings_for: Callable[..., Settings], host: ListHost
) -> None:
    put(sandbox, issue())
    settings = replace(settings_for(), outside=host.outside("169.254.169.254"))
    with Gmail(settings=settings, clock=ImpatientClock()) as gmail:
        [done] = left(gmail, "from:news")
    assert isinstance(done.error, Refused)
    assert (done.departure.state, host.knocks) == ("refused", 0)
    assert "169.254.169.254" in done.departure.said


def test_a_mailbox_of_this_machine_asks_nobody_on_the_internet(
    sandbox: Sandbox, gmail: Gmail
) -> None:
    put(sandbox, issue())
    with pytest.raises(Refused, match="served by this machine"):
        gmail.plan_unsubscribe("from:news")
    put(sandbox, issue(2, ways=MAIL))
    assert left(gmail, "from:news", by_mail=True)[0].departure.state == "asked"


class Killed(BaseException):
    """Nothing that our code would catch."""


STEPS: list[tuple[object, str, bool, int]] = [  # where it ends, and how often it had asked
    (Departures, "begin", False, 0),
    (Departures, "begin", True, 0),
    (Journal, "write", False, 0),
    (Journal, "write", True, 0),
    (leaving, "one_click", False, 0),
    (leaving, "one_click", True, 1),
    (Departures, "end", False, 1),
    (Departures, "end", True, 1),
]


def test_a_run_that_is_killed_at_any_step_asks_no_list_twice(
    sandbox: Sandbox, own: Gmail, host: ListHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number, (room, step, after, asked) in enumerate(STEPS):
        put(sandbox, issue(number, list_id=f"<l{number}.example>"))
        key = f"list:l{number}.example"
        host.requests.clear()
        with monkeypatch.context() as patch:
            _die_at(patch, room, step, after=after)
            with pytest.raises(Killed):
                left(own, key)
        assert len(host.requests) == asked, step
        known = {each.list: each.state for each in own.departures()}.get(key)
        ended = (step, after) == ("end", True)
        begun = number > 0
        assert known == ("asked" if ended else "begun" if begun else None), step
        assert bool(own.plan_unsubscribe(key).asking) is not begun
        left(own, key)
        assert len(host.requests) == (asked if begun else 1), step


def test_a_mail_goes_on_where_it_was_cut_short_and_leaves_once(
    sandbox: Sandbox, own: Gmail, monkeypatch: pytest.MonkeyPatch
) -> None:
    places = [("begin", False), ("begin", True), ("end", False), ("end", True)]
    for number, (step, after) in enumerate(places):
        put(sandbox, issue(number, list_id=f"<l{number}.example>", ways=MAIL))
        with monkeypatch.context() as patch:
            _die_at(patch, Departures, step, after=after)
            with pytest.raises(Killed):
                left(own, f"list:l{number}.example")
        left(own, f"list:l{number}.example")
        assert len(sent(sandbox)) == number + 1
        assert {each.state for each in own.departures()} == {"asked"}


def test_a_list_is_asked_again_when_its_record_was_moved_away(sandbox: Sandbox, own: Gmail) -> None:
    put(sandbox, issue(1, ways=MAIL), days=2)
    left(own, "from:news")
    (own._connection.state_folder / "departures.sqlite3").rename(own._connection.state_folder / "x")
    put(sandbox, issue(2, ways="<mailto:new@list.example>"), days=1)
    left(own, "from:news")
    assert {to for _, to, _, _ in sent(sandbox)} == {"off@list.example", "new@list.example"}


def test_what_cannot_be_written_down_is_not_done(
    sandbox: Sandbox, own: Gmail, host: ListHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(sandbox, issue())
    plan = own.plan_unsubscribe("from:news")
    file = own._connection.state_folder / "departures.sqlite3"
    own._connection.departures.close()
    file.write_bytes(b"somebody else's" * 99)
    with pytest.raises(CannotWrite, match="the record of lists"):
        list(own.unsubscribe(plan))
    file.unlink()

    def full(self: Journal, what: str) -> None:
        raise CannotWrite("The disk is full.", path=file)

    monkeypatch.setattr(Journal, "write", full)
    [failed] = list(own.unsubscribe(plan))
    assert (failed.departure.state, type(failed.error)) == ("refused", CannotWrite)
    assert host.knocks == 0


def test_of_a_plan_the_lists_that_another_run_asked_are_named_and_the_others_asked(
    sandbox: Sandbox, own: Gmail, host: ListHost
) -> None:
    for number in range(3):
        put(sandbox, issue(number, list_id=f"<l{number}.example>"), days=number)
    plan = own.plan_unsubscribe("from:news")
    left(own, keys=["list:l1.example"])
    errors = [type(each.error) for each in own.unsubscribe(plan)]
    assert errors == [type(None), Conflict, type(None)]
    assert len(host.requests) == 3


def test_two_runs_at_once_ask_a_list_once(
    sandbox: Sandbox, own: Gmail, host: ListHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second comes when the first has looked, and has not yet written down that it asks."""
    put(sandbox, issue())
    plan = own.plan_unsubscribe("from:news")
    second: list[Left] = []
    other = Thread(target=lambda: second.extend(own.unsubscribe(plan)))
    begin = Departures.begin

    def slowly(self: Departures, *args: str, **said: Any) -> Departure:
        if not other.ident:
            other.start()
            other.join(0.5)
        return begin(self, *args, **said)

    monkeypatch.setattr(Departures, "begin", slowly)
    [first] = own.unsubscribe(plan)
    other.join()
    assert (first.error, type(second[0].error), len(host.requests)) == (None, Conflict, 1)


def test_who_went_on_after_the_grace_is_named_and_silenced_and_undo_takes_it_back(
    sandbox: Sandbox, own: Gmail
) -> None:
    put(sandbox, issue(1), days=20)
    put(sandbox, issue(2, list_id="", sender="shop@shop.example"), days=20)
    put(sandbox, issue(3, list_id="<good.example>"), days=20)
    left(own, "{from:news from:shop}")
    _asked_ago(own, days=15)
    within = put(sandbox, issue(4), days=14)
    late = [put(sandbox, issue(5), days=12), put(sandbox, issue(6), "INBOX", "UNREAD", days=1)]
    neighbour = put(sandbox, issue(7, list_id="<eu.news.list.example>"), days=1)
    shop = put(sandbox, issue(8, list_id="", sender="shop@shop.example"), days=1)
    plan = own.plan_silence()
    assert {each.departure.list: set(each.ids) for each in plan.lists} == {
        LIST: set(late),
        "from:shop@shop.example": {shop},
    }
    assert plan.waiting == 1
    before = {id: set(sandbox.mail.labels_of(ME, id)) for id in (*late, shop, within, neighbour)}
    change = own.silence(plan)
    assert change is not None
    for id in (*late, shop):
        assert "TRASH" in sandbox.mail.labels_of(ME, id)
    assert {id: set(sandbox.mail.labels_of(ME, id)) for id in (within, neighbour)} == {
        id: before[id] for id in (within, neighbour)
    }
    own.undo(change.number)
    assert own.settings.filters.list() == ()
    assert {id: set(sandbox.mail.labels_of(ME, id)) for id in before} == before


def test_a_filter_takes_what_the_list_will_send_and_nothing_else(
    sandbox: Sandbox, own: Gmail
) -> None:
    shop = {"list_id": "", "sender": "shop@shop.example"}
    put(sandbox, issue(1), days=20)
    put(sandbox, issue(2, **shop), days=20)
    left(own, "{from:news from:shop}")
    _asked_ago(own, days=15)
    put(sandbox, issue(3), days=2)
    put(sandbox, issue(4, **shop), days=2)
    receipt = put(sandbox, issue(5, ways="", post="", **shop), days=1)
    plan = own.plan_silence()
    assert receipt not in plan.ids, "what is not to many was never left"
    assert [each.why for each in plan.lists if each.departure.list != LIST] == [
        "its mail names no list, and a receipt may come from there too"
    ]
    change = own.silence(plan)
    [made] = own.settings.filters.list()
    assert made.criteria.query == f"{LIST} from:news@list.example"
    stranger = issue(7, list_id="<eu.news.list.example>", sender="eu@list.example")
    came = [issue(6), stranger, issue(8, ways="", post="", **shop)]
    trashed = ["TRASH" in sandbox.mail.labels_of(ME, sandbox.deliver(ME, raw)) for raw in came]
    assert trashed == [True, False, False]
    put(sandbox, issue(9), days=0.5)
    assert own.plan_silence().filters == (), "one filter is enough"
    assert change is not None
    own.undo(change.number)
    assert own.settings.filters.list() == ()


def test_no_filter_is_made_that_would_have_taken_mail_of_a_neighbour(
    sandbox: Sandbox, own: Gmail
) -> None:
    put(sandbox, issue(1), days=20)
    put(sandbox, issue(2, list_id="<eu.news.list.example>"), days=300)
    left(own, keys=[LIST])
    _asked_ago(own, days=15)
    put(sandbox, issue(3), days=2)
    plan = own.plan_silence()
    assert (len(plan.ids), plan.filters) == (1, ())
    assert plan.lists[0].why == "it would take mail of list:eu.news.list.example too"


def test_a_list_of_which_nobody_can_tell_is_named_when_it_writes_on_and_left_alone(
    sandbox: Sandbox, settings_for: Callable[..., Settings], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("lost", "killed"):
        put(sandbox, issue(1, list_id=f"<{name}.example>"), days=20)
    with list_host(hanging_up) as host:
        settings = replace(settings_for(purpose="restore"), outside=host.outside())
        with Gmail(settings=settings, clock=ImpatientClock()) as gmail:
            left(gmail, keys=["list:lost.example"])
            with monkeypatch.context() as patch:
                _die_at(patch, leaving, "one_click", after=False)
                with pytest.raises(Killed):
                    left(gmail, keys=["list:killed.example"])
            _asked_ago(gmail, days=15)
            for name in ("lost", "killed"):
                put(sandbox, issue(2, list_id=f"<{name}.example>"), days=1)
            plan = gmail.plan_silence()
            assert {each.departure.state for each in plan.unsure} == {"unknown", "begun"}
            assert (plan.ids, plan.filters, gmail.silence(plan)) == ((), (), None)


def test_that_a_list_sent_more_than_is_looked_at_is_told(
    sandbox: Sandbox, own: Gmail, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(going_on, "MOST", 2)
    put(sandbox, issue(1), days=20)
    left(own, "from:news")
    _asked_ago(own, days=15)
    for number in (2, 3, 4):
        put(sandbox, issue(number), days=1)
    [found] = own.plan_silence().lists
    assert (len(found.ids), found.cut) == (2, True)


def test_the_grace_is_two_days_after_one_click_and_ten_after_mail(
    sandbox: Sandbox, own: Gmail
) -> None:
    both = f"<https://list.example/>, {MAIL}"
    for name, by_mail in (("click", False), ("mail", True)):
        put(sandbox, issue(1, list_id=f"<{name}.example>", ways=both), days=20)
        left(own, keys=[f"list:{name}.example"], by_mail=by_mail)
    _asked_ago(own, days=12)

    def named(grace: int | None = None) -> set[str]:
        return {each.departure.by for each in own.plan_silence(grace=grace).lists}

    for days, late in ((1, set()), (3, {"one-click"}), (9, {"one-click"})):
        for name in ("click", "mail"):
            put(sandbox, issue(days + 1, list_id=f"<{name}.example>"), days=12 - days)
        assert named() == late, days
    assert (named(10), named(0)) == (set(), {"one-click", "mail"})
    put(sandbox, issue(20, list_id="<mail.example>"), days=1)
    assert named() == {"one-click", "mail"}
    with pytest.raises(UsageError):
        own.plan_silence(grace=-1)


def test_without_the_permission_for_filters_nothing_is_half_done(
    sandbox: Sandbox, settings_for: Callable[..., Settings], host: ListHost
) -> None:
    put(sandbox, issue(1), days=20)
    settings = replace(settings_for(), outside=host.outside())
    with Gmail(settings=settings, clock=ImpatientClock()) as gmail:
        left(gmail, "from:news")
        _asked_ago(gmail, days=15)
        late = put(sandbox, issue(2), days=1)
        with pytest.raises(Refused):
            gmail.silence(gmail.plan_silence())
        assert "TRASH" not in sandbox.mail.labels_of(ME, late)
        gmail.silence(gmail.plan_silence(filters=False))
        assert "TRASH" in sandbox.mail.labels_of(ME, late)
        assert gmail.silence(gmail.plan_silence(filters=False)) is None


def _asked_ago(gmail: Gmail, *, days: float) -> None:
    from msgspec.structs import replace as changed

    record = gmail._connection.departures
    for each in record.all():
        record.end(changed(each, time=NOW - timedelta(days=days)), each.state)


def _die_at(monkeypatch: pytest.MonkeyPatch, room: object, step: str, *, after: bool) -> None:
    """As by kill -9: nothing of ours runs any more."""
    real = getattr(room, step)

    def die(*args: object, **options: object) -> object:
        if after:
            real(*args, **options)
        raise Killed

    monkeypatch.setattr(room, step, die)
