"""A real server of IMAP and POP3 (Dovecot, of Debian) on loopback: TLS, passwords, tokens.

`apt-get install dovecot-imapd dovecot-pop3d`; where it is not, tests skip.
"""

from __future__ import annotations

import atexit
import json
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from gmailkit.secret import Secret
from gmailkit.transport.imap.session import Session
from gmailkit.transport.mail_server import read_mail_server
from gmailkit.transport.sasl import Login
from gmailkit.transport.smtp.throwaway import make_certificate

PROGRAM = shutil.which("dovecot", path=f"{os.environ['PATH']}:/usr/sbin")
MEMORY = Path("/dev/shm")
WORD = "open-sesame"
_PORTS = ("imap", "imaps", "pop3", "pop3s")

CONFIGURATION = """
base_dir = {folder}/run
state_dir = {folder}/state
instance_name = gmailkit-test
log_path = {folder}/dovecot.log
protocols = imap pop3
listen = 127.0.0.1
ssl = yes
ssl_cert = <{folder}/server.pem
ssl_key = <{folder}/server.pem
disable_plaintext_auth = no
auth_mechanisms = plain login xoauth2 oauthbearer
auth_failure_delay = 0
mail_location = maildir:{folder}/mail/%u:LAYOUT={layout}
mail_save_crlf = yes
mail_fsync = never
mail_uid = {user}
mail_gid = {group}
first_valid_uid = 1
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {login}
mail_max_userip_connections = 100
mail_plugins = quota
protocol imap {{
  mail_plugins = $mail_plugins imap_quota
}}
plugin {{
  quota = maildir:
}}
service anvil {{
  {chroot}
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service imap-login {{
  {chroot}
  inet_listener imap {{
    port = {imap}
  }}
  inet_listener imaps {{
    port = {imaps}
    ssl = yes
  }}
}}
service pop3-login {{
  {chroot}
  inet_listener pop3 {{
    port = {pop3}
  }}
  inet_listener pop3s {{
    port = {pop3s}
    ssl = yes
  }}
}}
passdb {{
  driver = static
  mechanisms = plain login
  args = password={word}
}}
passdb {{
  driver = oauth2
  mechanisms = xoauth2 oauthbearer
  args = {folder}/oauth2.conf
}}
userdb {{
  driver = static
  args = uid={user} gid={group} home={folder}/mail/%u
}}
namespace inbox {{
  inbox = yes
  separator = {separator}
  prefix = {prefix}
  mailbox Sent {{
    special_use = \\Sent
    auto = create
  }}
  mailbox Junk {{
    special_use = \\Junk
    auto = create
  }}
  mailbox Papierkorb {{
    special_use = \\Trash
    auto = create
  }}
  mailbox Drafts {{
    special_use = \\Drafts
    auto = create
  }}
}}
"""
OAUTH2 = """
introspection_url = http://127.0.0.1:{port}/
introspection_mode = post
force_introspection = yes
username_attribute = user
active_attribute = active
active_value = yes
"""


