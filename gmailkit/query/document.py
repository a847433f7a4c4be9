"""A message as a search sees it: words by field, labels, date, size, links."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import assert_never

from gmailkit.model.mail import Address, Mail
from gmailkit.query.page import Page, read_page
from gmailkit.query.tree import Field
from gmailkit.query.words import index_of

_PKCS7 = ("application/pkcs7-mime", "application/x-pkcs7-mime")
_CIPHERTEXT = ("enveloped-data", "authenveloped-data")
_SMIME_TYPE = re.compile(r"smime-type\s*=\s*\"?([\w-]+)", re.IGNORECASE)
_WEB_ADDRESS = re.compile(r"https?://[^\s<>\"']+", re.IGNORECASE)


@dataclass(frozen=True, eq=False)
class Document:
    """Cheap to make: a field is cut into words when a search first looks into it, and kept.

    `labels` holds ids of system labels and names of user labels, `date` is when Gmail received
    or sent the message (epoch seconds UTC), `size` counts the bytes of the whole message,
    `attached` is the text of attached files, where somebody has read them.
    """

    mail: Mail = field(repr=False)
    labels: frozenset[str]
    date: float
    size: int
    attached: tuple[str, ...] = field(default=(), repr=False)
    _indexes: dict[Field, str] = field(default_factory=dict, init=False, repr=False)

    @classmethod
    def of(
        cls,
        mail: Mail,
        *,
        labels: Collection[str],
        date: float,
        size: int,
        attached: Iterable[str] = (),
    ) -> Document:
        return cls(mail, frozenset(labels), date, size, tuple(attached))

    def index(self, where: Field) -> str:
        """The words of a field, as `words.phrase` is looked for in."""
        if where not in self._indexes:
            self._indexes[where] = index_of(self._texts(where))
        return self._indexes[where]

    def kept(self, where: Field) -> str:
        """As `index`; but of all that a plain word is looked for in, what no other field holds."""
        if where is not Field.ANYWHERE:
            return self.index(where)
        return index_of((self.mail.text, self._page.text, *self.attached))

    def addresses(self, where: Field) -> Iterator[Address]:
        """Who stands in From, To, Cc or Bcc; nobody in any other field."""
        match where:
            case Field.FROM:
                yield from (self.mail.sender,) if self.mail.sender else ()
            case Field.TO:
                yield from self.mail.to
            case Field.CC:
                yield from self.mail.cc
            case Field.BCC if not self.labels.isdisjoint(("SENT", "DRAFT")):
                # Only one's own mail can be found by its Bcc. Open: whether drafts count as such.
                yield from self.mail.bcc
            case _:
                return

    @cached_property
    def links(self) -> tuple[str, ...]:
        """Web addresses in the body, written out or behind a link."""
        shown = (*_WEB_ADDRESS.findall(self.mail.text), *_WEB_ADDRESS.findall(self._page.text))
        return (*shown, *self._page.links)

    @property
    def is_encrypted(self) -> bool:
        """Whether the whole message is S/MIME ciphertext (RFC 8551 section 3.2), as Gmail's
        client-side encryption writes it.
        """
        kind, _, parameters = self.mail.header("Content-Type").partition(";")
        said = _SMIME_TYPE.search(parameters)
        return kind.strip().casefold() in _PKCS7 and (not said or said[1].casefold() in _CIPHERTEXT)

    @cached_property
    def _page(self) -> Page:
        return read_page(self.mail.html)

    def _texts(self, where: Field) -> Iterator[str]:
        """Texts no phrase reaches across: each name, each address, each body form is its own."""
        mail = self.mail
        match where:
            case Field.FROM | Field.TO | Field.CC | Field.BCC:
                for address in self.addresses(where):
                    yield from (address.name, address.email)
            case Field.DELIVERED_TO:
                yield from _headers(mail, "delivered-to")
            case Field.LIST:
                yield from _headers(mail, "list-id")
            case Field.SUBJECT:
                yield mail.subject
            case Field.FILENAME:
                yield from _file_names(attachment.filename for attachment in mail.attachments)
            case Field.ANYWHERE:
                yield from self._everywhere()
            case _:
                assert_never(where)

    def _everywhere(self) -> Iterator[str]:
        """Open: which fields a plain word searches is not documented. Gmail also looks into
        attachments (PDF, office files); here only what was read of them is.
        """
        for where in (Field.SUBJECT, Field.FROM, Field.TO, Field.CC, Field.BCC, Field.FILENAME):
            yield from self._texts(where)
        yield self.mail.text
        yield self._page.text
        yield from self.attached


def _headers(mail: Mail, name: str) -> Iterator[str]:
    return (value for header, value in mail.headers if header.lower() == name)


def _file_names(names: Iterable[str]) -> Iterator[str]:
    """The extension comes once more by itself: in `take2.7z` the dot looks like a decimal sign."""
    for name in names:
        yield name
        if "." in name:
            yield name.rpartition(".")[2]
