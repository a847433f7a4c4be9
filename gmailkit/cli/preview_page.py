"""A message before it leaves, in the browser: as one page that loads and runs nothing."""

from __future__ import annotations

import tempfile
import webbrowser
from base64 import b64encode
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from gmailkit.cli import preview
from gmailkit.cli.state import State
from gmailkit.errors import CannotWrite

if TYPE_CHECKING:
    from gmailkit.gmail import Gmail
    from gmailkit.model.mail import Mail
    from gmailkit.model.outgoing import Outgoing

OTHER_TEXT = "Its text, which programs without HTML show, says something else:"
# No script, no picture but those it carries.
_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"

_STYLE = (
    "body{font:16px sans-serif;margin:1rem auto;max-width:60rem;padding:0 1rem}"
    "th{text-align:left;padding-right:1rem;vertical-align:top;color:#555}"
    "iframe{width:100%;height:70vh;border:1px solid #ccc}"
    "pre{white-space:pre-wrap;border:1px solid #ccc;padding:1rem}.notes{color:#a30}"
)


def open_page(state: State, gmail: Gmail, message: Outgoing) -> None:
    """The message in the browser, from a private file that stays until the system clears it."""
    try:
        with tempfile.NamedTemporaryFile(
            "w", encoding="utf-8", prefix="gmailkit-", suffix=".html", delete=False
        ) as file:
            file.write(page(gmail, message))
    except OSError as error:
        where = Path(tempfile.gettempdir())
        raise CannotWrite(f"Cannot write to {where}: {error.strerror}.", path=where) from error
    path = Path(file.name)
    if not webbrowser.open(path.as_uri()):
        state.out.say("There is no browser here.")
    state.out.say(f"The page is {path}")


def page(gmail: Gmail, message: Outgoing) -> str:
    """One HTML document without anything that is loaded or run."""
    mail = message.mail
    rows = "".join(
        f"<tr><th>{escape(name)}</th><td>{escape(value)}</td></tr>\n"
        for name, value in preview.headers(gmail, message)
    )
    notes = "".join(f"<li>{escape(each)}</li>\n" for each in message.warnings)
    files = "".join(f"<li>{escape(each)}</li>\n" for each in preview.attached(mail))
    return (
        '<!doctype html>\n<html><head><meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        f"<title>{escape(mail.subject or '(no subject)')}</title>\n<style>{_STYLE}</style></head>\n"
        f"<body><table>\n{rows}</table>\n"
        + (f"<ul class=notes>\n{notes}</ul>\n" if notes else "")
        + f"{_body(mail)}\n"
        + (f"<ul>\n{files}</ul>\n" if files else "")
        + "</body></html>\n"
    )


def _body(mail: Mail) -> str:
    """As most programs show it; and the text, where that says something else."""
    from gmailkit.mime.versions import said_by_html

    text = f"<pre>{escape(mail.text)}</pre>"
    if not mail.html:
        return text
    frame = f'<iframe sandbox="" srcdoc="{escape(_with_pictures(mail))}"></iframe>'
    return f"{frame}\n<p>{OTHER_TEXT}</p>\n{text}" if said_by_html(mail) else frame


def _with_pictures(mail: Mail) -> str:
    """The HTML with the pictures that the message carries in it."""
    html = mail.html
    for each in mail.attachments:
        if each.content_id:
            data = f"data:{each.content_type};base64,{b64encode(each.content).decode()}"
            html = html.replace(f"cid:{each.content_id}", data)
    return html
