"""Refusals in the words and the shape of Google's error answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

_STATUS = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    409: "ABORTED",
    413: "INVALID_ARGUMENT",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    501: "UNIMPLEMENTED",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}
_REASON = {
    400: "invalidArgument",
    401: "authError",
    403: "forbidden",
    404: "notFound",
    409: "aborted",
    413: "uploadTooLarge",
    429: "rateLimitExceeded",
    500: "backendError",
    503: "backendError",
}


class Refusal(Exception):
    """A request that is answered with an error; `body()` is the JSON Google would send."""

    def __init__(
        self,
        code: int,
        message: str,
        *,
        reason: str = "",
        status: str = "",
        domain: str = "global",
        inner: str = "",
        location: Mapping[str, str] | None = None,
        details: Sequence[Mapping[str, object]] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.reason = reason or _REASON.get(code, "backendError")
        self.status = status or _STATUS.get(code, "UNKNOWN")
        self.domain = domain
        self.inner = inner or message
        self.location = dict(location or {})
        self.details = list(details)
        self.headers = dict(headers or {})

    def body(self) -> dict[str, object]:
        inner: dict[str, object] = {
            "message": self.inner,
            "domain": self.domain,
            "reason": self.reason,
            **self.location,
        }
        error: dict[str, object] = {
            "code": self.code,
            "message": self.message,
            "errors": [inner],
            "status": self.status,
        }
        if self.details:
            error["details"] = self.details
        return {"error": error}


def invalid(message: str) -> Refusal:
    return Refusal(400, message)


def precondition(message: str) -> Refusal:
    return Refusal(400, message, reason="failedPrecondition", status="FAILED_PRECONDITION")


def not_delegated() -> Refusal:
    return Refusal(
        403,
        "Access restricted to service accounts that have been delegated domain-wide authority",
    )


def exists() -> Refusal:
    return Refusal(
        409, "Requested entity already exists", reason="alreadyExists", status="ALREADY_EXISTS"
    )


def not_found() -> Refusal:
    return Refusal(404, "Requested entity was not found.")


def unauthenticated() -> Refusal:
    """No token, or one that is wrong, expired or revoked: Google tells no difference."""
    return Refusal(
        401,
        "Request had invalid authentication credentials. Expected OAuth 2 access token, login "
        "cookie or other valid authentication credential.",
        inner="Invalid Credentials",
        location={"location": "Authorization", "locationType": "header"},
        headers={
            "WWW-Authenticate": 'Bearer realm="https://accounts.google.com/", error="invalid_token"'
        },
    )


def scope_insufficient(method: str) -> Refusal:
    return Refusal(
        403,
        "Request had insufficient authentication scopes.",
        reason="insufficientPermissions",
        inner="Insufficient Permission",
        details=[
            {
                "@type": "type.googleapis.com/google.rpc.ErrorInfo",
                "reason": "ACCESS_TOKEN_SCOPE_INSUFFICIENT",
                "domain": "googleapis.com",
                "metadata": {
                    "method": f"caribou.api.proto.MailboxService.{method}",
                    "service": "gmail.googleapis.com",
                },
            }
        ],
        headers={
            "WWW-Authenticate": 'Bearer realm="https://accounts.google.com/", '
            'error="insufficient_scope"'
        },
    )
