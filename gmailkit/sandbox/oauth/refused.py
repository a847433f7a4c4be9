"""The token endpoint's error answers (RFC 6749 section 5.2)."""

from __future__ import annotations

from gmailkit.sandbox.exchange import Reply, as_json


class OAuthRefusal(Exception):
    def __init__(
        self, error: str, description: str, *, status: int = 400, subtype: str = ""
    ) -> None:
        super().__init__(f"{error}: {description}")
        self.error = error
        self.description = description
        self.status = status
        self.subtype = subtype

    def reply(self) -> Reply:
        said = {"error": self.error, "error_description": self.description}
        if self.subtype:
            said["error_subtype"] = self.subtype
        return as_json(said, status=self.status)
