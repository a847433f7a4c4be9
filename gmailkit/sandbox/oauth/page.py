"""The pages a person sees while signing in: plain HTML, no script."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape

from gmailkit.sandbox.scopes import PLAIN_WORDS, split
from gmailkit.sandbox.state.users import User

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width">
<style>
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 34rem; margin: 3rem auto;
  padding: 0 1rem }}
label {{ display: block; margin: .4rem 0 }} small {{ color: #666 }}
table {{ border-collapse: collapse; width: 100% }}
td, th {{ text-align: left; padding: .1rem .8rem .1rem 0 }}
td + td, th + th {{ text-align: right }}
button {{ font: inherit; padding: .4rem 1.4rem; margin-right: .6rem }}
</style></head><body><h1>{title}</h1>
{content}
</body></html>
"""


def whole(title: str, content: str) -> str:
    """A page; `content` is HTML."""
    return _PAGE.format(title=escape(title), content=content)


def consent(
    said: Mapping[str, str], users: Iterable[User], hinted: User | None, boxes: Iterable[str]
) -> str:
    """Who signs in, what is granted, Allow or Deny. Boxes start unticked, as Google's may."""
    boxes = tuple(boxes)
    carried = "".join(
        f'<input type="hidden" name="q.{escape(name)}" value="{escape(value)}">\n'
        for name, value in said.items()
    )
    chosen = hinted or next(iter(users), None)
    content = (
        "<p>This is a sandbox: nothing here is Google's, and no mail leaves this machine.</p>\n"
        f'<form method="post" action="/o/oauth2/v2/auth">\n{carried}'
        f"<h2>Choose an account</h2>\n{''.join(_user(user, user == chosen) for user in users)}"
        f"<h2>The app wants to</h2>\n{_wishes(said, boxes)}"
        '<p><button name="answer" value="allow">Allow</button>'
        '<button name="answer" value="deny">Deny</button></p>\n</form>'
    )
    return whole("Sign in to the Gmail sandbox", content)


def error(name: str, description: str) -> str:
    content = f"<p>{escape(description)}</p>\n<p><small>Error: {escape(name)}</small></p>"
    return whole("Access blocked", content)


def _user(user: User, chosen: bool) -> str:
    mark = " checked" if chosen else ""
    return (
        f'<label><input type="radio" name="user" value="{escape(user.address)}"{mark}> '
        f"{escape(user.name)} <small>{escape(user.address)}</small></label>\n"
    )


def _wishes(said: Mapping[str, str], boxes: tuple[str, ...]) -> str:
    lines = []
    for scope in split(said.get("scope", "")):
        words = f"{escape(PLAIN_WORDS.get(scope, scope))} <small>{escape(scope)}</small>"
        if scope in boxes:
            box = f'<input type="checkbox" name="s.{escape(scope)}" value="on"> '
            lines.append(f"<label>{box}{words}</label>\n")
        else:
            lines.append(f"<p>{words}</p>\n")
    return "".join(lines)
