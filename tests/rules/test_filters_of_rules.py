"""What filters a rule makes, and filters written as rules."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from gmailkit.query.asked import SAFE_LENGTH
from gmailkit.query.parse import parse
from gmailkit.query.tree import any_of
from gmailkit.rules.filters import MOST, MOST_FORWARDING, filters_of, in_order, key_of
from gmailkit.rules.nodes import implies, node_of, unseen
from gmailkit.rules.read import read_rules
from gmailkit.rules.rule import Action, Rule, contradictions, sort
from gmailkit.rules.write import write_rules

NAMES = {"Label_1": "Bills", "Label_2": 'Odd "name"', "Label_3": "Grüße/Ünder"}


def rule_of(text: str) -> Rule:
    (rule,) = read_rules(f'[[rule]]\nname = "A"\n{text}', source="r").all
    return rule


def test_several_labels_take_several_filters() -> None:
    first, second = filters_of(rule_of('match = "x"\nlabel = ["A", "B"]\narchive = true'))
    assert first.action == Action(add=("A",), remove=("INBOX",))
    assert second.action == Action(add=("B",))
    assert first.criteria == second.criteria == {"query": "x"}


def test_a_search_that_is_too_long_for_one_filter_is_parted() -> None:
    senders = [f"sender{number}@example{number}.com" for number in range(200)]
    rule = rule_of(f'match = "from:({" OR ".join(senders)})"\nlabel = "A"')
    filters = filters_of(rule)
    assert len(filters) > 3
    assert all(len(each.criteria["query"]) <= SAFE_LENGTH for each in filters)
    parted = any_of(parse(each.criteria["query"]) for each in filters)
    assert parted == rule.match


def test_what_no_filter_does_makes_none() -> None:
    assert filters_of(rule_of('match = "x"\nremove = "A"')) == ()


def test_what_filters_ignore_is_named() -> None:
    node = parse("from:a (is:unread OR newer_than:2d) -in:spam label:x has:userlabels filename:pdf")
    assert set(unseen(node)) == {"is:", "newer_than:", "in:", "label:", "has:userlabels"}
    assert unseen(parse("from:a has:attachment larger:5M category:social list:x")) == ()


def test_lists_of_people_are_read_as_alternatives_and_plain_names_as_one() -> None:
    many = node_of(rule_of('from = "a@x.com OR b@x.com"\nstar = true'))
    assert many == parse("from:a@x.com OR from:b@x.com")
    one = node_of(rule_of('from = "Ann Lee"\nstar = true'))
    assert one == parse('from:"Ann Lee"')
    to = node_of(rule_of('to = "ann"\nstar = true'))
    assert to == parse('to:"ann" OR cc:"ann" OR bcc:"ann"')


def test_a_search_with_more_parts_implies_the_one_with_fewer() -> None:
    assert implies(parse("from:a subject:b"), parse("from:a"))
    assert not implies(parse("from:a"), parse("from:a subject:b"))


def test_all_rules_act_at_once_and_taking_off_wins() -> None:
    label, archive = Action(add=("A", "INBOX")), Action(remove=("INBOX", "UNREAD"))
    assert sort({"INBOX", "UNREAD"}, [label, archive]) == {"A"}
    assert sort({"SPAM"}, [Action(remove=("SPAM",))]) == {"INBOX"}
    assert sort({"INBOX", "CATEGORY_SOCIAL"}, [Action(add=("CATEGORY_UPDATES",))]) == {
        *("INBOX", "CATEGORY_UPDATES")
    }
    assert sort({"INBOX"}, [Action(add=("TRASH", "A"))]) == {"TRASH", "A"}


def test_contradictions_are_named() -> None:
    assert contradictions(Action(add=("IMPORTANT",)), Action(remove=("IMPORTANT",)))
    assert contradictions(Action(add=("CATEGORY_SOCIAL",)), Action(add=("CATEGORY_FORUMS",)))
    assert contradictions(Action(add=("TRASH",)), Action(add=("A",)))
    assert not contradictions(Action(add=("A",)), Action(add=("B",), remove=("INBOX",)))


def filter_of(number: int, *, forward: bool = False) -> dict[str, Any]:
    action = {"forward": "a@example.com"} if forward else {"addLabelIds": ["STARRED"]}
    return {"id": f"f{number}", "criteria": {"from": f"a{number}"}, "action": action}


def test_new_filters_come_first_while_there_is_room() -> None:
    new, old = [filter_of(1), filter_of(2)], [filter_of(3), filter_of(4)]
    order = in_order(old, new, old)
    assert order is not None
    assert (order.steps, order.early) == ((0, 1, "f3", "f4"), 0)


def test_at_the_limit_just_enough_old_ones_go_first() -> None:
    present = [filter_of(number) for number in range(MOST - 1)]
    order = in_order(present, [filter_of(-1), filter_of(-2)], present[:2])
    assert order is not None
    assert (order.steps, order.early) == ((0, "f0", 1, "f1"), 1)
    assert in_order(present, [filter_of(-1), filter_of(-2)], []) is None


def test_filters_that_forward_have_a_limit_of_their_own() -> None:
    present = [filter_of(number, forward=True) for number in range(MOST_FORWARDING)]
    present.append(filter_of(99))
    order = in_order(present, [filter_of(-1, forward=True)], [present[-1], present[0]])
    assert order is not None
    assert (order.steps, order.early) == (("f0", 0, "f99"), 1)
    assert in_order(present, [filter_of(-1, forward=True)], [present[-1]]) is None


TEXTS = st.text("ab :(){}\"'-@.\n\t\\\x00\x7f é😀#=[]|OR*", max_size=20)
CRITERIA = st.fixed_dictionaries(
    {},
    optional={
        **dict.fromkeys(("from", "to", "subject", "query", "negatedQuery", "unknown"), TEXTS),
        "hasAttachment": st.booleans(),
        "excludeChats": st.booleans(),
        "size": st.integers(0, 2**31 - 1),
        "sizeComparison": st.sampled_from(["larger", "smaller", "unspecified", "equal"]),
    },
)
IDS = st.lists(
    st.sampled_from(
        [
            *("Label_1", "Label_2", "Label_3", "Label_gone", "INBOX", "UNREAD", "STARRED"),
            *("TRASH", "SPAM", "IMPORTANT", "CATEGORY_SOCIAL", "CATEGORY_FORUMS", "NEW"),
        ]
    ),
    unique=True,
    max_size=4,
)
ACTIONS = st.fixed_dictionaries(
    {"addLabelIds": IDS, "removeLabelIds": IDS},
    optional={"forward": st.sampled_from(["ann@example.com", "odd"]), "unknown": TEXTS},
)
FILTERS = st.builds(
    lambda criteria, action, more: {"id": "f", "criteria": criteria, "action": action, **more},
    CRITERIA,
    ACTIONS,
    st.fixed_dictionaries({}, optional={"unknown": st.dictionaries(TEXTS, TEXTS, max_size=2)}),
)


def is_one(found: dict[str, Any]) -> bool:
    """Gmail keeps no filter that says nothing, none that contradicts itself, one label at most."""
    action = found["action"]
    own = [id for id in action["addLabelIds"] if id in NAMES]
    both = set(action["addLabelIds"]) & set(action["removeLabelIds"])
    chats = {key for key, value in found["criteria"].items() if value} <= {"excludeChats"}
    empty = not any(action.values())
    return not (both or chats or empty) and len(own) < 2


@given(st.lists(FILTERS.filter(is_one), max_size=4))
def test_a_filter_written_as_a_rule_comes_to_the_same_filter(found: list[dict[str, Any]]) -> None:
    text, names = write_rules(found, name_of=NAMES.get)
    ids = {name: id for id, name in NAMES.items()}
    rules = read_rules(text, source="r").all
    assert [rule.name for rule in rules] == list(names)
    for rule, before in zip(rules, found, strict=True):
        (made,) = filters_of(rule)
        assert key_of(made.body(lambda name: ids.get(name, name))) == key_of(before), text
