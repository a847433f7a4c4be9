"""CREATE, DELETE and RENAME: a folder is a label (RFC 3501 sections 6.3.3 to 6.3.5)."""

from __future__ import annotations

from dataclasses import replace

from gmailkit.sandbox.imap.answer import Refused
from gmailkit.sandbox.imap.folders import Folder
from gmailkit.sandbox.imap.grammar import Text
from gmailkit.sandbox.imap.listing import existing
from gmailkit.sandbox.imap.session import SIGNED_IN, Command, Session
from gmailkit.sandbox.state.labels import UserLabel
from gmailkit.sandbox.state.system_labels import PLACE


def create(session: Session, text: Text) -> str:
    """A "/" at the end says that others will lie below, which every label may have."""
    text.space()
    name = text.mailbox().removesuffix("/")
    text.end()
    _check_own(session, name)
    found = session.folders().find(name)
    if found is not None and found.selectable:
        raise Refused("[ALREADYEXISTS] Duplicate folder name (Failure)")
    session.state.labels.add(session.owner.user.n, UserLabel(name))
    return "Success"


def delete(session: Session, text: Text) -> str:
    """The label goes from every message; the mail stays."""
    text.space()
    name = text.mailbox()
    text.end()
    folder = _own(session, name)
    session.state.labels.remove(session.owner.user.n, folder.label)
    return "Success"


def rename(session: Session, text: Text) -> str:
    """With all that lies below it, also where the name itself is no label."""
    text.space()
    old = text.mailbox()
    text.space()
    new = text.mailbox().removesuffix("/")
    text.end()
    if session.folders().find(old) is None:
        raise Refused("[NONEXISTENT] Unknown Mailbox (Failure)")
    _check_own(session, old)
    _check_own(session, new)
    user = session.owner.user.n
    labels = session.state.labels
    with session.state.database.change():
        for label in labels.all(user):
            if label.name == old or label.name.startswith(f"{old}/"):
                labels.replace(user, replace(label, name=new + label.name[len(old) :]))
    return "Success"


def _own(session: Session, name: str) -> Folder:
    folder = existing(session, name)
    if folder.special or folder.label in PLACE:
        raise Refused("[CANNOT] Not allowed on a system folder (Failure)")
    return folder


def _check_own(session: Session, name: str) -> None:
    if session.folders().is_gmails(name):
        raise Refused("[CANNOT] Ineligible mailbox name (Failure)")


COMMANDS = {
    b"CREATE": Command(create, SIGNED_IN),
    b"DELETE": Command(delete, SIGNED_IN),
    b"RENAME": Command(rename, SIGNED_IN),
}
