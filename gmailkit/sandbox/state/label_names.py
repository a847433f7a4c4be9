"""Which names a user label may have (facts collected from Gmail's answers, not documented)."""

from __future__ import annotations

from gmailkit.sandbox.state.system_labels import SYSTEM

MAX_LENGTH = 225
_RESERVED = frozenset(
    """inbox spam trash bin unread starred important sent draft drafts chat chats allmail archive
    archived muted migrated todo todos buzz [gmail]""".split()
) | {label.lower() for label in SYSTEM}


# Names in the account's own language are kept too. Open: which ones; these were met.
_RESERVED_IN = {
    "de": frozenset(("posteingang", "gesendet", "entwürfe", "papierkorb", "ungelesen", "wichtig")),
    "es": frozenset(("recibidos", "enviado", "enviados", "borradores", "papelera", "destacados")),
    "fr": frozenset(("boîte de réception", "envoyé", "brouillons", "corbeille", "archivés")),
    "it": frozenset(("posta in arrivo", "posta inviata", "bozze", "cestino", "da leggere")),
}


def allowed(name: str, language: str = "en") -> bool:
    """Open: blanks at the ends and round "/" are trimmed or refused by Gmail. Refused here."""
    segments = name.split("/")
    return (
        0 < len(name) <= MAX_LENGTH
        and all(segment and segment == segment.strip() for segment in segments)
        and not name.startswith("^")
        and name.isprintable()
        and name.casefold() not in _RESERVED
        and name.casefold() not in _RESERVED_IN.get(language.partition("-")[0], ())
        and segments[0].casefold() != "[gmail]"
    )


def key(name: str) -> str:
    """Two labels with the same key cannot both exist."""
    return name.casefold()


def ancestors(name: str) -> list[str]:
    """ "a/b/c" lies under "a" and "a/b"."""
    segments = name.split("/")
    return ["/".join(segments[:depth]) for depth in range(1, len(segments))]
