"""An embedded Gmail over real HTTP: a second witness that shares no shapes with the client.

>>> with Sandbox(consent="me@example.com") as sandbox:
...     client_file = sandbox.client_file()

Written from Google's documents alone. Where those leave a question open, the sandbox takes the
stricter reading and says "Open:" in a comment.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gmailkit.sandbox.consent import Consent
    from gmailkit.sandbox.limits import Limits
    from gmailkit.sandbox.policy import Policy
    from gmailkit.sandbox.server import Sandbox

__all__ = ["Consent", "Limits", "Policy", "Sandbox"]


def __getattr__(name: str) -> object:
    """Load on first touch: `import gmailkit.sandbox` brings in neither a server nor SQLite."""
    if name == "Sandbox":
        from gmailkit.sandbox.server import Sandbox

        return Sandbox
    if name == "Consent":
        from gmailkit.sandbox.consent import Consent

        return Consent
    if name == "Limits":
        from gmailkit.sandbox.limits import Limits

        return Limits
    if name == "Policy":
        from gmailkit.sandbox.policy import Policy

        return Policy
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
