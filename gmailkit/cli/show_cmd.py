"""`gmailkit show`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from gmailkit.cli import screen, views
from gmailkit.cli.choose import is_conversation, message_id, thread_id
from gmailkit.cli.command import command
from gmailkit.cli.preview import other_html
from gmailkit.cli.state import State
from gmailkit.cli.within import Within, located, mailbox
from gmailkit.errors import UsageError
from gmailkit.zones import local

if TYPE_CHECKING:
    from gmailkit.cli.choose import Mailbox
    from gmailkit.cli.emit import Output
    from gmailkit.mime.readable import Readable
    from gmailkit.model.mail import Mail

MOST_HOSTS = 5  # of tracking pixels, that are named


@command
def show(
    ctx: typer.Context,
    message: Annotated[
        str, typer.Argument(metavar="ID", help="A message id, or a row of the last search.")
    ],
    thread: Annotated[
        bool, typer.Option("--thread", help="The whole conversation, oldest first.")
    ] = False,
    whole: Annotated[bool, typer.Option("--all", help="Quoted text too.")] = False,
    raw: Annotated[
        bool, typer.Option("--raw", help="The exact bytes of the message (RFC 5322).")
    ] = False,
    *,
    within: Within,
) -> None:
    """Show a message: headers, text and what is attached.

    HTML becomes clean text: links are numbered, tracking pixels are named and never loaded, and
    quoted text is folded away. Reading does not mark it as read.

    Examples:
      gmailkit show 3
      gmailkit show 3 --raw > message.eml
      gmailkit show 3 --in mail.backup

    Needs: gmail.readonly (gmailkit login --for read); with --in nothing, it works offline.
    """
    state = State.of(ctx)
    located(state, within)
    if raw and is_conversation(state, message):
        raise UsageError(
            f"Row {message} is a conversation, and --raw writes one message as it is.",
            hint="List messages first: gmailkit search QUERY",
        )
    thread = thread or is_conversation(state, message)
    if raw and (thread or whole):
        raise UsageError(
            "--raw writes one message as it is.", hint="Leave out --thread and --all, or --raw."
        )
    source, _ = mailbox(state, within)
    if thread:
        _show_thread(state.out, source, thread_id(state, source, message), whole=whole)
        return
    id = message_id(state, source, message)
    if raw:
        with source.content(id) as content:
            state.out.raw(content)
    elif state.out.json:
        mail = source.read(id)
        state.out.document({**views.mail(id, mail), **views.event(mail)})
    else:
        mail = source.read(id)
        print_mail(state.out, mail, _clean(mail, whole=whole))


def _show_thread(out: Output, source: Mailbox, thread: str, *, whole: bool) -> None:
    for number, letter in enumerate(source.read_conversation(thread), start=1):
        if out.json:
            out.record({**views.mail(letter.id, letter.mail), **views.event(letter.mail)})
            continue
        if number > 1:
            out.line("")
        draft = ", a draft" if "DRAFT" in letter.labels else ""
        out.line(out.style(f"---- {number}: {letter.id}{draft} ----", "dim"))
        print_mail(out, letter.mail, _clean(letter.mail, whole=whole))


def _clean(mail: Mail, *, whole: bool) -> Readable:
    from gmailkit.mime.readable import readable

    return readable(mail, fold=None if whole else _folded)


def _folded(lines: int) -> str:
    them = "it" if lines == 1 else "them"
    return f"[{screen.count_text(lines, 'quoted line')}; --all shows {them}]"


def _left_out(pixels: tuple[str, ...]) -> str:
    hosts = list(dict.fromkeys(pixels))
    more = f" and {len(hosts) - MOST_HOSTS} others" if len(hosts) > MOST_HOSTS else ""
    named = screen.visible(", ".join(hosts[:MOST_HOSTS]))
    return f"[{screen.count_text(len(pixels), 'tracking pixel')} of {named}{more} left out]"


def print_mail(out: Output, mail: Mail, body: Readable) -> None:
    """A message for a person: headers, text and what is attached."""
    for name, value in (*_headers(mail), *_event(mail)):
        out.line(f"{out.style(name + ':', 'bold')} {screen.visible(value)}")
    out.line("")
    out.line(screen.visible_text(body.whole).rstrip("\n"))
    if body.pixels:
        out.line("\n" + out.style(_left_out(body.pixels), "dim"))
    if mail.attachments:
        out.line(f"\n{out.style('Attachments:', 'bold')}")
    for each in mail.attachments:
        name = screen.visible(each.filename or "(no name)")
        kind = screen.visible(each.content_type)
        out.line(f"  {name}  {kind}  {screen.bytes_text(each.size)}")


def print_leaving(out: Output, mail: Mail) -> None:
    """The same for one that has not left yet: what each reader would see of it."""
    from gmailkit.mime.readable import readable

    print_mail(out, mail, readable(mail))
    for line in other_html(mail):
        out.line(line)


def _headers(mail: Mail) -> list[tuple[str, str]]:
    facts = [
        ("From", str(mail.sender or "")),
        ("To", ", ".join(map(str, mail.to))),
        ("Cc", ", ".join(map(str, mail.cc))),
        ("Bcc", ", ".join(map(str, mail.bcc))),
        ("Reply-To", ", ".join(map(str, mail.reply_to))),
        ("Date", local(mail.date).strftime("%a, %d %b %Y %H:%M %z") if mail.date else ""),
        ("Subject", mail.subject),
    ]
    return [(name, value) for name, value in facts if value]


def _event(mail: Mail) -> list[tuple[str, str]]:
    """What it invites to, and the uid that changes it or calls it off."""
    from gmailkit.mime.event import event_of

    event = event_of(mail)
    if event is None:
        return []
    off = ", called off" if event.cancelled else ""
    place = [("Where", event.where)] if event.where else []
    return [("When", f"{event.when}{off}"), *place, ("Event", event.uid)]
