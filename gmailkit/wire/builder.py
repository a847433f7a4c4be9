"""From a method's name and parameters to an HTTP request, by google-api-python-client.

The library knows verb, path, parameters and upload form of every method from the discovery
document it bundles. It is imported here and in discovery.py, and only when needed: 0.2 s, which
all calls but uploads are spared (see address.py).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cached_property
from typing import Any

from gmailkit.errors import UsageError
from gmailkit.model.content import Content
from gmailkit.wire import methods
from gmailkit.wire.address import address_of
from gmailkit.wire.discovery import described, document, no_parameter, of_the_body
from gmailkit.wire.request import Request
from gmailkit.wire.upload import MESSAGE_TYPE, form_of, with_media

JSON = "application/json"
_PYTHON = {"import": "import_"}  # the library's name where Google's is a word of Python


def compresses(name: str, params: Mapping[str, object]) -> bool:
    """Whether to ask for gzip: on lists and metadata alone. On the text of mail it costs up to a
    millisecond of our time and saves little of anybody's: most of it is compressed already."""
    if name == "messages.attachments.get":
        return False
    whole = name in ("messages.get", "threads.get", "drafts.get")
    return not whole or params.get("format") in ("minimal", "metadata")


class Builder:
    """Builds requests for the service at `endpoint` (calls, uploads and batch share the root)."""

    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint.rstrip("/")
        self._resources: dict[str, Any] = {}

    def build(
        self,
        name: str,
        params: Mapping[str, object],
        *,
        body: object = None,
        media: Content | None = None,
    ) -> Request:
        """The request of method `name` for the signed-in user.

        `media` is a whole message (RFC 5322), `body` the JSON beside it; upload.py says in which
        form they go. Raises UsageError for a method or parameters Google does not know, and for a
        message that is larger than the method takes.
        """
        if media is not None:
            return self._upload(name, params, body, media)
        method = described(name)
        is_usual = (body is not None) == ("request" in method)
        if is_usual and (address := address_of(name, params)):
            url = f"{self.endpoint}/{address}"
            content = None if body is None else json.dumps(body).encode()
            return self._request(name, params, method["httpMethod"], url, content)
        return self._built(name, params, body)

    def _upload(
        self, name: str, params: Mapping[str, object], body: object, media: Content
    ) -> Request:
        from googleapiclient.http import MediaInMemoryUpload

        if media.size > (most := self._most(name)):
            raise UsageError(
                f"The message is {media.size / 1e6:.1f} MB; {name} takes {most / 1e6:.1f} MB.",
                hint="Share large files as links instead.",
            )
        form = form_of(media.size, body)
        # Only for the address of the upload; the bytes are sent by us (see upload.py).
        empty = MediaInMemoryUpload(b"", mimetype=MESSAGE_TYPE, resumable=form == "resumable")
        request = self._built(name, params, None if form == "media" else body or {}, empty)
        return with_media(request, form, media, body)

    def _built(
        self, name: str, params: Mapping[str, object], body: object = None, media: object = None
    ) -> Request:
        resource, _, verb = name.rpartition(".")
        # By itself Google indents its JSON, which is half of what a list weighs.
        arguments: dict[str, object] = {"userId": "me", "prettyPrint": False, **params}
        arguments |= {"body": body} if body is not None else {}
        arguments |= {"media_body": media} if media is not None else {}
        try:
            built = getattr(self._resource(resource), _PYTHON.get(verb, verb))(**arguments)
        except TypeError as error:
            unknown = str(error).removeprefix("Got an unexpected keyword argument ")
            if unknown in params:
                takes = described(name).get("parameters", {})
                refusal = no_parameter(name, unknown, takes)
                if of_the_body(name, unknown):
                    refusal.hint = f"It goes into the body: body={{{unknown!r}: ...}}"
                raise refusal from error
            hint = "See Google's Gmail API reference."
            raise UsageError(f"{name}: {error}.", hint=hint) from error
        content = built.body.encode() if media is None and built.body else None
        return self._request(name, params, built.method, built.uri, content)

    def _request(
        self,
        name: str,
        params: Mapping[str, object],
        verb: str,
        url: str,
        content: bytes | None = None,
    ) -> Request:
        return Request(
            method=methods.find(name),
            verb=verb,
            url=url,
            headers={
                "accept": JSON,
                "accept-encoding": "gzip" if compresses(name, params) else "identity",
                "user-agent": "gmailkit (gzip)",  # Google compresses for nobody who does not say so
                **({"content-type": JSON} if content else {}),
            },
            body=content,
            scopes=self.scopes(name),
        )

    def _most(self, name: str) -> int:
        """Bytes a message may have that is uploaded to the method; UsageError if none may."""
        upload = described(name).get("mediaUpload")
        if upload is None:
            raise UsageError(f"{name} takes no message.")
        return int(upload["maxSize"])

    def scopes(self, name: str) -> frozenset[str]:
        """The scopes of which any one lets a token call the method."""
        return frozenset(described(name)["scopes"])

    def _resource(self, path: str) -> Any:
        """Walking `users().messages()` costs 0.6 ms a time, so each is kept."""
        if path not in self._resources:
            node = self._users
            for step in filter(None, path.split(".")):
                node = getattr(node, step)()
            self._resources[path] = node
        return self._resources[path]

    @cached_property
    def _users(self) -> Any:
        from googleapiclient.discovery import build_from_document

        # `http` only stands in: the library never sends anything here.
        return build_from_document(self._document, http=_NoHttp()).users()

    @cached_property
    def _document(self) -> dict[str, Any]:
        found = document()
        # `client_options.api_endpoint` would move plain calls only, not uploads and batch.
        found.update(rootUrl=f"{self.endpoint}/", baseUrl=f"{self.endpoint}/")
        found.pop("mtlsRootUrl", None)
        return found


class _NoHttp:
    """Takes the place of httplib2, which is not safe to share between threads."""

    def request(self, *_args: object, **_kwargs: object) -> object:
        raise AssertionError("requests are sent by wire.http, never by google-api-python-client")
