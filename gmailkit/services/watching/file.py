"""watches.toml: several watches, each with its handler."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated

import msgspec

from gmailkit.compose.when import seconds
from gmailkit.errors import NotFound, UsageError
from gmailkit.services.watching.handlers import PATIENCE, Command, Webhook
from gmailkit.services.watching.watch import EVERY, TRIES, Handler, Watch

_Text = Annotated[str, msgspec.Meta(min_length=1)]


class _Entry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: _Text
    query: str = ""
    exec: str = ""
    webhook: str = ""
    every: str = f"{EVERY:g}s"
    patience: str = f"{PATIENCE:g}s"
    tries: int = TRIES
    store: str = msgspec.field(default="", name="in")
    idle: bool = False


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    watch: list[_Entry]


def read_watches(path: Path) -> list[Watch]:
    """Those of a file as docs/watching.md tells. Raises NotFound, UsageError."""
    try:
        entries = msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), _File).watch
    except FileNotFoundError:
        raise NotFound(f"There is no file {path}.") from None
    except OSError as error:
        raise UsageError(f"Cannot read {path}: {error.strerror}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, msgspec.ValidationError) as error:
        raise UsageError(
            f"{path} holds no watches: {error}.",
            hint='As in [[watch]], name = "bank", query = "from:bank", exec = "./told.sh"',
        ) from error
    return [
        Watch(
            name=each.name,
            query=each.query,
            handle=handler(each.exec, each.webhook, patience=seconds(each.patience)),
            every=seconds(each.every),
            tries=each.tries,
            store=each.store,
            idle=each.idle,
        )
        for each in entries
    ]


def handler(line: str, url: str, *, patience: float = PATIENCE) -> Handler:
    """A command or a web service. Raises UsageError where not one of them is named."""
    if bool(line) == bool(url):
        raise UsageError(
            "A watch has one handler, a command or a web service.",
            hint="As in --exec ./told.sh, or --webhook https://example.com/hook",
        )
    return Command(line, patience) if line else Webhook(url)
