"""The sandbox as a thing one starts, asks and stops."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Self

from gmailkit.clock import SYSTEM_CLOCK, Clock
from gmailkit.errors import UsageError
from gmailkit.mime.build import build
from gmailkit.mime.parse import parse
from gmailkit.model.mail import Mail
from gmailkit.sandbox import deliver
from gmailkit.sandbox import scopes as scope_names
from gmailkit.sandbox.admin import Admin
from gmailkit.sandbox.app import App
from gmailkit.sandbox.consent import Consent
from gmailkit.sandbox.doors import Doors, Kind
from gmailkit.sandbox.faults import Faults
from gmailkit.sandbox.limits import Limits
from gmailkit.sandbox.listener import ADDRESS, Listener
from gmailkit.sandbox.meter import Meter
from gmailkit.sandbox.movable_clock import MovableClock
from gmailkit.sandbox.oauth.key_file import key_file
from gmailkit.sandbox.policy import Policy
from gmailkit.sandbox.state.grants import ACCESS_SECONDS, DESKTOP
from gmailkit.sandbox.state.state import DEFAULT_USERS, State
from gmailkit.sandbox.traffic import Traffic

_SOME_SERVICE_ACCOUNT = "0"


class Sandbox:
    """An embedded Gmail: OAuth and REST over real HTTP on loopback, mail in SQLite.

    `state` names its file (None: memory); `port` 0 takes any free one; `sample` fills a new
    me@example.com with mail; `consent` (an address or a Consent) signs in without a person.
    `latency` is what each answer takes, in seconds. `limits` are Gmail's quotas (None: none).
    `clock` is where its own, movable clock starts. `admin` opens /__admin__ (docs/sandbox.md).

    >>> with Sandbox(sample=False) as sandbox:
    ...     id = sandbox.mail.put("me@example.com", b"From: ann@example.com\\r\\n\\r\\nHi")
    ...     token = sandbox.issue_token("me@example.com", ["gmail.readonly"])

    Raises UsageError for a file that is no sandbox's, and on start for a port in use.
    """

    def __init__(
        self,
        state: Path | None = None,
        *,
        port: int = 0,
        sample: bool = True,
        consent: str | Consent | None = None,
        clock: Clock = SYSTEM_CLOCK,
        latency: float = 0.0,
        limits: Limits | None = None,
        admin: bool = False,
        imap_port: int | None = None,
        pop3_port: int | None = None,
        smtp_port: int | None = None,
        smtps_port: int | None = None,
    ) -> None:
        self.clock = MovableClock(clock)
        self.mail = State(state, self.clock)
        self.faults = Faults()
        self.meter = Meter(self.clock, limits=limits, latency=latency)
        self.traffic = Traffic(self.clock, self.meter)
        self._port = port
        ports: dict[Kind, int | None] = {"imap": imap_port, "pop3": pop3_port}
        ports |= {"smtp": smtp_port, "smtps": smtps_port}
        self._doors = Doors(self.mail, self.meter, self.traffic, self.faults, ports)
        self._made_with = (consent, limits, latency)
        self._lazily = sample and state is None  # 0.3 s that many never need
        self._sample = sample
        self._listener: Listener | None = None
        self._stopped = threading.Event()
        try:
            self.mail.seed(sample=sample and not self._lazily)
            self._admin = Admin(self) if admin else None
            self._app = App(
                self.mail, consent=None, faults=self.faults, meter=self.meter, admin=self._admin
            )
            self.consent = consent
            self._sample_later()
        except BaseException:
            self.mail.close()
            raise

    @property
    def consent(self) -> Consent | None:
        """Who answers the consent page; None leaves it to a person. May be set at any time."""
        return self._app.consent

    @consent.setter
    def consent(self, consent: str | Consent | None) -> None:
        given = Consent(consent) if isinstance(consent, str) else consent
        if given is not None:
            self.mail.users.get(given.address)
        self._app.consent = given

    @property
    def url(self) -> str:
        """The origin of everything: calls, uploads, OAuth."""
        if self._listener is None:
            raise UsageError("The sandbox is not running.", hint="Call start() first.")
        return f"http://{ADDRESS}:{self._listener.port}"

    @property
    def imap_port(self) -> int:
        """Where it speaks IMAP, by TLS from the first byte; opened when first asked for."""
        return self._doors.port("imap")

    @property
    def pop3_port(self) -> int:
        """The same for POP3."""
        return self._doors.port("pop3")

    @property
    def smtp_port(self) -> int:
        """Where it takes mail to be sent, by SMTP with STARTTLS."""
        return self._doors.port("smtp")

    @property
    def smtps_port(self) -> int:
        """The same with TLS from the first byte."""
        return self._doors.port("smtps")

    @property
    def open_ports(self) -> dict[str, int]:
        """Those of the four that are open now."""
        return self._doors.ports()

    def trust(self) -> ssl.SSLContext:
        """By which a client believes the certificate of IMAP, of localhost and 127.0.0.1."""
        return self._doors.trust()

    @property
    def certificate(self) -> str:
        """Of the authority that vouches for it, as PEM, for programs that take a file."""
        return self._doors.certificate

    @property
    def admin_secret(self) -> str:
        """What /__admin__ wants in the header X-Sandbox-Secret; "" where it is closed."""
        return self._admin.secret if self._admin else ""

    @property
    def requests(self) -> list[tuple[str, str]]:
        """HTTP method and path (without the query) of everything that was asked, in order."""
        return self._app.requests

    def client_file(self) -> dict[str, object]:
        """What `client_secret.json` of this sandbox's Desktop client holds."""
        return self._app.client.file(self.url)

    def issue_token(
        self,
        address: str,
        scopes: Iterable[str],
        *,
        delegated: bool = False,
        lasting: bool = False,
    ) -> str:
        """An access token without a sign-in. Short names such as "gmail.send" will do.

        `delegated` makes it one of a service account that acts for `address`; `lasting` lets it
        outlive its hour, which no token of Google's does.
        """
        granted = _known(scopes)
        user = self.mail.users.get(address)
        client = _SOME_SERVICE_ACCOUNT if delegated else DESKTOP
        life = None if lasting else ACCESS_SECONDS
        return self.mail.grants.new_access(user.n, granted, client=client, life=life)

    def app_password(self, address: str) -> str:
        """A new one by which a program without OAuth signs in to IMAP, POP3 and SMTP."""
        return self.mail.grants.new_app_password(self.mail.users.get(address).n)

    def hide_from_imap(self, address: str, labels: Iterable[str]) -> None:
        """The labels that IMAP shows as no folder: names, system ids, "ALL" for All Mail.

        The whole list, empty to show all; at first only CHAT is hidden.
        """
        from gmailkit.sandbox.imap.folders import ALL_MAIL, View

        user = self.mail.users.get(address)
        wanted = set(labels)
        ids = self.mail.labels.ids_of(user.n, wanted - {ALL_MAIL})
        hidden = frozenset(ids.values()) | wanted & {ALL_MAIL}
        replace(View.of(self.mail, user), hidden=hidden).put(self.mail, user)

    @property
    def policy(self) -> Policy:
        """Who may use the app; kept with the state."""
        return self.mail.policy

    @policy.setter
    def policy(self, policy: Policy) -> None:
        self.mail.policy = policy

    @property
    def testing(self) -> bool:
        """Publishing status Testing: grants of test users, for a week (see Policy)."""
        return self.policy.testing

    @testing.setter
    def testing(self, testing: bool) -> None:
        self.policy = replace(self.policy, testing=testing)

    def environment(
        self, address: str = DEFAULT_USERS[0][0], scopes: Iterable[str] = ("gmail.modify",)
    ) -> dict[str, str]:
        """The variables by which gmailkit works on the mailbox of `address`, for an hour.

        For `Settings.load(...)`, or with `os.environ` for another process.
        """
        token = self.issue_token(address, scopes)
        return {"GMAILKIT_API_ENDPOINT": self.url, "GMAILKIT_ACCESS_TOKEN": token}

    def change_password(self, address: str) -> None:
        """Ends every token of the user that reaches mail."""
        self.mail.grants.revoke_mail(self.mail.users.get(address).n)

    def disconnect(self, address: str) -> None:
        """The user removes the app on the account's page of connected apps."""
        self.mail.grants.revoke_all(self.mail.users.get(address).n)

    def end_session(self, address: str) -> None:
        """The administrator's session control asks for a new sign-in (invalid_rapt)."""
        self.mail.grants.end_sessions(self.mail.users.get(address).n, "invalid_rapt")

    def add_service_account(self, name: str = "robot") -> dict[str, object]:
        """A new service account's key file, whose token_uri is this sandbox (running, so far).

        It acts for nobody until `delegate` names its client_id. Raises UsageError for a name taken.
        """
        account, private_key = self.mail.service_accounts.add(name)
        return key_file(account, private_key, self.url)

    def delegate(self, client_id: str, scopes: Iterable[str]) -> None:
        """What a Workspace administrator enters: the whole list, exact or short names."""
        self.mail.service_accounts.delegate(client_id, _known(scopes))

    def undelegate(self, client_id: str) -> None:
        self.mail.service_accounts.undelegate(client_id)

    def deliver(
        self, address: str, mail: Mail | bytes, *, sender: str | None = None, spam: bool = False
    ) -> str:
        """Mail from outside reaches `address`, and its settings act on it; the id it has there.

        `sender` is the envelope's, "" for the null sender of reports; None takes it from From.
        Raises UsageError for an address of nobody, and for what is no mail.
        """
        if not isinstance(mail, Mail | bytes):
            raise UsageError(
                f"Mail to deliver is a Mail or bytes, not {type(mail).__name__}.",
                hint="Mail(sender=Address('ann@example.com'), text='Hello') is one.",
            )
        raw = mail if isinstance(mail, bytes) else build(mail)
        return deliver.receive(self.mail, address, raw, sender=sender, spam=spam).id

    def sent(self, address: str = DEFAULT_USERS[0][0]) -> list[Mail]:
        """What `address` has sent, oldest first."""
        ids = [id for id in self.mail.ids(address) if "SENT" in self.mail.labels_of(address, id)]
        return [parse(self.mail.raw(address, id)) for id in reversed(ids)]

    def takeout(
        self,
        address: str,
        path: Path,
        *,
        language: str = "",
        per_label: bool = False,
        part_bytes: int | None = None,
    ) -> list[Path]:
        """An archive of the mailbox as Google Takeout writes it: the files it came out as.

        `path` ends in .zip or .tgz, or is a folder. `language` is that of the account's pages, or
        any in `gmailkit.sandbox.takeout.languages`; `per_label` makes an mbox for each label;
        `part_bytes` splits it. Raises UsageError, CannotWrite; writes over nothing.
        """
        from gmailkit.sandbox.takeout.writer import Takeout

        about = Takeout(
            self.mail, address, language=language, per_label=per_label, part_bytes=part_bytes
        )
        return about.write(path)

    def reset(self) -> None:
        """As good as new within milliseconds: the default users, the sample if it had one, the
        consent, limits and latency it was made with, the right time; no grants, no faults.

        A client file stays good. Calls under way should have ended.
        """
        consent, limits, latency = self._made_with
        self.mail.begin_again(sample=self._sample and not self._lazily)
        self.policy = Policy()
        self.consent = consent
        self.clock.reset()
        self.faults.reset()
        self.meter.reset(limits=limits, latency=latency)
        self.traffic.reset()
        self._app.reset()
        self._sample_later()

    def _sample_later(self) -> None:
        if self._lazily:
            now = self.clock.now()
            self.mail.database.before_next_use(lambda: self.mail.put_sample(now))

    def start(self) -> Self:
        """Returns once it answers."""
        if self._listener is None:
            self._listener = Listener(self._port, self._app.answer, self.clock)
            self._app.origin = self.url
            self._listener.open()
            self._doors.open()
        return self

    def stop(self) -> None:
        """Ends every connection and closes the state; a stopped sandbox stays stopped."""
        if self._listener is not None:
            self._listener.close()
            self._listener = None
        self._doors.close()
        self.mail.close()
        self._stopped.set()

    def serve_forever(self) -> None:
        """Blocks until `stop` is called elsewhere or Ctrl-C is pressed (KeyboardInterrupt)."""
        with self:
            while not self._stopped.wait(1):
                pass

    def __enter__(self) -> Self:
        try:
            return self.start()
        except BaseException:
            self.stop()
            raise

    def __exit__(self, *_: object) -> None:
        self.stop()


def _known(scopes: Iterable[str]) -> tuple[str, ...]:
    """Long forms, each once. Raises UsageError for what Gmail does not have."""
    granted = scope_names.distinct(scope_names.expand(scope) for scope in scopes)
    if strange := [scope for scope in granted if not scope_names.delegable(scope)]:
        raise UsageError(f"Gmail has no scope {strange[0]}.", hint="Such as gmail.modify.")
    return granted
