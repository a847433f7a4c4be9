"""The policy.toml files that hold: read anew each time, so that a change holds at once.

One lies beside the other settings, one more may be named by GMAILKIT_POLICY; both hold. A file that
is there and cannot be read or understood stops all sending.
"""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path

from gmailkit.config import Settings
from gmailkit.errors import UsageError
from gmailkit.policy.read import read_policy
from gmailkit.policy.rules import Policy, Rules

NAME = "policy.toml"


def files(settings: Settings) -> tuple[Path, ...]:
    """Those that must be read; a link that leads nowhere is there too."""
    usual = settings.home.config / NAME
    return ((usual,) if os.path.lexists(usual) else ()) + settings.policies


def policies(settings: Settings) -> tuple[Policy, ...]:
    """Raises UsageError that names the file, and the line where there is one."""
    return tuple(_policy(_text(path), str(path)) for path in files(settings))


def rules_for(settings: Settings, own: str) -> tuple[Rules, ...]:
    """What holds for an account; "" for one that nobody can tell."""
    return tuple(rules for policy in policies(settings) for rules in policy.rules_for(own))


@lru_cache(maxsize=16)
def _policy(text: str, source: str) -> Policy:
    return read_policy(text, source=source)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "it is no UTF-8"
        raise UsageError(
            f"Cannot read the policy {path}: {why}. Nothing is sent until it can be read.",
            hint="Correct the file, or take it away if there is to be no policy.",
        ) from error
