"""How a list is left, by what its message says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

from gmailkit.errors import Refused, UsageError
from gmailkit.mime.mailing_list import MailTo, read_mailto
from gmailkit.model.mailing import Mailing
from gmailkit.transport.one_click import read_url

By = Literal["one-click", "mail", "link", "none"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """`by` one click and by mail it is done here; a link is for the person to open; or there is
    none. `where` is the host or the address, `uri` all of it. `vouched` is the domain that signed
    for it, "" for nobody. `why` says why it is no better one.
    """

    by: By
    uri: str = ""
    where: str = ""
    mail: MailTo | None = None
    vouched: str = ""
    why: tuple[str, ...] = ()


def way_out(mailing: Mailing, *, by_mail: bool = False, unsigned: bool = False) -> Way:
    """The best way: one click, else mail, else a link.

    One click counts where a valid signature covers it (RFC 8058 section 4); `unsigned` waives
    that. `by_mail` passes over it. Of a mail for which nobody vouches the text is not the list's,
    but our own word: else anybody could have us write what he likes in our name.
    """
    why: list[str] = []
    if mailing.one_click and not by_mail:
        for uri in _of(mailing, "https:")[:1]:
            try:
                host = read_url(uri).host
            except Refused as error:
                why.append(error.message)
                break
            if mailing.vouched or unsigned:
                return Way(by="one-click", uri=uri, where=host, vouched=mailing.vouched)
            why.append("It offers one click, and no valid signature vouches for that.")
    for uri in _of(mailing, "mailto:"):
        try:
            mail = read_mailto(uri)
        except UsageError as error:
            why.append(f"Its mailto: address is refused: {error.message}")
            continue
        if not mailing.signer:
            mail = MailTo(mail.to, mail.subject)
            why.append("No valid signature vouches for its address; no text is taken from it.")
        signed = mailing.signer
        return Way(by="mail", uri=uri, where=mail.to, mail=mail, vouched=signed, why=tuple(why))
    for uri in (*_of(mailing, "https:"), *_of(mailing, "http:")):
        return Way(by="link", uri=uri, where=_host(uri), why=tuple(why))
    return Way(by="none", why=tuple(why))


def _of(mailing: Mailing, scheme: str) -> list[str]:
    return [uri for uri in mailing.ways if uri.startswith(scheme)]


def _host(uri: str) -> str:
    try:
        return urlsplit(uri).hostname or ""
    except ValueError:
        return ""
