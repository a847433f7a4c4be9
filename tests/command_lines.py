"""A line for every command that gets it far on a small mailbox."""

from __future__ import annotations

from typing import Any

from gmailkit.cli.tree import root

# ID is a message, FOLDER a place for a backup; commands that are not here are called by name alone.
LINES: dict[tuple[str, ...], list[str]] = {
    ("search",): ["is:unread"],
    ("show",): ["ID"],
    ("attachments",): ["in:anywhere", "--to", "FOLDER"],
    ("backup",): ["FOLDER"],
    ("verify",): ["FOLDER"],
    ("label",): ["is:unread", "--add", "Nowhere", "--create", "--yes"],
    ("trash",): ["subject:lunch", "--yes"],
    ("untrash",): ["subject:lunch", "--yes"],
    ("send",): ["ann@example.com", "-s", "x", "--body", "y"],
    ("labels", "create"): ["Canary"],
    ("labels", "rename"): ["Canary", "Finch"],
    ("labels", "color"): ["Finch", "--background", "#16a766"],
    ("labels", "delete"): ["Finch", "--yes"],
    ("accounts", "default"): ["me@example.com"],
    ("accounts", "alias"): ["me@example.com", "work"],
    ("api",): ["getProfile"],
}
NEEDS_A_PLACE = {("sandbox",), ("sandbox", "reset"), ("login",), ("logout",)}


def commands() -> dict[tuple[str, ...], Any]:
    """Every command and group by its path, as `gmailkit` has them now."""

    def walk(command: Any, path: tuple[str, ...]) -> dict[tuple[str, ...], Any]:
        found = {path: command} if path else {}
        for name in command.list_commands(None) if hasattr(command, "list_commands") else ():
            found |= walk(command.get_command(None, name), (*path, name))
        return found

    return walk(root(), ())
