"""How far a search reaches."""

from __future__ import annotations

from gmailkit.query.tree import And, In, Node, Or, Place

_REACHING = (Place.ANYWHERE, Place.SPAM, Place.TRASH)


def reaches_spam_and_trash(node: Node) -> bool:
    """Whether the query itself asks for Spam or Trash, which a search else leaves out.

    True for `in:anywhere`, `in:spam`, `in:trash` and `label:` with the last two.
    Open: whether a negated one (`-in:spam`) reaches too; here it does not, as it asks for less.
    """
    match node:
        case And(nodes) | Or(nodes):
            return any(map(reaches_spam_and_trash, nodes))
        case In(place):
            return place in _REACHING
        case _:
            return False
