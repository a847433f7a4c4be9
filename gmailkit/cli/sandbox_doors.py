"""How the ports of `gmailkit sandbox` beside HTTP are told to programs."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from gmailkit.sandbox import Sandbox

_SCHEMES = {"imap": "imaps", "pop3": "pop3s", "smtp": "smtp+starttls", "smtps": "smtps"}


@dataclass(frozen=True, slots=True)
class Doors:
    """Ports by kind; `certificate` is the file that vouches for them, `password` an app password
    of `user`.
    """

    ports: Mapping[str, int]
    user: str
    certificate: Path
    password: str

    def urls(self) -> dict[str, str]:
        user = quote(self.user, safe="@")
        return {
            kind: f"{_SCHEMES[kind]}://{user}@localhost:{port}" for kind, port in self.ports.items()
        }

    def fields(self) -> dict[str, object]:
        return {
            **self.urls(),
            "certificate": self.certificate,
            "app_password": self.password,
        }

    def lines(self) -> Iterator[str]:
        """For a shell: gmailkit, curl and Python believe the certificate by the first one."""
        yield f"export SSL_CERT_FILE={shlex.quote(str(self.certificate))}"
        urls = self.urls()
        for kind in ("imap", "pop3"):
            if kind in urls:
                yield f"export GMAILKIT_SANDBOX_{kind.upper()}={urls[kind]}"
        yield f"export GMAILKIT_MAIL_PASSWORD={self.password}"
        if sending := urls.get("smtps") or urls.get("smtp"):
            yield f"export GMAILKIT_SMTP={sending}"
            yield f"export GMAILKIT_SMTP_PASSWORD={self.password}"


def open_doors(served: Sandbox, user: str, certificate: Path) -> Doors | None:
    """The ports that were asked for; None without any. Writes the certificate's file."""
    from gmailkit.paths import write_private

    ports = served.open_ports
    if not ports:
        return None
    write_private(certificate, served.certificate.encode())
    password = served.app_password(user).replace(" ", "")
    return Doors(ports, user, certificate, password)
