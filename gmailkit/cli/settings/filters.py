"""`gmailkit settings filters`."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from gmailkit.cli.command import command, group
from gmailkit.cli.plan import DryRun, Yes
from gmailkit.cli.settings.change import change, show_all
from gmailkit.cli.state import State
from gmailkit.errors import UsageError

Category = Literal["primary", "social", "promotions", "updates", "forums"]
Names = list[str] | None
From = typer.Option("--from", metavar="WHO", help="From this address, name or domain.")
To = typer.Option("--to", metavar="WHO", help="To it: To, Cc and Bcc.")
Subject = typer.Option("--subject", "-s", metavar="TEXT", help="With these words as the subject.")
Query = typer.Option("--query", metavar="QUERY", help="That this search finds.")
Not = typer.Option("--not", metavar="QUERY", help="And that this search does not find.")
Attached = typer.Option("--has-attachment", help="With something attached.")
Larger = typer.Option("--larger", metavar="SIZE", help="Of more bytes: 500000, 500K, 10M.")
Smaller = typer.Option("--smaller", metavar="SIZE", help="Of fewer bytes.")
Add = typer.Option("--add-label", metavar="LABEL", help="Add a label; one of your own at most.")
Remove = typer.Option("--remove-label", metavar="LABEL", help="Remove one; may be repeated.")
Archive = typer.Option("--archive", help="Skip the inbox.")
Read = typer.Option("--read", help="Mark as read.")
Star = typer.Option("--star", help="Star it.")
Important = typer.Option("--important", help="Always mark it as important.")
NeverImportant = typer.Option("--never-important", help="Never mark it as important.")
Trash = typer.Option("--trash", help="Delete it.")
NeverSpam = typer.Option("--never-spam", help="Never send it to Spam.")
CategoryOption = typer.Option(
    "--category", metavar="NAME", help="primary, social, promotions, updates or forums."
)
Forward = typer.Option("--forward", metavar="ADDRESS", help="Forward it; see settings forwarding.")
Create = typer.Option("--create", help="Make the label of --add-label if there is none.")


@command
def _list(ctx: typer.Context) -> None:
    """List the filters: id, which mail, what is done.

    Examples:
      gmailkit settings filters list
      gmailkit settings filters list --json

    Needs: gmail.readonly (any login but --for send).
    """
    _show_them(State.of(ctx))


@command
def _create(
    ctx: typer.Context,
    sender: Annotated[str, From] = "",
    to: Annotated[str, To] = "",
    subject: Annotated[str, Subject] = "",
    query: Annotated[str, Query] = "",
    without: Annotated[str, Not] = "",
    has_attachment: Annotated[bool, Attached] = False,
    larger: Annotated[str | None, Larger] = None,
    smaller: Annotated[str | None, Smaller] = None,
    add_label: Annotated[Names, Add] = None,
    remove_label: Annotated[Names, Remove] = None,
    archive: Annotated[bool, Archive] = False,
    read: Annotated[bool, Read] = False,
    star: Annotated[bool, Star] = False,
    important: Annotated[bool, Important] = False,
    never_important: Annotated[bool, NeverImportant] = False,
    trash: Annotated[bool, Trash] = False,
    never_spam: Annotated[bool, NeverSpam] = False,
    category: Annotated[Category | None, CategoryOption] = None,
    forward: Annotated[str, Forward] = "",
    create: Annotated[bool, Create] = False,
    yes: Yes = False,
    dry_run: DryRun = False,
) -> None:
    """Make a filter for mail to come.

    All that is said about the mail must hold. Mail that is there already stays as it is: change it
    with gmailkit label.

    Examples:
      gmailkit settings filters create --from ci@example.com --add-label CI --archive --create
      gmailkit settings filters create --query 'list:news' --larger 5M --read --dry-run

    Needs: gmail.settings.basic (gmailkit login --for settings; --create needs --for restore).
    """
    from gmailkit.model.filter import FilterCriteria

    size, comparison = _size(larger, smaller)
    criteria = FilterCriteria(
        from_=sender,
        to=to,
        subject=subject,
        query=query,
        negated_query=without,
        has_attachment=has_attachment,
        size=size,
        size_comparison=comparison,
    )
    adding = {"STARRED": star, "IMPORTANT": important, "TRASH": trash}
    removing = {"INBOX": archive, "UNREAD": read, "IMPORTANT": never_important, "SPAM": never_spam}
    add = [*(add_label or ()), *(name for name, wanted in adding.items() if wanted)]
    if category:
        add.append(f"CATEGORY_{'PERSONAL' if category == 'primary' else category.upper()}")
    remove = [*(remove_label or ()), *(name for name, wanted in removing.items() if wanted)]
    change(
        State.of(ctx),
        lambda of: of.filters.create(
            criteria, add=add, remove=remove, forward=forward, create=create
        ),
        yes=yes,
        dry_run=dry_run,
    )


@command
def _delete(
    ctx: typer.Context,
    id: Annotated[str, typer.Argument(metavar="ID", help="The id, as the list shows it.")],
    yes: Yes = False,
    dry_run: DryRun = False,
) -> None:
    """Delete a filter; what it did stays.

    Examples:
      gmailkit settings filters delete ANe1BmhExample
      gmailkit settings filters delete ANe1BmhExample --yes

    Needs: gmail.settings.basic (gmailkit login --for settings).
    """
    change(State.of(ctx), lambda of: of.filters.delete(id), yes=yes, dry_run=dry_run)


@group(_list, _create, _delete)
def filters(ctx: typer.Context) -> None:
    """List the filters, make and delete them.

    Examples:
      gmailkit settings filters
      gmailkit settings filters create --from ci@example.com --archive
      gmailkit settings filters delete ANe1BmhExample

    Needs: gmail.readonly (any login but --for send).
    """
    if ctx.invoked_subcommand is None:
        _show_them(State.of(ctx))


def _show_them(state: State) -> None:
    from gmailkit.cli.settings import views

    found = [
        {
            **views.filter_rule(each),
            "which": each.criteria.words,
            "does": views.action_words(each),
        }
        for each in state.gmail().preferences.filters.list()
    ]
    show_all(state, found, ("id", "which", "does"), none="There are no filters.")


def _size(
    larger: str | None, smaller: str | None
) -> tuple[int, Literal["larger", "smaller"] | None]:
    from gmailkit.query.values import Value, size

    if larger and smaller:
        raise UsageError("A filter takes one size.", hint="Give --larger or --smaller.")
    if larger:
        return size(Value("larger", larger, f"larger:{larger}", len("larger:"))), "larger"
    if smaller:
        return size(Value("smaller", smaller, f"smaller:{smaller}", len("smaller:"))), "smaller"
    return 0, None
