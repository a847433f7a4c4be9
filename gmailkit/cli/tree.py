"""The names of all commands and where each one lives; a command is loaded on first touch."""

from __future__ import annotations

import importlib
from typing import Annotated, Any

import typer

from gmailkit.cli.command import Blueprint, Group, describe
from gmailkit.cli.shared import shared_options
from gmailkit.cli.state import State
from gmailkit.errors import UsageError

SECTIONS: dict[str, dict[str, str]] = {
    "Mail": {
        "send": "send_cmd",
        "reply": "reply_cmd",
        "reply-all": "reply_cmd",
        "forward": "forward_cmd",
        "drafts": "drafts_cmd",
        "merge": "merge_cmd",
        "sent": "sent_cmd",
        "outbox": "outbox_cmd",
        "smtp": "smtp_cmd",
        "search": "search_cmd",
        "query": "query_cmd",
        "show": "show_cmd",
        "thread": "thread_cmd",
        "wait": "wait_cmd",
        "watch": "watch_cmd",
        "attachments": "attachments_cmd",
        "label": "label_cmd",
        "labels": "labels_cmd",
        **dict.fromkeys(
            ("archive", "trash", "untrash", "read", "unread", "star", "unstar", "important"),
            "verbs_cmd",
        ),
        **dict.fromkeys(("unimportant", "spam", "unspam", "move", "sweep"), "verbs_cmd"),
        "rules": "rules_cmd",
        "lists": "lists_cmd",
        "stats": "stats_cmd",
        "unsubscribe": "unsubscribe_cmd",
        "offload": "offload_cmd",
        "delete": "delete_cmd",
        "undo": "journal_cmd",
        "journal": "journal_cmd",
    },
    "Settings": {"settings": "settings.command"},
    "Backup": {
        "backup": "backup_cmd",
        "verify": "verify_cmd",
        "repair": "repair_cmd",
        "compact": "compact_cmd",
        "restore": "restore_cmd",
        "export": "export_cmd",
    },
    "Stores": {
        "ls": "ls_cmd",
        "copy": "copy_cmd",
        "migrate": "migrate_cmd",
        "password": "password_cmd",
    },
    "Accounts": {
        "login": "login_cmd",
        "logout": "logout_cmd",
        "accounts": "accounts_cmd",
        "whoami": "whoami_cmd",
        "doctor": "doctor_cmd",
        "quota": "quota_cmd",
    },
    "Programs": {"api": "api_cmd"},
    "Practice": {"sandbox": "sandbox_cmd", "smtp-sink": "smtp_sink_cmd"},
    "About": {"version": "version_cmd"},
}
HOMES = {name: home for section in SECTIONS.values() for name, home in section.items()}

SHORT_HELP = """\
Gmail on the command line: send, search, label and back up mail, and practise offline.

Usage: gmailkit [OPTIONS] COMMAND [ARGS]...

  gmailkit --sandbox search is:unread     try it on a practice mailbox, no account needed
  gmailkit login                          sign in to your own Gmail
  gmailkit search 'from:ann newer_than:30d'
  gmailkit send ann@example.com -s Hello --body 'See you at noon.'
  gmailkit backup mail.backup

All commands: gmailkit --help. About one: gmailkit COMMAND -h.
"""


class Root(Group):
    def _unknown(self, ctx: Any, name: str) -> UsageError:
        if name == "reset":
            return UsageError(
                "There is no command 'reset' here.", hint="Did you mean gmailkit sandbox reset?"
            )
        return super()._unknown(ctx, name)

    def list_commands(self, ctx: Any) -> list[str]:
        return list(HOMES)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name in HOMES:
            self.add_part(blueprint(cmd_name))
        return super().get_command(ctx, cmd_name)

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        return ["[OPTIONS]", "COMMAND", "[ARGS]..."]

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        for section, names in SECTIONS.items():
            with formatter.section(section):
                formatter.write_dl([(name, blueprint(name).summary) for name in names])

    def format_common(self, ctx: Any, formatter: Any) -> None:
        with formatter.section("Options of every command"):
            options = [describe(option) for option in shared_options(taken=set())]
            formatter.write_dl([("-h, --help", "Show help, also of one command."), *options])


def blueprint(name: str) -> Blueprint:
    """The command of that name, not yet built."""
    home = importlib.import_module(f"gmailkit.cli.{HOMES[name]}")
    found: Blueprint = getattr(home, name.replace("-", "_"))
    return found


def root() -> Root:
    """The whole command line."""
    app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False)
    settings = {"help_option_names": ["-h", "--help"], "max_content_width": 100}
    app.callback(cls=Root, invoke_without_command=True, context_settings=settings)(gmailkit)
    built = typer.main.get_command(app)
    assert isinstance(built, Root)  # noqa: S101 - for the type checker
    return built


def _version(wanted: bool) -> None:
    if wanted:
        from gmailkit import __version__

        typer.echo(f"gmailkit {__version__}")
        raise typer.Exit


def gmailkit(
    ctx: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", "-V", help="Print the version.", callback=_version)
    ] = False,
) -> None:
    """Gmail on the command line: send, search, label and back up mail, and practise offline.

    Examples:
      gmailkit --sandbox search is:unread
      gmailkit login
      gmailkit backup mail.backup --label Receipts

    About one command: gmailkit COMMAND -h
    """
    if ctx.invoked_subcommand is None and not version:
        State.of(ctx).out.line(SHORT_HELP.rstrip())
