"""users.messages.attachments.get."""

from __future__ import annotations

from gmailkit.sandbox import resource
from gmailkit.sandbox.refusal import Refusal, invalid
from gmailkit.sandbox.route import Call, Route
from gmailkit.sandbox.scopes import FULL, MODIFY, READONLY


def get_attachment(call: Call) -> dict[str, object]:
    if call.only_metadata:
        raise Refusal(403, "Metadata scope doesn't allow reading attachments")
    message = call.message("messageId")
    part_id = call.attachment_ids.part_id(message.n, call.path["id"])
    part = resource.find_part(call.state.messages.raw(message.n), part_id)
    if part is None:
        raise invalid("Invalid attachment token")
    content = part.content()
    return {"size": len(content), "data": resource.base64url(content)}


ROUTES = (
    Route(
        "messages.attachments.get",
        "GET",
        "messages/{messageId}/attachments/{id}",
        get_attachment,
        (FULL, MODIFY, READONLY),
    ),
)
