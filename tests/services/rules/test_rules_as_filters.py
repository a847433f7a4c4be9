"""Rules of a file made Gmail's filters: over HTTP, against the sandbox."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr

import pytest

from fakes import ImpatientClock
from gmailkit.config import Settings
from gmailkit.errors import Conflict, GmailKitError, UsageError
from gmailkit.gmail import Gmail
from gmailkit.model.filter import FilterAction, FilterCriteria
from gmailkit.model.ids import LabelId
from gmailkit.rules.filters import key_of
from gmailkit.rules.xml import read_filters
from gmailkit.sandbox import Sandbox
from gmailkit.sandbox.routes.settings import filters as route

ME = "me@example.com"


@pytest.fixture
def own(settings_for: Callable[..., Settings]) -> Iterator[Gmail]:
    """Signed in as `login --for restore` does."""
    with Gmail(settings=settings_for(purpose="restore"), clock=ImpatientClock()) as signed_in:
        yield signed_in


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "rules.toml"


def rule(name: str, which: str, done: str = "star = true") -> str:
    return f'[[rule]]\nname = "{name}"\n{which}\n{done}\n\n'


def kept(sandbox: Sandbox) -> dict[str, Any]:
    return dict(sandbox.mail.settings.all(sandbox.mail.users.get(ME).n, "filter"))


def senders(sandbox: Sandbox) -> list[str]:
    return sorted(each["criteria"].get("query", "-") for each in kept(sandbox).values())


def apply(gmail: Gmail, file: Path, **options: bool) -> None:
    gmail.apply_rules(gmail.plan_rules(file, **options))


def make_several(gmail: Gmail) -> None:
    """Filters of many kinds."""
    make = gmail.preferences.filters.create
    make(FilterCriteria(from_="ci@example.com"), add=["Builds"], remove=["INBOX"], create=True)
    make(FilterCriteria(to="Ann Lee", subject='  the "big"   news '), add=["STARRED", "IMPORTANT"])
    make(FilterCriteria(query="list:(a OR b) -x", negated_query="{y z}"), remove=["UNREAD", "SPAM"])
    make(FilterCriteria(query="is:unread"), add=["Builds"])
    make(FilterCriteria(has_attachment=True, size=7, size_comparison="smaller"), add=["TRASH"])
    make(
        FilterCriteria(from_="x", exclude_chats=True, size=1 << 20, size_comparison="larger"),
        add=["CATEGORY_FORUMS"],
        remove=["IMPORTANT"],
    )
    two = FilterAction(add_label_ids=(LabelId("CATEGORY_SOCIAL"), LabelId("CATEGORY_UPDATES")))
    gmail.settings.filters.create(FilterCriteria(query="(broken"), two)


def test_after_a_pull_there_is_nothing_to_do(own: Gmail, sandbox: Sandbox, file: Path) -> None:
    make_several(own)
    before = kept(sandbox)
    pulled = own.pull_rules(file)
    assert len(pulled.names) == len(before) == 7
    plan = own.plan_rules(file, prune=True)
    assert (plan.create, plan.delete, plan.left, plan.refused) == ((), (), (), ())
    assert own.apply_rules(plan) is None
    assert kept(sandbox) == before
    assert own.pull_rules(file).names == ()


# What Gmail's settings export for people of several kinds: each filter as its properties. Gmail
# writes the size operator and unit into every filter, also where no size is asked for.
EXPORTS: dict[str, list[dict[str, str]]] = {
    "lists": [
        {"hasTheWord": "list:(<dev.lists.example>)", "label": "Lists/dev", "shouldArchive": "true"},
        {"hasTheWord": "list:users.lists.example OR list:announce.lists.example", "label": "Lists"},
        {"to": "security@lists.example", "label": "Lists/security", "shouldStar": "true"},
        {"subject": "[bugs]", "doesNotHaveTheWord": "mentions:me", "shouldMarkAsRead": "true"},
    ],
    "shopping": [
        {"from": "{orders@shop.example receipts@store.example}", "label": "Käufe & Rechnungen"},
        {"from": "(ann@a.example OR bob@b.example)", "smartLabelToApply": "^smartlabel_personal"},
        {"hasTheWord": "unsubscribe", "smartLabelToApply": "^smartlabel_promo"},
        {"from": "spam@offers.example", "shouldTrash": "true", "shouldArchive": "true"},
        {"hasTheWord": '"your parcel" has:attachment', "shouldAlwaysMarkAsImportant": "true"},
    ],
    "office": [
        {"from": "boss@work.example", "shouldNeverSpam": "true", "shouldStar": "true"},
        {"hasAttachment": "true", "size": "10", "sizeOperator": "s_sl", "label": "Large"},
        {"size": "5", "sizeOperator": "s_ss", "sizeUnit": "s_skb", "shouldMarkAsRead": "true"},
        {"to": "me+reports@example.com", "subject": "weekly report", "label": "報告/週"},
        {"from": "calendar@work.example", "shouldNeverMarkAsImportant": "true"},
        {"from": "x@work.example", "excludeChats": "true", "forwardTo": "ann@example.com"},
    ],
    "written long ago": [
        {"hasTheWord": "((a OR b) -(c)", "label": "Old"},
        {"hasTheWord": "in:anywhere is:unread from:(x", "shouldArchive": "true"},
        {"subject": '  two   blanks "and quotes"', "label": "Old"},
        {"from": "*@domain.example", "label": "Old/one"},
        {"from": "a@b.example,c@d.example", "label": "Old/two"},
    ],
}


@pytest.mark.parametrize("kind", EXPORTS)
def test_what_people_export_comes_into_gmail_and_back_unchanged(
    own: Gmail, sandbox: Sandbox, file: Path, tmp_path: Path, kind: str
) -> None:
    sandbox.mail.settings.put(
        sandbox.mail.users.get(ME).n,
        "forwardingAddress",
        {"forwardingEmail": "ann@example.com", "verificationStatus": "accepted"},
        key="ann@example.com",
    )
    entries = [
        "".join(
            f"<apps:property name='{name}' value={quoteattr(value)}/>"
            for name, value in ({"sizeOperator": "s_sl", "sizeUnit": "s_smb"} | each).items()
        )
        for each in EXPORTS[kind]
    ]
    xml = tmp_path / "mailFilters.xml"
    xml.write_text(
        "<?xml version='1.0' encoding='UTF-8'?><feed xmlns='http://www.w3.org/2005/Atom'"
        " xmlns:apps='http://schemas.google.com/apps/2006'><title>Mail Filters</title>"
        + "".join(f"<entry><category term='filter'/>{each}</entry>" for each in entries)
        + "</feed>"
    )
    assert own.import_rules(file, xml).notes == ()
    apply(own, file)
    assert len(kept(sandbox)) == len(entries)
    pulled = tmp_path / "pulled.toml"
    assert len(own.pull_rules(pulled).names) == len(entries)
    plan = own.plan_rules(pulled, prune=True)
    assert (plan.create, plan.delete, plan.left, plan.refused) == ((), (), (), ())
    again = tmp_path / "again.xml"
    again.write_text(own.export_rules(pulled).xml)
    before, after = (read_filters(each.read_bytes(), source="x")[0] for each in (xml, again))
    assert sorted(map(key_of, before)) == sorted(map(key_of, after))


def test_filters_that_were_lost_are_made_again_but_for_one_that_would_do_more_than_it_says(
    own: Gmail, sandbox: Sandbox, file: Path
) -> None:
    make_several(own)
    own.pull_rules(file)
    for id in kept(sandbox):
        own.settings.filters.delete(id)
    apply(own, file)
    assert len(kept(sandbox)) == 6
    plan = own.plan_rules(file)
    assert plan.idle
    assert [note.text for note in plan.only_run] == ["filters ignore is:"]


def test_a_pull_keeps_what_stands_in_the_file(own: Gmail, file: Path) -> None:
    mine = "# my rules\n" + rule("Mine", 'match = "x"  # a comment')
    file.write_text(mine)
    make_several(own)
    own.pull_rules(file)
    assert file.read_text().startswith(mine)
    assert len(own.plan_rules(file).create) == 1


def test_a_rule_that_changes_replaces_its_own_filter_and_no_other(
    own: Gmail, sandbox: Sandbox, file: Path
) -> None:
    own.preferences.filters.create(FilterCriteria(query="by hand"), add=["STARRED"])
    file.write_text(rule("A", 'match = "a"') + rule("B", 'match = "b"'))
    apply(own, file)
    file.write_text(rule("A", 'match = "a2"') + rule("B", 'match = "b"'))
    plan = own.plan_rules(file)
    assert (plan.changed, len(plan.keep), len(plan.left)) == (("A",), 1, 1)
    own.apply_rules(plan)
    assert senders(sandbox) == ["a2", "b", "by hand"]
    file.write_text(rule("B", 'match = "b"'))
    apply(own, file)
    assert senders(sandbox) == ["b", "by hand"]
    apply(own, file, prune=True)
    assert senders(sandbox) == ["b"]


def test_an_edited_rule_that_was_pulled_replaces_its_filter(
    own: Gmail, sandbox: Sandbox, file: Path
) -> None:
    own.preferences.filters.create(FilterCriteria(query="before"), add=["STARRED"])
    own.pull_rules(file)
    file.write_text(file.read_text().replace('query = "before"', 'query = "later"'))
    apply(own, file)
    assert senders(sandbox) == ["later"]


def test_what_an_undo_brought_back_is_still_the_rules_own(
    own: Gmail, sandbox: Sandbox, file: Path
) -> None:
    file.write_text(rule("A", 'match = "a"'))
    apply(own, file)
    file.write_text(rule("A", 'match = "a2"'))
    apply(own, file)
    own.undo()
    assert senders(sandbox) == ["a"]
    plan = own.plan_rules(file)
    assert (plan.changed, plan.left) == (("A",), ())
    own.apply_rules(plan)
    assert senders(sandbox) == ["a2"]


def test_without_what_was_remembered_filters_are_compared_and_none_is_deleted(
    own: Gmail, sandbox: Sandbox, file: Path
) -> None:
    file.write_text(rule("A", 'match = "a"') + rule("B", 'match = "b"'))
    apply(own, file)
    for each in (own._connection.state_folder / "rules").iterdir():
        each.write_bytes(b"damaged")
    file.write_text(rule("A", 'match = "a2"') + rule("B", 'match = "b"'))
    apply(own, file)
    assert senders(sandbox) == ["a", "a2", "b"]
    file.write_text(rule("A", 'match = "a2"') + rule("B", 'match = "b2"'))
    apply(own, file)
    assert senders(sandbox) == ["a", "a2", "b2"]


def test_what_was_changed_meanwhile_is_left_alone(own: Gmail, sandbox: Sandbox, file: Path) -> None:
    file.write_text(rule("A", 'match = "a"'))
    plan = own.plan_rules(file)
    own.preferences.filters.create(FilterCriteria(query="meanwhile"), add=["STARRED"])
    with pytest.raises(Conflict, match="meanwhile"):
        own.apply_rules(plan)
    assert senders(sandbox) == ["meanwhile"]


def test_missing_labels_are_made_and_spelt_as_gmail_has_them(
    own: Gmail, sandbox: Sandbox, file: Path
) -> None:
    label = own.create_label("Bills").label
    file.write_text(rule("A", 'match = "a"', 'label = ["bills", "New", "new "]'))
    plan = own.plan_rules(file)
    assert plan.labels == ("New",)
    own.apply_rules(plan)
    added = [each["action"]["addLabelIds"] for each in kept(sandbox).values()]
    assert [label.id] in added
    assert own.plan_rules(file).idle


def test_what_no_filter_can_do_is_left_to_run(own: Gmail, sandbox: Sandbox, file: Path) -> None:
    file.write_text(
        rule("Old", 'match = "older_than:1y"')
        + rule("Off", 'match = "x"', 'remove = "Todo"\nstar = true')
    )
    plan = own.plan_rules(file)
    assert {note.rule for note in plan.only_run} == {"Old", "Off"}
    assert [each.rule for each in plan.create] == ["Off"]
    own.apply_rules(plan)
    assert senders(sandbox) == ["x"]


def test_rules_that_contradict_each_other_are_named(own: Gmail, file: Path) -> None:
    file.write_text(
        rule("Keep", 'match = "from:ann subject:plan"', "important = true")
        + rule("Not", 'match = "from:ann"', "important = false")
        + rule("Other", 'match = "from:bob"', "important = false")
        + rule("Tested", 'match = "subject:plan"', "delete = true")
        + '[[rule.test]]\nfrom = "ann@example.com"\nsubject = "Plan"\nlabels = ["TRASH"]\n'
    )
    found = {(each.one, each.other) for each in own.plan_rules(file).contradictions}
    assert found == {("Keep", "Not"), ("Keep", "Tested")}


@pytest.mark.parametrize("address", ["nobody@example.org", "pending@example.org"])
def test_forwarding_to_an_address_that_has_not_agreed_is_refused_before_anything_is_made(
    own: Gmail, sandbox: Sandbox, file: Path, settings_for: Callable[..., Settings], address: str
) -> None:
    from gmailkit.auth.scopes import PURPOSES
    from gmailkit.secret import Secret

    token = sandbox.issue_token(ME, PURPOSES["admin"], delegated=True)
    with Gmail(settings=replace(settings_for(), access_token=Secret(token))) as admin:
        admin.preferences.forwarding.add("pending@example.org")
    file.write_text(rule("A", 'match = "a"') + rule("F", 'match = "b"', f'forward = "{address}"'))
    plan = own.plan_rules(file)
    assert [note.rule for note in plan.refused] == ["F"]
    with pytest.raises(UsageError, match=r'Rule "F".*Nothing was changed'):
        own.apply_rules(plan)
    assert kept(sandbox) == {}


def test_more_than_gmail_keeps_is_refused_before_anything_is_made(
    own: Gmail, sandbox: Sandbox, file: Path
) -> None:
    file.write_text("".join(rule(f"r{n}", f'match = "w{n}"') for n in range(1001)))
    with pytest.raises(UsageError, match="1,000 filters at most; it would be 1,001"):
        apply(own, file)
    assert kept(sandbox) == {}


def test_at_the_limit_old_filters_go_before_new_ones_come(
    own: Gmail, sandbox: Sandbox, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(route, "MAX_FILTERS", 3)
    monkeypatch.setattr("gmailkit.rules.filters.MOST", 3)
    names = ("a", "b", "c")
    file.write_text("".join(rule(each, f'match = "{each}"') for each in names))
    apply(own, file)
    file.write_text("".join(rule(each, f'match = "{each}2"') for each in names))
    plan = own.plan_rules(file)
    assert plan.order.early == 3
    own.apply_rules(plan)
    assert senders(sandbox) == ["a2", "b2", "c2"]
    own.undo()
    assert senders(sandbox) == ["a", "b", "c"]


@pytest.mark.parametrize("at", range(4))
def test_one_that_is_cut_short_is_finished(
    own: Gmail, sandbox: Sandbox, file: Path, monkeypatch: pytest.MonkeyPatch, at: int
) -> None:
    file.write_text(rule("A", 'match = "a"') + rule("B", 'match = "b"'))
    apply(own, file)
    file.write_text(rule("A", 'match = "a2"') + rule("B", 'match = "b2"'))
    plan = own.plan_rules(file)
    _fail_at(monkeypatch, at)
    with pytest.raises(GmailKitError):
        own.apply_rules(plan)
    monkeypatch.undo()
    if cut := list(own.changes(states=("begun",))):
        own.recover(cut[0].number)
    else:
        apply(own, file)
    assert senders(sandbox) == ["a2", "b2"]
    assert own.plan_rules(file).idle


def _fail_at(monkeypatch: pytest.MonkeyPatch, at: int) -> None:
    from gmailkit.client.client import Client
    from gmailkit.errors import Unreachable

    real, calls = Client.call, []

    def call(self: Client, method: str, **params: Any) -> Any:
        if method.endswith((".create", ".delete")):
            calls.append(method)
            if len(calls) == at + 1:
                raise Unreachable("The connection is lost.")
        return real(self, method, **params)

    monkeypatch.setattr(Client, "call", call)


def test_a_later_edit_after_a_recovery_keeps_old_filters_rather_than_guess(
    own: Gmail, sandbox: Sandbox, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.write_text(rule("A", 'match = "a"') + rule("B", 'match = "b"'))
    plan = own.plan_rules(file)
    _fail_at(monkeypatch, 1)
    with pytest.raises(GmailKitError):
        own.apply_rules(plan)
    monkeypatch.undo()
    apply(own, file)  # what was made is taken for the rules' own, and the rest is made
    file.write_text(rule("A", 'match = "a2"') + rule("B", 'match = "b2"'))
    apply(own, file)
    assert senders(sandbox) == ["a2", "b2"]


def test_a_filter_of_two_files_goes_when_neither_has_its_rule(own: Gmail, tmp_path: Path) -> None:
    files = [tmp_path / "a.toml", tmp_path / "b.toml"]
    both = '[[rule]]\nname = "both"\nmatch = "from:x"\nstar = true\n'
    other = '[[rule]]\nname = "other"\nmatch = "from:y"\nstar = true\n'
    for file in files:
        file.write_text(both)
        own.apply_rules(own.plan_rules(file))
    there = []
    for file in files:
        file.write_text(other)
        own.apply_rules(own.plan_rules(file))
        there.append([each.criteria.query for each in own.settings.filters.list()])
    assert there == [["from:x", "from:y"], ["from:y"]]
