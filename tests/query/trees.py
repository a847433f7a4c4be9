"""Trees of searches for hypothesis: of any text, and of what the sixty messages hold."""

from __future__ import annotations

from hypothesis import strategies as st

from gmailkit.query.tree import (
    After,
    Around,
    Before,
    Category,
    Field,
    Has,
    In,
    Is,
    Label,
    Larger,
    MessageIdIs,
    NewerThan,
    Node,
    OlderThan,
    Place,
    Smaller,
    State,
    Tab,
    Thing,
    Unit,
    Words,
    all_of,
    any_of,
    negate,
)
from gmailkit.query.words import split_words
from query.mailbox import MAILBOX

# What a user may write without quotes: no blank, bracket, bar or quotation mark; no sign first.
INSIDE = st.sampled_from("abcxyzABC019éßжאع京あ한🎉._-+@/#'%*:")
FIRST = st.sampled_from("abcxyzABC019éßжאع京あ한🎉")
bare = st.builds(lambda first, rest: first + "".join(rest), FIRST, st.lists(INSIDE, max_size=8))
plain = bare.filter(lambda text: ":" not in text and text not in ("AND", "OR", "AROUND"))
quoted = st.lists(bare, min_size=1, max_size=4).map(" ".join)
fields = st.sampled_from([field for field in Field if field])
numbers = st.integers(0, 999_999_999)
moments = st.dates() | st.sampled_from([0, 12345, 1388552400, 99_999_999_999])

leaves = st.one_of(
    st.builds(Words, plain),
    st.builds(Words, bare, fields),
    st.builds(Words, quoted, fields | st.just(Field.ANYWHERE), st.just(True)),
    st.builds(Around, quoted, quoted, numbers, st.booleans(), st.sampled_from(Field)),
    st.builds(MessageIdIs, bare | quoted),
    st.builds(After, moments),
    st.builds(Before, moments),
    st.builds(NewerThan, numbers, st.sampled_from(Unit)),
    st.builds(OlderThan, numbers, st.sampled_from(Unit)),
    st.builds(Larger, numbers),
    st.builds(Smaller, numbers),
    st.builds(Label, (bare | quoted).map(lambda name: f"x{name}")),  # never a system label
    st.builds(In, st.sampled_from(Place)),
    st.builds(Is, st.sampled_from(State)),
    st.builds(Category, st.sampled_from(Tab)),
    st.builds(Has, st.sampled_from(Thing)),
)


def joined(leaves: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    return st.recursive(
        leaves,
        lambda children: st.one_of(
            st.lists(children, min_size=2, max_size=4).map(all_of),
            st.lists(children, min_size=2, max_size=4).map(any_of),
            children.map(negate),
        ),
        max_leaves=12,
    )


trees = joined(leaves)

# What the mailbox holds, so that about half of the searches find something.
VOCABULARY = sorted(
    {
        word
        for each in MAILBOX.values()
        for text in (each.mail.subject, each.mail.text, str(each.mail.sender))
        for word in split_words(text)
        if word not in ("and", "or", "around")
    }
)
MESSAGE_IDS = [each.mail.message_id.strip("<>") for each in MAILBOX.values()]
LABELS = sorted({label for each in MAILBOX.values() for label in each.labels})
words = st.sampled_from(VOCABULARY)
phrases = st.lists(words, min_size=1, max_size=3).map(" ".join)
askable = joined(
    st.one_of(
        st.builds(Words, words, st.sampled_from(Field)),
        st.builds(Words, phrases, st.sampled_from(Field), st.just(True)),
        st.builds(Words, st.just("me"), st.sampled_from(Field)),
        st.builds(Around, words, words, st.integers(0, 9), st.booleans(), st.sampled_from(Field)),
        st.builds(MessageIdIs, st.sampled_from(MESSAGE_IDS)),
        st.builds(After, st.sampled_from([each.date for each in MAILBOX.values()]).map(int)),
        st.builds(Before, st.sampled_from([each.date for each in MAILBOX.values()]).map(int)),
        st.builds(NewerThan, st.integers(0, 40), st.sampled_from(Unit)),
        st.builds(OlderThan, st.integers(0, 40), st.sampled_from(Unit)),
        st.builds(Larger, st.sampled_from([each.size for each in MAILBOX.values()])),
        st.builds(Smaller, st.sampled_from([each.size for each in MAILBOX.values()])),
        st.builds(Label, st.sampled_from([*LABELS, "encryptedmail"])),
        st.builds(In, st.sampled_from(Place)),
        st.builds(Is, st.sampled_from(State)),
        st.builds(Category, st.sampled_from(Tab)),
        st.builds(Has, st.sampled_from(Thing)),
    )
)