class Dovecot:
    """Runs from `with` on; `dotted` as Courier and Cyrus do it: folders lie below INBOX, and a dot
    parts levels. Every name signs in with WORD, or by a token of `tokens` that is its
    own; each has a mailbox of its own, in `folder`/mail/NAME.
    """

    def __init__(self, folder: Path, certificate: Path, *, dotted: bool = False) -> None:
        self._dotted = dotted
        if PROGRAM is None:
            pytest.skip("no Dovecot: apt-get install dovecot-imapd dovecot-pop3d")
        self.folder = folder
        self.tokens: dict[str, str] = {}
        self._certificate = certificate

    def url(self, kind: str, user: str) -> str:
        """`kind` is imap, imaps, pop3 or pop3s."""
        return f"{kind}://{user}@127.0.0.1:{self.ports[kind]}"

    def __enter__(self) -> Dovecot:
        self._judge = ThreadingHTTPServer(("127.0.0.1", 0), _judging(self.tokens))
        threading.Thread(target=self._judge.serve_forever, daemon=True).start()
        for each in ("run", "state", "mail"):
            (self.folder / each).mkdir()
        shutil.copy(self._certificate, self.folder / "server.pem")
        oauth2 = OAUTH2.format(port=self._judge.server_port)
        (self.folder / "oauth2.conf").write_text(oauth2)
        self.ports = dict(zip(_PORTS, _free(len(_PORTS)), strict=True))
        configuration = self.folder / "dovecot.conf"
        configuration.write_text(self._configured())
        self.folder.chmod(0o755)
        if os.geteuid() == 0:
            shutil.chown(self.folder / "mail", "nobody", "nogroup")
        assert PROGRAM
        self._process = subprocess.Popen(
            [PROGRAM, "-F", "-c", configuration],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        self._wait()
        return self

    def __exit__(self, *_: object) -> None:
        self._judge.shutdown()
        self._judge.server_close()
        self._process.terminate()
        self._process.communicate()

    def mailbox(self, user: str) -> Path:
        return self.folder / "mail" / user

    def limit(self, user: str, size: int) -> None:
        """So many bytes of mail and no more may the mailbox hold from now on; 0: as many as come.
        Nobody may be signed in to it.
        """
        file = self.mailbox(user) / "maildirsize"
        file.unlink(missing_ok=True)
        if size:
            file.parent.mkdir(exist_ok=True)
            file.write_text(f"{size}S\n0 0\n")
            if os.geteuid() == 0:
                for each in (file.parent, file):
                    shutil.chown(each, "nobody", "nogroup")

    def log(self) -> str:
        return (self.folder / "dovecot.log").read_text()

    def _configured(self) -> str:
        root = os.geteuid() == 0
        own = pwd.getpwuid(os.geteuid())
        user, group = ("nobody", "nogroup") if root else (own.pw_name, str(own.pw_gid))
        return CONFIGURATION.format(
            folder=self.folder,
            word=WORD,
            user=user,
            group=group,
            login=user,
            chroot="chroot =",
            layout="maildir++" if self._dotted else "fs",
            separator="." if self._dotted else "/",
            prefix="INBOX." if self._dotted else "",
            **self.ports,
        )

    def _wait(self) -> None:
        for _ in range(400):
            if self._process.poll() is not None:
                _, said = self._process.communicate()
                raise AssertionError(said.decode())
            with socket.socket() as trial:
                if trial.connect_ex(("127.0.0.1", self.ports["imap"])) == 0:
                    return
            time.sleep(0.01)
        raise AssertionError(f"Dovecot does not come up: {self.log()}")


def running(*, dotted: bool = False) -> Dovecot:
    """One of each kind for all tests of a process; skips where there is none. Who speaks TLS to it
    has to trust its certificate, `folder`/server.pem.
    """
    return _running(dotted)


@cache
def _running(dotted: bool) -> Dovecot:
    quick = MEMORY if os.access(MEMORY, os.W_OK) else None
    folder = tempfile.TemporaryDirectory(prefix="gmailkit-dovecot-", dir=quick)
    atexit.register(folder.cleanup)
    inside = Path(folder.name)
    inside.chmod(0o755)  # what it does for a mailbox it does as somebody who owns nothing else
    server = Dovecot(inside, make_certificate(inside / "made.pem"), dotted=dotted)
    atexit.register(server.__exit__)
    return server.__enter__()


def session(kind: str, user: str, *, dotted: bool = False, **how: Any) -> Session:
    """Not open yet: with the password, to a mailbox of that name."""
    server = running(dotted=dotted)
    login = Login(user=user, kind="password", secret=lambda: Secret(WORD))
    return Session(read_mail_server(server.url(kind, user)), login, **how)


def _free(count: int) -> list[int]:
    """Ports that nobody has at the moment."""
    held = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in held]
    for each in held:
        each.close()
    return ports


def _judging(tokens: dict[str, str]) -> type[BaseHTTPRequestHandler]:
    """Says whose a token is (RFC 7662), as Dovecot asks."""

    class Judge(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            from urllib.parse import parse_qs

            asked = self.rfile.read(int(self.headers["Content-Length"])).decode()
            token = parse_qs(asked).get("token", [""])[0]
            user = tokens.get(token)
            facts = {"active": "yes", "user": user} if user else {"active": "no"}
            answer = json.dumps(facts).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: Any) -> None: ...

    return Judge
