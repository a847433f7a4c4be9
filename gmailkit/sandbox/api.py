"""A request to the Gmail API: which method it is, whether it may, and its answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from gmailkit.sandbox.exchange import NO_CONTENT, Reply, Request
from gmailkit.sandbox.meter import Meter
from gmailkit.sandbox.parameters import Body, Params
from gmailkit.sandbox.policy import Policy
from gmailkit.sandbox.refusal import (
    Refusal,
    invalid,
    precondition,
    scope_insufficient,
    unauthenticated,
)
from gmailkit.sandbox.route import Addressed, Call, Route
from gmailkit.sandbox.routes import all_routes
from gmailkit.sandbox.standard import Form
from gmailkit.sandbox.state.grants import NOBODY, Token
from gmailkit.sandbox.state.state import State
from gmailkit.sandbox.state.users import User
from gmailkit.sandbox.uploads import Sessions, Upload, media, multipart

_WHOLE = {"media": media, "multipart": multipart}
_ROOT = ("gmail", "v1", "users")


@dataclass(frozen=True, slots=True)
class Found:
    """A method with the values of its path; `upload` when it came through /upload."""

    route: Route
    user_id: str
    path: Mapping[str, str]
    upload: bool


def find(request: Request) -> Found | None:
    segments = request.segments
    upload = False
    for prefix in (("upload",), ("resumable", "upload")):
        if segments[: len(prefix)] == prefix:
            segments, upload = segments[len(prefix) :], True
    if segments[:3] != _ROOT or len(segments) < 5 or _is_careless(request):
        return None
    # A PUT carries on an upload that a POST may have begun (guides/uploads).
    continues = upload and request.verb == "PUT" and "upload_id" in dict(request.query)
    for route in all_routes():
        verb = route.verb if continues and route.verb == "POST" else request.verb
        values = route.match(verb, segments[4:])
        if values is not None and (route.upload or not upload):
            return Found(route, segments[3], values, upload)
    return None


def _is_careless(request: Request) -> bool:
    """Whether an address that names a setting stands in the path without percent-encoding."""
    _, _, names = request.path.partition("/settings/")
    return "@" in names or "+" in names


class Api:
    def __init__(self, state: State, uploads: Sessions, meter: Meter) -> None:
        self._state = state
        self._uploads = uploads
        self._meter = meter

    def answer(self, found: Found, request: Request) -> Reply:
        """Raises Refusal."""
        token = self._token(request)
        owner = self._state.users.by_number(token.user)
        _check_account(self._state.policy, owner, token)
        with self._meter.call(
            owner.address, found.route.name, charged=not _carries_on(found, request)
        ) as addressed:
            return self._metered(found, request, token, owner, addressed)

    def _metered(
        self, found: Found, request: Request, token: Token, owner: User, addressed: Addressed
    ) -> Reply:
        if not set(token.scopes).intersection(found.route.scopes):
            raise scope_insufficient(found.route.name)
        user = self._mailbox(found, owner)
        self._state.messages.empty_bin(user.n)
        params = Params(request.query, found.route.params)
        form = Form.of(params, found.route.name)
        call = Call(
            self._state,
            user,
            frozenset(token.scopes),
            found.path,
            params,
            addressed=addressed,
            delegated=token.delegated,
        )
        if not found.upload:
            return _act(found.route, call, request, form)
        kind = params.text("uploadType", "media")
        if kind in _WHOLE:
            return _act(found.route, call, request, form, _WHOLE[kind](request))
        if kind == "resumable":
            return self._resumable(found.route, call, request, form)
        raise invalid(f"Invalid upload type: {kind}")

    def _resumable(self, route: Route, call: Call, request: Request, form: Form) -> Reply:
        """The first request of an upload, or one of its chunks."""
        if not call.params.has("upload_id"):
            _body(route, request, Upload(b"", request.body))  # refused now, not at the end
            id = self._uploads.start(request, call.user.n, route.upload)
            query = f"{request.target}{'&' if '?' in request.target else '?'}upload_id={id}"
            location = f"http://{request.headers.get('host', '')}{query}"
            return Reply(200, {"Location": location, "X-GUploader-UploadID": id})
        return self._uploads.put(
            call.params.text("upload_id"),
            request,
            call.user.n,
            route.upload,
            lambda upload: _act(route, call, request, form, upload),
        )

    def _token(self, request: Request) -> Token:
        """Open: the access_token parameter. A token in an address ends up in logs: refused."""
        kind, _, text = request.headers.get("authorization", "").partition(" ")
        token = self._state.grants.access(text.strip()) if kind.lower() == "bearer" else None
        if token is None:
            raise unauthenticated()
        if token.user == NOBODY:  # a service account has no mailbox of its own
            raise precondition("Precondition check failed.")
        return token

    def _mailbox(self, found: Found, owner: User) -> User:
        if found.user_id != "me" and found.user_id.lower() != owner.address.lower():
            raise Refusal(403, f"Delegation denied for {owner.address}")
        return owner


def _carries_on(found: Found, request: Request) -> bool:
    """A later request of a resumable upload: its first one paid for all."""
    said = dict(request.query)
    return found.upload and said.get("uploadType") == "resumable" and "upload_id" in said


def _check_account(policy: Policy, owner: User, token: Token) -> None:
    """Whether the account may be used, and has a mailbox (guides/handle-errors)."""
    if policy.is_suspended(owner.address):
        raise Refusal(403, "Forbidden")
    if policy.blocked and not token.delegated:
        said = "The domain administrators have disabled Gmail apps."
        raise Refusal(403, said, reason="domainPolicy")
    if not policy.has_mail(owner.address):
        raise precondition("Mail service not enabled")


def _act(
    route: Route, call: Call, request: Request, form: Form, upload: Upload | None = None
) -> Reply:
    body = _body(route, request, upload)
    said = route.answer(replace(call, body=body, media=upload.media if upload else None))
    if said is None:
        return NO_CONTENT
    return form.reply(said)


def _body(route: Route, request: Request, upload: Upload | None) -> Body:
    if upload is not None:
        request = replace(request, body=upload.metadata)
    elif request.body and request.content_type != "application/json":
        raise invalid(f"Invalid content type: {request.content_type or 'none'}")
    return Body(request.json(), route.fields)
