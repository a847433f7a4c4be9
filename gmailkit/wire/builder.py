"""From a method's name and parameters to an HTTP request, by google-api-python-client.

The library knows verb, path, parameters and upload form of every method from the discovery
document it bundles; nothing is fetched. It is imported here alone, and only when needed: 0.1 s.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cached_property
from typing import Any

from gmailkit.errors import UsageError
from gmailkit.wire import methods
from gmailkit.wire.request import Request
from gmailkit.wire.upload import multipart

MESSAGE_TYPE = "message/rfc822"
JSON = "application/json"
_PYTHON = {"import": "import_"}  # the library's name where Google's is a word of Python


class Builder:
    """Builds requests for the service at `endpoint` (calls, uploads and batch share the root)."""

    def __init__(self, endpoint: str) -> None:
        self._endpoint = endpoint.rstrip("/")
        self._resources: dict[str, Any] = {}

    def build(
        self,
        name: str,
        params: Mapping[str, object],
        *,
        body: object = None,
        media: bytes | None = None,
    ) -> Request:
        """The request of method `name` for the signed-in user.

        `media` is a whole message (RFC 5322) and goes out as a multipart upload with `body` as its
        JSON half. Raises UsageError for a method or parameters Google does not know.
        """
        method = methods.find(name)
        resource, _, verb = name.rpartition(".")
        arguments: dict[str, object] = {"userId": "me", **params}
        if body is not None or media is not None:
            arguments["body"] = {} if body is None else body
        if media is not None:
            from googleapiclient.http import MediaInMemoryUpload

            # Only for the address of the upload; the body is ours (see upload.py).
            arguments["media_body"] = MediaInMemoryUpload(b"", mimetype=MESSAGE_TYPE)
        try:
            built = getattr(self._resource(resource), _PYTHON.get(verb, verb))(**arguments)
        except TypeError as error:
            hint = "See Google's Gmail API reference."
            raise UsageError(f"{name}: {error}.", hint=hint) from error
        if media is None:
            kind, content = JSON, built.body.encode() if built.body else None
        else:
            kind, content = multipart(arguments["body"], media)
        return Request(
            method=method,
            verb=built.method,
            url=built.uri,
            headers={
                "accept": JSON,
                "user-agent": "gmailkit (gzip)",
                **({"content-type": kind} if content else {}),
            },
            body=content,
            scopes=self.scopes(name),
        )

    def scopes(self, name: str) -> frozenset[str]:
        """The scopes of which any one lets a token call the method."""
        node: dict[str, Any] = {"resources": {"users": self._users_document}}
        *path, verb = ["users", *name.split(".")]
        for step in path:
            node = node["resources"][step]
        return frozenset(node["methods"][verb]["scopes"])

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

    @property
    def _users_document(self) -> dict[str, Any]:
        users: dict[str, Any] = self._document["resources"]["users"]
        return users

    @cached_property
    def _document(self) -> dict[str, Any]:
        from googleapiclient.discovery_cache import get_static_doc

        document: dict[str, Any] = json.loads(get_static_doc("gmail", "v1"))
        # `client_options.api_endpoint` would move plain calls only, not uploads and batch.
        document.update(rootUrl=f"{self._endpoint}/", baseUrl=f"{self._endpoint}/")
        document.pop("mtlsRootUrl", None)
        return document


class _NoHttp:
    """Takes the place of httplib2, which is not safe to share between threads."""

    def request(self, *_args: object, **_kwargs: object) -> object:
        raise AssertionError("requests are sent by wire.http, never by google-api-python-client")
