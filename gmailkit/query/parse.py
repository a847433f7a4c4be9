"""Query text to tree, refusing what Gmail would silently answer with nothing.

Grammar, tightest first: a minus sign negates the term or group glued to it; `AROUND n` joins two
words; `OR`, the bar and braces join alternatives; blanks and `AND` join what must all hold. An
operator before a group counts for each word in it.

Open: that `OR` binds tighter than a blank (`a b OR c` is `a (b OR c)`) is how Google's web search
reads it; Gmail's page does not say. `advice` asks for brackets there.
"""

from __future__ import annotations

from typing import assert_never

import msgspec

from gmailkit.errors import QueryError
from gmailkit.query import around, operators
from gmailkit.query.tokens import Kind, Token, tokenize
from gmailkit.query.tree import Everything, Node, all_of, any_of, negate
from gmailkit.query.values import Value, shorten

MAX_LENGTH = 100_000  # characters; far more than Gmail takes at once (`split`)
MAX_DEPTH = 50  # brackets in brackets
_CLOSING = {"(": ")", "{": "}"}


class Reading(msgspec.Struct, frozen=True):
    """A tree with what it was read from; `mixed`: `OR` and a blank stand in one group."""

    node: Node
    tokens: tuple[Token, ...]
    mixed: bool


def parse(text: str) -> Node:
    """The tree of a Gmail search; blank text asks for everything.

    Raises QueryError, with the 0-based position and what to write instead, for unknown operators
    and values, unbalanced quotes and brackets, dangling `OR`, and for queries of more than
    MAX_LENGTH characters or MAX_DEPTH nested brackets.
    """
    return read(text).node


def read(text: str) -> Reading:
    """What `parse` gives and `advice` needs besides. Raises QueryError as `parse` does."""
    if len(text) > MAX_LENGTH:
        raise QueryError(
            f"The query has {len(text):,} characters; more than {MAX_LENGTH:,} are not asked.",
            query=text,
            position=MAX_LENGTH,
            hint="Split it into several searches and join what they find.",
        )
    return _Parser(text).parse()


class _Group(msgspec.Struct):
    """What is being read between two brackets (or, outermost, from end to end).

    A term that Gmail ignores stands as None until the group is closed: `a OR $` has two sides.
    """

    opener: Token | None = None
    operator: str = ""
    negated: bool = False
    alternatives: list[list[Node | None]] = msgspec.field(default_factory=list)
    joiner: Token | None = None  # the AND or OR just read

    @property
    def braces(self) -> bool:
        return self.opener is not None and self.opener.text == "{"

    def add(self, node: Node | None) -> None:
        if self.joiner is not None and self.joiner.kind is Kind.OR:
            self.alternatives[-1].append(node)
        else:
            self.alternatives.append([node])
        self.joiner = None

    @property
    def mixed(self) -> bool:
        alternatives = self.alternatives
        return not self.braces and len(alternatives) > 1 and any(len(a) > 1 for a in alternatives)

    def node(self) -> Node | None:
        kept = [[node for node in nodes if node is not None] for nodes in self.alternatives]
        parts = [any_of(nodes) for nodes in kept if nodes]
        if not parts:
            return None
        whole = any_of(parts) if self.braces else all_of(parts)
        return negate(whole) if self.negated else whole


