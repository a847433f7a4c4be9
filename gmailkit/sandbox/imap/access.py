"""Coming in, and what can be asked in any state."""

from __future__ import annotations

from collections.abc import Callable

from gmailkit.sandbox.doorkeeper import Denied, Login, decode
from gmailkit.sandbox.imap import answer
from gmailkit.sandbox.imap.answer import Close, Misspelt, Refused
from gmailkit.sandbox.imap.grammar import Text
from gmailkit.sandbox.imap.reader import APPEND_LIMIT
from gmailkit.sandbox.imap.session import GUEST, NOT_ENABLED, SIGNED_IN, Command, Session
from gmailkit.sandbox.peer import TooLong
from gmailkit.sandbox.scopes import FULL, IMAP_ADMIN

_ALWAYS = "IMAP4rev1 UNSELECT IDLE NAMESPACE QUOTA ID XLIST CHILDREN X-GM-EXT-1"
BEFORE = (
    f"{_ALWAYS} SASL-IR AUTH=XOAUTH2 AUTH=PLAIN AUTH=PLAIN-CLIENTTOKEN AUTH=OAUTHBEARER"
).encode()
# Without COMPRESS=DEFLATE, which Gmail has.
AFTER = (
    f"{_ALWAYS} UIDPLUS ENABLE MOVE CONDSTORE ESEARCH UTF8=ACCEPT LIST-EXTENDED LIST-STATUS"
    f" LITERAL- SPECIAL-USE APPENDLIMIT={APPEND_LIMIT}"
).encode()
_ENABLED = ("CONDSTORE", "UTF8=ACCEPT")
_STORAGE = 15 * 1_048_576  # KiB that an account has
_MOST_RESPONSE = 16_384
OVER_QUOTA = "[OVERQUOTA] Account exceeded command or bandwidth limits. (Failure)"


def capability(session: Session, text: Text) -> str:
    text.end()
    session.say(b"CAPABILITY ", AFTER if session.login else BEFORE)
    return "Thats all she wrote!"


def id(session: Session, text: Text) -> str:
    """What the client says of itself is not kept."""
    said = {
        b"name": b"GImap",
        b"vendor": b"gmailkit sandbox",
        b"support-url": b"http://support.google.com/mail",
        b"remote-host": b"127.0.0.1",
    }
    pairs = [piece for pair in said.items() for piece in map(answer.string, pair)]
    session.say(b"ID ", answer.listed(pairs))
    return "Success"


def noop(session: Session, text: Text) -> str:
    text.end()
    return "Success"


def logout(session: Session, text: Text) -> str:
    text.end()
    session.say(b"BYE LOGOUT Requested")
    session.leaving = True
    return "Quoth the raven, nevermore..."


def login(session: Session, text: Text) -> str:
    _check_guest(session)
    text.space()
    name = text.astring().decode("utf-8", "replace")
    text.space()
    password = text.astring().decode("utf-8", "replace")
    text.end()
    return _let_in(session, lambda: session.keeper.password(name, password))


def authenticate(session: Session, text: Text) -> str:
    """With an initial response or without (RFC 4959)."""
    _check_guest(session)
    text.space()
    mechanism = text.word().decode("ascii", "replace")
    if mechanism not in ("PLAIN", "XOAUTH2", "OAUTHBEARER"):
        raise Refused("Unknown SASL mechanism")
    if text.at_end():
        given = _asked(session, b"")
    else:
        text.space()
        given = text.rest
    response = decode(given)
    if response is None:
        raise Misspelt("Invalid SASL argument")
    if mechanism == "PLAIN":
        return _let_in(session, lambda: session.keeper.plain(response))
    scopes = (FULL, IMAP_ADMIN)
    return _let_in(session, lambda: session.keeper.bearer(mechanism, response, scopes=scopes))


def enable(session: Session, text: Text) -> str:
    """Unknown names are passed over (RFC 5161)."""
    named: list[str] = []
    while not text.at_end():
        text.space()
        named.append(text.word().decode("ascii", "replace"))
    now = [name for name in named if name in _ENABLED]
    session.enabled.update(now)
    session.say(b"ENABLED", *(b" " + name.encode() for name in now))
    return "Success"


def namespace(session: Session, text: Text) -> str:
    text.end()
    session.say(b'NAMESPACE (("" "/")) NIL NIL')
    return "Success"


def get_quota(session: Session, text: Text) -> str:
    text.space()
    if text.astring():
        raise Refused("[NONEXISTENT] No such quota root (Failure)")
    text.end()
    _say_quota(session)
    return "Success"


def get_quota_root(session: Session, text: Text) -> str:
    text.space()
    name = text.mailbox()
    text.end()
    session.say(b"QUOTAROOT ", answer.mailbox(name, utf8=session.utf8), b' ""')
    _say_quota(session)
    return "Success"


def _say_quota(session: Session) -> None:
    used = session.state.messages.weight(session.owner.user.n) // 1024
    session.say(b'QUOTA "" (STORAGE %d %d)' % (used, _STORAGE))


def _check_guest(session: Session) -> None:
    if session.login is not None:
        raise Misspelt("Already signed in")


def _asked(session: Session, challenge: bytes) -> bytes:
    session.peer.write(b"+ ", challenge, b"\r\n")
    try:
        return session.peer.line(most=_MOST_RESPONSE).strip()
    except TooLong as error:
        raise Close("Line too long") from error


def _let_in(session: Session, check: Callable[[], Login]) -> str:
    try:
        login = check()
    except Denied as denied:
        if denied.challenge:  # the client answers it with an empty line
            _asked(session, denied.challenge)
        raise Refused("[AUTHENTICATIONFAILED] Invalid credentials (Failure)") from denied
    settings = session.state.settings.find(login.user.n, "imap") or {"enabled": True}
    if not settings["enabled"] and not login.admin:
        raise Refused(NOT_ENABLED)
    if session.traffic.is_shut(login.user, "imap_download"):
        raise Refused(OVER_QUOTA)
    if not session.traffic.enter(login.user):
        raise Refused("[ALERT] Too many simultaneous connections. (Failure)")
    session.login = login
    session.state.messages.empty_bin(login.user.n)
    session.say(b"CAPABILITY ", AFTER)
    return f"{login.user.address} authenticated (Success)"


COMMANDS = {
    b"CAPABILITY": Command(capability, GUEST),
    b"ID": Command(id, GUEST),
    b"NOOP": Command(noop, GUEST),
    b"LOGOUT": Command(logout, GUEST),
    b"LOGIN": Command(login, GUEST),
    b"AUTHENTICATE": Command(authenticate, GUEST),
    b"CHECK": Command(noop),
    b"ENABLE": Command(enable, SIGNED_IN),
    b"NAMESPACE": Command(namespace, SIGNED_IN),
    b"GETQUOTA": Command(get_quota, SIGNED_IN),
    b"GETQUOTAROOT": Command(get_quota_root, SIGNED_IN),
}
