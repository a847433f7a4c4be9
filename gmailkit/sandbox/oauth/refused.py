"""The token endpoint's error answers (RFC 6749 section 5.2)."""

from __future__ import annotations

from gmailkit.sandbox.exchange import Reply, as_json


class OAuthRefusal(Exception):
    def __init__(self, error: str, description: str, *, status: int = 400) -> None:
        super().__init__(f"{error}: {description}")
        self.error = error
        self.description = description
        self.status = status

    def reply(self) -> Reply:
        said = {"error": self.error, "error_description": self.description}
        return as_json(said, status=self.status)
