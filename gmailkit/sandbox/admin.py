"""/__admin__: what a test in any language may do to a running sandbox (docs/sandbox.md)."""

from __future__ import annotations

import hmac
import secrets
from dataclasses import replace
from typing import TYPE_CHECKING

from gmailkit.errors import GmailKitError, NotFound, UsageError
from gmailkit.sandbox.admin_routes import ROUTES, Ask, Command
from gmailkit.sandbox.exchange import Reply, Request, as_json
from gmailkit.sandbox.parameters import Body, Params
from gmailkit.sandbox.refusal import Refusal, invalid

if TYPE_CHECKING:
    from gmailkit.sandbox.server import Sandbox

PATH = "__admin__"
HEADER = "X-Sandbox-Secret"


class Admin:
    """Open to whoever knows `secret`; it goes in a header, which a web page cannot send unasked."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.secret = secrets.token_urlsafe(24)
        self._sandbox = sandbox

    def answer(self, request: Request) -> Reply:
        """Raises Refusal."""
        said = request.headers.get(HEADER.lower(), "")
        if not hmac.compare_digest(said.encode(), self.secret.encode()):
            raise Refusal(403, f"/{PATH} wants the secret of this run in the header {HEADER}.")
        command, id = _find(request)
        try:
            reply = as_json(command.act(self._sandbox, _ask(command, request, id)))
            return replace(reply, body=reply.body + b"\n")  # read in terminals
        except NotFound as error:
            raise Refusal(404, _words(error)) from error
        except UsageError as error:
            raise invalid(_words(error)) from error


def _find(request: Request) -> tuple[Command, str]:
    _, resource, *rest = (*request.segments, "")
    id = rest[0] if rest else ""
    key = request.verb, f"{resource}/{{id}}" if id else resource
    if key not in ROUTES or len(rest) > 2:
        raise Refusal(404, f"/{PATH} has no {request.verb} {request.path}.")
    return ROUTES[key], id


def _ask(command: Command, request: Request, id: str) -> Ask:
    mail = request.body if request.content_type == "message/rfc822" else b""
    said = {} if mail else request.json()
    body = Body(said, command.fields)
    return Ask(id, Params(request.query, command.params), body, frozenset(said), mail)


def _words(error: GmailKitError) -> str:
    return f"{error.message} {error.hint}".strip()
