"""Gmail as a Python library. Names load on first touch, so importing this costs nothing."""

from __future__ import annotations

import importlib

__version__ = "0.1.0.dev0"

_HOMES = {
    "Gmail": "gmailkit.gmail",
    "Address": "gmailkit.model.mail",
    "Attachment": "gmailkit.model.mail",
    "Mail": "gmailkit.model.mail",
    "Envelope": "gmailkit.model.envelope",
    "Label": "gmailkit.model.label",
    "Profile": "gmailkit.model.profile",
}

__all__ = ["__version__", *sorted(_HOMES)]


def __getattr__(name: str) -> object:
    try:
        home = _HOMES[name]
    except KeyError:
        raise AttributeError(f"module 'gmailkit' has no attribute {name!r}") from None
    return getattr(importlib.import_module(home), name)


def __dir__() -> list[str]:
    return __all__
