"""A draft through the person's editor, or an edited form from a file, back into Gmail."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from gmailkit.cli import body
from gmailkit.cli.ask import can_ask, confirm
from gmailkit.cli.draft_form import Form, read_form, write_form
from gmailkit.cli.editor import can_edit, edited
from gmailkit.cli.outbox_view import when_text
from gmailkit.cli.state import State, Stop
from gmailkit.errors import UsageError, to_type

if TYPE_CHECKING:
    from gmailkit.gmail import Gmail
    from gmailkit.model.mail import Mail
    from gmailkit.record.ledger import Entry
    from gmailkit.services.sending.drafting import OpenDraft

GO_ON_SENDING = Stop("run the same command to go on; nothing is sent twice")


def form_of(
    gmail: Gmail, draft: OpenDraft, *, html: bool = False, waits: Entry | None = None
) -> str:
    """What the person edits: the text, made from the HTML where there is none."""
    mail = draft.mail
    notes = [f"Draft {draft.id} of {gmail.address}. Lines with # up here are not part of it."]
    if mail.html and not html:
        notes.append("It is formatted (HTML); a changed text loses that. --html edits the HTML.")
    if waits:
        notes.append(f"It {when_text(waits)}.")
    return write_form(mail, mail.html if html else _text(mail), notes=notes)


def edit(
    state: State,
    gmail: Gmail,
    draft: OpenDraft,
    *,
    form: str | None,
    html: bool,
    dry_run: bool,
    yes: bool,
) -> bool:
    """Whether it was changed. What was written is kept in a file when anything fails.

    What cannot be edited now is said before an editor opens.
    """
    from gmailkit.cli.rows import Kind, Rows

    waits = gmail.outbox.check_editable(draft.id)
    before = form_of(gmail, draft, html=html, waits=waits)
    if form is None and not can_edit(state):
        raise UsageError(
            "There is no editor to open here.",
            hint="On a terminal set EDITOR; in a script: gmailkit drafts edit ID --form FILE.",
        )

    def go_on(path: Path) -> str:
        return to_type("drafts", "edit", draft.id, "--form", str(path))

    with (
        nullcontext(_given(state, form))
        if form is not None
        else edited(state, before, name=f"draft {draft.id}", go_on=go_on)
    ) as text:
        changed = _changed(state, draft.mail, read_form(text), before, html=html, yes=yes)
        if changed is None:
            state.out.say("Nothing was changed.")
            return False
        if dry_run:
            state.out.line(write_form(changed, changed.html if html else changed.text).rstrip("\n"))
            state.out.say("Dry run: nothing was changed.")
            return False
        made = gmail.replace_draft(draft, changed)
    if made.message:
        Rows.here(state, Kind.DRAFTS).rename(draft.message_id, made.message.id)
    return True


def _given(state: State, form: str) -> str:
    return body.text(state, None, Path(form)) or ""


def _changed(
    state: State, mail: Mail, form: Form, before: str, *, html: bool, yes: bool
) -> Mail | None:
    """The mail as the form says; None when that is what it was."""
    old = read_form(before)
    if form == old:
        return None
    mail = form.put_into(mail, before=old)
    if form.body == old.body:
        return mail
    if html:
        return replace(mail, html=f"{form.body}\n", text=_from_html(form.body))
    text = f"{form.body}\n" if form.body else ""
    if not mail.html:
        return replace(mail, text=text)
    if not _is_bare(mail):
        if can_ask(state) or yes:
            state.out.before_asking("The draft is formatted (HTML); as changed text it loses that.")
        confirm(state, "Lose the formatting of the draft?", yes=yes)
    return replace(mail, text=text, html=_as_html(text))


def _is_bare(mail: Mail) -> bool:
    """Whether the HTML says no more than its text: what Gmail's page makes of plain words."""
    from gmailkit.mime.markup import Tag, read_markup

    bare = {"html", "head", "body", "div", "br", "p", "meta"}
    tags = (item for item in read_markup(mail.html) if isinstance(item, Tag))
    return all(tag.name in bare for tag in tags)


def _text(mail: Mail) -> str:
    return mail.text if mail.text.strip() or not mail.html else _from_html(mail.html)


def _from_html(html: str) -> str:
    from gmailkit.mime.html import html_to_text

    return html_to_text(html)


def _as_html(text: str) -> str:
    from gmailkit.compose.quote import as_html

    return as_html(text)
