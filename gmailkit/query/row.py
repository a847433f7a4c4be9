"""What the shelf keeps of a document."""

from __future__ import annotations

from dataclasses import replace

from gmailkit.query.document import Document
from gmailkit.query.labels import ENCRYPTED
from gmailkit.query.links import LINKS
from gmailkit.query.shelf import BITS, COLUMNS, OWN, PEOPLE, Row
from gmailkit.query.tree import Thing


def row_of(document: Document) -> Row:
    # Labels change, so Bcc is always kept.
    own = replace(document, labels=frozenset(OWN))
    people = {
        (one.email.casefold(), field.value) for field in PEOPLE for one in own.addresses(field)
    }
    return Row(
        date=own.date,
        size=own.size,
        message_id=own.mail.message_id.strip("<> "),
        things=_things(own),
        people=tuple(sorted(people)),
        texts=tuple(own.kept(field) for field in COLUMNS),
    )


def _things(document: Document) -> int:
    kept = {Thing.ATTACHMENT: bool(document.mail.attachments), ENCRYPTED: document.is_encrypted}
    kept |= {thing: any(map(found.match, document.links)) for thing, found in LINKS.items()}
    return sum(BITS[name] for name, there in kept.items() if there)
