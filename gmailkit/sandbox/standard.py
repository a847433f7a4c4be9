"""The parameters that every call takes (discovery document, top-level parameters)."""

from __future__ import annotations

from dataclasses import dataclass

from gmailkit.sandbox import partial
from gmailkit.sandbox.exchange import Reply, as_json
from gmailkit.sandbox.parameters import Params
from gmailkit.sandbox.partial import Mask
from gmailkit.sandbox.refusal import invalid
from gmailkit.sandbox.shapes import answers

_MOST_QUOTA_USER = 40


@dataclass(frozen=True, slots=True)
class Form:
    """How an answer shall be written."""

    mask: Mask
    pretty: bool

    @classmethod
    def of(cls, params: Params, method: str) -> Form:
        """Refuses 400 what is wrong before anything happens, and what the sandbox does not do."""
        if params.text("alt", "json") != "json":
            raise invalid("Invalid value for alt: only json is supported")
        for name in ("callback", "upload_protocol"):
            if params.has(name):
                raise invalid(f"The sandbox does not support {name}")
        if len(params.text("quotaUser")) > _MOST_QUOTA_USER:
            raise invalid(f"Invalid quotaUser: more than {_MOST_QUOTA_USER} characters")
        params.choice("$.xgafv", ("1", "2"), "1")
        mask = partial.read(params.text("fields"), answers().get(method, ""))
        return cls(mask, params.flag("prettyPrint", default=True))

    def reply(self, said: dict[str, object]) -> Reply:
        return as_json(partial.select(said, self.mask), pretty=self.pretty)
