"""A line for every command that gets it far on a small mailbox."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from gmailkit.cli.tree import root

FORM = Path(__file__).parent / "drafts" / "edited.txt"
MERGE = Path(__file__).parent / "merge_files"
RULES = ["--file", str(Path(__file__).parent / "rule_files" / "rules.toml")]
LABELS = Path(__file__).parent / "merge_files" / "labels.toml"
LOOKING = (
    *("", "vacation", "vacation show", "forwarding", "forwarding list", "send-as", "send-as list"),
    *("signature", "signature show", "filters", "filters list", "delegates", "delegates list"),
    *("language", "language show", "imap", "imap show", "pop", "pop show"),
)
VERBS = (
    *("archive", "trash", "untrash", "read", "unread", "star", "unstar", "important"),
    *("unimportant", "spam", "unspam"),
)
# ID is a message, DRAFT a draft, FOLDER a place for a backup; commands that are not here are called
# by name alone.
LINES: dict[tuple[str, ...], list[str]] = {
    ("search",): ["is:unread"],
    ("show",): ["ID"],
    ("thread",): ["ID"],
    ("wait",): ["subject:lunch", "--since", "9d", "--timeout", "0s"],
    ("watch",): ["subject:lunch", "--since", "9d", "--once"],
    **{("watch", part): ["nowhere"] for part in ("dead", "retry", "forget")},
    ("attachments",): ["in:anywhere", "--to", "FOLDER"],
    ("backup",): ["FOLDER"],
    ("backup", "status"): ["FOLDER"],
    ("backup", "schedule"): ["FOLDER"],
    ("backup", "keys"): ["FOLDER"],
    ("verify",): ["FOLDER"],
    ("repair",): ["FOLDER", "--yes"],
    ("compact",): ["FOLDER", "--to", "/dev/null/new", "--yes"],
    ("restore",): ["FOLDER", "--mark", "Back", "--yes"],
    ("copy",): ["FOLDER", "gmail:", "--mark", "Came", "--yes"],
    ("export",): ["FOLDER", "/dev/null", "--to", "mbox"],
    ("stats",): ["is:unread", "--by", "domain"],
    ("label",): ["is:unread", "--add", "Nowhere", "--create", "--yes"],
    **{(verb,): ["subject:lunch", "--yes"] for verb in VERBS},
    ("move",): ["Nowhere", "subject:lunch", "--create", "--yes"],
    ("sweep",): ["in:inbox", "--keep", "1", "--yes"],
    ("offload",): ["subject:lunch", "--backup", "FOLDER", "--yes"],
    ("delete",): ["old news", "--forever", "--without-backup", "--yes", "--max", "9"],
    ("undo",): ["--yes"],
    ("journal", "show"): ["1"],
    ("journal", "recover"): ["--yes"],
    ("lists", "check"): ["--yes"],
    ("unsubscribe",): ["list:news.list.example", "--yes"],
    ("rules",): RULES,
    ("rules", "pull"): ["--file", "FOLDER"],
    ("rules", "test"): RULES,
    ("rules", "plan"): RULES,
    ("rules", "apply"): [*RULES, "--yes"],
    ("rules", "run"): [*RULES, "--yes"],
    ("rules", "backtest"): [*RULES, "--backup", "FOLDER"],
    ("rules", "suggest"): RULES,
    ("rules", "import"): ["FOLDER", *RULES],
    ("rules", "export"): RULES,
    ("send",): ["ann@example.com", "-s", "x", "--body", "y"],
    ("reply",): ["ID", "Thanks", "--key", "reply"],
    ("reply-all",): ["ID", "Thanks, all", "--key", "reply"],
    ("forward",): ["ID", "ann@example.com", "--key", "forward"],
    ("drafts", "create"): ["ann@example.com", "-s", "Draft", "--body", "Not yet."],
    ("drafts", "show"): ["DRAFT"],
    ("drafts", "edit"): ["DRAFT", "--form", str(FORM)],
    ("drafts", "send"): ["DRAFT"],
    ("drafts", "delete"): ["DRAFT", "--forever", "--yes"],
    ("merge",): [
        *(str(MERGE / name) for name in ("letter.md", "people.csv")),
        *("--no-receipts", "--yes"),
    ],
    ("smtp",): ["--server", "smtps://ann@127.0.0.1:9"],
    ("smtp", "probe"): ["smtp://127.0.0.1:9"],
    ("smtp", "password"): ["smtps://ann@127.0.0.1:9", "--forget"],
    ("password",): ["imaps://ann@127.0.0.1:9", "--forget"],
    ("labels", "create"): ["Canary"],
    ("labels", "rename"): ["Canary", "Finch"],
    ("labels", "color"): ["Finch", "--background", "#16a766"],
    ("labels", "delete"): ["Finch", "--yes"],
    ("labels", "merge"): ["Finch", "Canary", "--yes"],
    ("labels", "unused"): ["--delete", "--yes"],
    ("labels", "apply"): [str(LABELS), "--yes"],
    ("labels", "snapshot"): ["--name", "kept"],
    ("labels", "diff"): ["kept", "now"],
    ("labels", "rollback"): ["kept", "--yes"],
    ("outbox", "show"): ["parked"],
    ("outbox", "cancel"): ["KEY"],
    ("outbox", "approve"): ["parked", "--yes"],
    ("outbox", "deny"): ["KEY"],
    ("accounts", "default"): ["me@example.com"],
    ("accounts", "alias"): ["me@example.com", "work"],
    ("api",): ["getProfile"],
    ("settings", "vacation", "on"): ["-s", "Away", "--body", "Later.", "--yes"],
    ("settings", "vacation", "off"): ["--yes"],
    ("settings", "forwarding", "add"): ["b@example.org", "--yes"],
    ("settings", "forwarding", "on"): ["b@example.org", "--yes"],
    ("settings", "forwarding", "off"): ["--yes"],
    ("settings", "forwarding", "remove"): ["b@example.org", "--yes"],
    ("settings", "send-as", "add"): ["sales@example.org", "--yes"],
    ("settings", "send-as", "edit"): ["me@example.com", "--name", "Me", "--yes"],
    ("settings", "send-as", "default"): ["me@example.com", "--yes"],
    ("settings", "send-as", "verify"): ["sales@example.org", "--yes"],
    ("settings", "send-as", "remove"): ["sales@example.org", "--yes"],
    ("settings", "signature", "set"): ["--body", "Me", "--yes"],
    ("settings", "signature", "clear"): ["--yes"],
    ("settings", "filters", "create"): ["--from", "ci@example.com", "--archive", "--yes"],
    ("settings", "filters", "delete"): ["FILTER", "--yes"],
    ("settings", "delegates", "add"): ["ann@example.com", "--yes"],
    ("settings", "delegates", "remove"): ["ann@example.com", "--yes"],
    ("settings", "language", "set"): ["de", "--yes"],
    ("settings", "imap", "on"): ["--expunge", "trash", "--yes"],
    ("settings", "imap", "off"): ["--yes"],
    ("settings", "pop", "on"): ["--mail", "all", "--yes"],
    ("settings", "pop", "off"): ["--yes"],
    **{("settings", *words.split()): [] for words in LOOKING},
}
NEEDS_A_PLACE = {
    *(("sandbox",), ("sandbox", "reset"), ("sandbox", "takeout"), ("login",), ("logout",)),
    ("migrate",),
    *(("smtp-sink",), ("smtp", "send"), ("smtp", "probe"), ("smtp", "password")),
    ("password",),
}


def commands() -> dict[tuple[str, ...], Any]:
    """Every command and group by its path, as `gmailkit` has them now."""

    def walk(command: Any, path: tuple[str, ...]) -> dict[tuple[str, ...], Any]:
        found = {path: command} if path else {}
        for name in command.list_commands(None) if hasattr(command, "list_commands") else ():
            found |= walk(command.get_command(None, name), (*path, name))
        return found

    return walk(root(), ())