class _Parser:
    """Keeps its own stack of groups, so depth costs no recursion."""

    def __init__(self, query: str) -> None:
        self.query = query
        self.tokens = list(tokenize(query))
        self.index = 0
        self.negated = False  # the term that comes next
        self.groups = [_Group()]
        self.mixed = False

    def parse(self) -> Reading:
        while token := self.peek():
            self.index += 1
            self.take(token)
        group = self.groups[-1]
        if group.opener:
            bracket = group.opener.text
            raise self.error(
                group.opener, f"{bracket} is never closed.", f"Add {_CLOSING[bracket]}."
            )
        node = self.finished(group) or Everything()
        return Reading(node, tuple(self.tokens), self.mixed)

    def peek(self, ahead: int = 0) -> Token | None:
        index = self.index + ahead
        return self.tokens[index] if index < len(self.tokens) else None

    def take(self, token: Token) -> None:
        match token.kind:
            case Kind.MINUS:
                self.negated = True
            case Kind.OPEN:
                self.open(token, self.groups[-1].operator)
            case Kind.CLOSE:
                self.close(token)
            case Kind.AND | Kind.OR:
                self.join(token)
            case Kind.OPERATOR:
                self.operator(token)
            case Kind.WORD | Kind.QUOTED:
                self.text(token)
            case Kind.AROUND:
                raise self.misplaced(token)
            case _:
                assert_never(token.kind)

    def error(self, token: Token, message: str, hint: str) -> QueryError:
        return QueryError(message, query=self.query, position=token.position, hint=hint)

    def add(self, node: Node | None) -> None:
        negated, self.negated = self.negated, False
        self.groups[-1].add(negate(node) if node is not None and negated else node)

    def open(self, token: Token, operator: str) -> None:
        if len(self.groups) > MAX_DEPTH:
            raise self.error(
                token,
                f"Brackets stand in brackets more than {MAX_DEPTH} deep.",
                "Leave out those that join nothing.",
            )
        self.groups.append(_Group(token, operator, self.negated))
        self.negated = False

    def close(self, token: Token) -> None:
        opener = self.groups[-1].opener
        if opener is None:
            raise self.error(
                token, f"{token.text} closes nothing.", "Leave it out, or put it in quotes."
            )
        if token.text != _CLOSING[opener.text]:
            raise self.error(
                token,
                f"{token.text} stands where {opener.text} is still open.",
                f"Put {_CLOSING[opener.text]} first.",
            )
        node = self.finished(self.groups.pop())
        self.groups[-1].add(node)

    def finished(self, group: _Group) -> Node | None:
        if group.joiner:
            raise self.dangling(group.joiner)
        self.mixed = self.mixed or group.mixed
        return group.node()

    def join(self, token: Token) -> None:
        group = self.groups[-1]
        if not group.alternatives or group.joiner:
            raise self.dangling(token)
        if token.kind is Kind.AND and group.braces:
            raise self.error(
                token,
                "AND stands between braces, which mean OR.",
                "Put what belongs together in round brackets: {a (b c)}.",
            )
        group.joiner = token

    def dangling(self, joiner: Token) -> QueryError:
        return self.error(
            joiner,
            f"{joiner.text} needs a term on both sides.",
            f'For the word itself write "{joiner.text}".',
        )

    def operator(self, token: Token) -> None:
        name = token.text.casefold()
        if name not in operators.OPERATORS:
            raise operators.unknown(token.text, self.query, token.position)
        if outer := self.groups[-1].operator:
            raise self.error(
                token,
                f"{name}: stands in a group that belongs to {outer}:.",
                "Close that group first, or put the text in quotes.",
            )
        value = self.peek()
        if value is None or value.kind not in (Kind.OPEN, Kind.WORD, Kind.QUOTED):
            self.add(None)
            return
        self.index += 1
        if value.kind is Kind.OPEN:
            self.open(value, name)
        else:
            self.add(self.term(name, value))

    def text(self, token: Token) -> None:
        if self.negated and token.text.startswith("-") and token.kind is Kind.WORD:
            raise self.error(
                token,
                "Two minus signs stand together.",
                f'Write one, or quote: "-{shorten(token.text)}".',
            )
        following = self.peek()
        if following is not None and following.kind is Kind.AROUND:
            self.add(self.around(token, following))
        else:
            self.add(self.term(self.groups[-1].operator, token))

    def term(self, operator: str, token: Token) -> Node | None:
        value = Value(operator, token.text, self.query, token.position, token.exact)
        near = around.ordered(value) if token.kind is Kind.QUOTED else None
        return near or operators.build(value)

    def around(self, left: Token, keyword: Token) -> Node:
        """Takes the keyword, the number and the other word."""
        distance, right = self.peek(1), self.peek(2)
        if distance is None or right is None or right.kind not in (Kind.WORD, Kind.QUOTED):
            raise self.misplaced(keyword)
        if self.negated:
            raise self.error(
                keyword,
                "The minus sign stands before one word of an AROUND.",
                f"Put brackets round the pair: -({shorten(left.text)} AROUND ...).",
            )
        self.index += 3
        operator = self.groups[-1].operator
        value = Value(operator, left.text, self.query, keyword.position)
        return around.between(value, distance.text, right.text)

    def misplaced(self, keyword: Token) -> QueryError:
        return self.error(keyword, "AROUND must stand between two words.", around.HINT)
