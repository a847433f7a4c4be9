"""A real mail server (Exim, of Debian) on loopback: STARTTLS, AUTH, delivery into Maildirs.

`tools/fetch_mta.sh` unpacks it into `.mta/`; where it is not, tests skip.
"""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1] / ".mta" / "root"
PROGRAM = ROOT / "usr" / "sbin" / "exim4"
USER, WORD = "ann", "open sesame"
# Exim makes no path of what a stranger said: a mailbox is one of these, in a folder of that name.
MAILBOXES = (
    "ann plain login eight third fourth fifth sixth seventh eighth ninth tenth unseen parked "
    "reported "
    "bob jörg"
).split()

CONFIGURATION = """
exim_path = {program}
primary_hostname = mail.example.com
domainlist local_domains = example.com
spool_directory = {folder}/spool
log_file_path = {folder}/log/%slog
pid_file_path = {folder}/exim.pid
exim_user = {user}
exim_group = {group}

local_interfaces = 127.0.0.1
daemon_smtp_ports = {port}
tls_advertise_hosts = *
tls_certificate = {folder}/server.pem
tls_privatekey = {folder}/server.pem
auth_advertise_hosts = ${{if eq{{$tls_in_cipher}}{{}}{{}}{{*}}}}
dsn_advertise_hosts = *
smtputf8_advertise_hosts = *
message_size_limit = 1M
acl_smtp_rcpt = check_rcpt
acl_smtp_data = accept
host_lookup =
rfc1413_hosts =
queue_only = false
smtp_accept_max = 0
check_spool_space = 0
check_spool_inodes = 0
check_log_space = 0
check_log_inodes = 0
keep_environment = LD_LIBRARY_PATH
begin acl
check_rcpt:
  deny    !authenticated = *
          message = sign in first
  deny    local_parts = nobody
          message = no such user here
  defer   local_parts = later
          message = not now
  accept
begin routers
maildirs:
  driver = accept
  local_parts = lsearch;{folder}/mailboxes
  transport = maildir
begin transports
maildir:
  driver = appendfile
  directory = {folder}/mail/$local_part_data
  maildir_format
  create_directory
  user = {user}
  group = {group}
  envelope_to_add
  return_path_add
begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_condition = ${{if and{{{{eq{{$auth2}}{{{name}}}}}{{eq{{$auth3}}{{{word}}}}}}}}}
  server_set_id = $auth2
login:
  driver = plaintext
  public_name = LOGIN
  server_prompts = <| Username: | Password:
  server_condition = ${{if and{{{{eq{{$auth1}}{{{name}}}}}{{eq{{$auth2}}{{{word}}}}}}}}}
  server_set_id = $auth1
"""


class Exim:
    """Runs from `with` on. Mail for anybody lies in `folder`/mail/NAME/new."""

    def __init__(self, folder: Path, certificate: Path) -> None:
        if not PROGRAM.exists():
            pytest.skip("no Exim in .mta: sh tools/fetch_mta.sh")
        try:
            pwd.getpwnam("Debian-exim")
        except KeyError:
            pytest.skip("Exim of Debian needs the user Debian-exim to exist")
        self.folder = folder
        self._certificate = certificate

    @property
    def url(self) -> str:
        return f"smtp+starttls://{USER}@127.0.0.1:{self.port}"

    def __enter__(self) -> Exim:
        for each in ("spool", "log", "mail"):
            (self.folder / each).mkdir(parents=True)
        shutil.copy(self._certificate, self.folder / "server.pem")
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        names = "".join(f"{each}: {each}\n" for each in MAILBOXES)
        (self.folder / "mailboxes").write_text(names)
        self._give_away()
        configuration = self.folder / "exim.conf"
        configuration.write_text(self._configured())
        configuration.chmod(0o644)
        libraries = str(next((ROOT / "usr" / "lib").glob("*-linux-gnu")))
        self._process = subprocess.Popen(
            [PROGRAM, "-C", configuration, "-bdf", "-q1m"],
            env={"PATH": os.environ["PATH"], "LD_LIBRARY_PATH": libraries},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        self._wait()
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.communicate()

    def delivered(self, name: str, *, count: int = 1) -> list[bytes]:
        """Messages in somebody's Maildir, once there are as many."""
        new = self.folder / "mail" / name / "new"
        for _ in range(400):
            found = sorted(new.iterdir()) if new.is_dir() else []
            if len(found) >= count:
                return [each.read_bytes() for each in found]
            time.sleep(0.025)
        raise AssertionError(f"no mail for {name}: {self.log()}")

    def log(self) -> str:
        return "".join(each.read_text() for each in sorted((self.folder / "log").glob("*log")))

    def _configured(self) -> str:
        own = pwd.getpwnam("Debian-exim") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
        return CONFIGURATION.format(
            folder=self.folder,
            program=PROGRAM,
            user=own.pw_name,
            group=own.pw_gid,
            port=self.port,
            name=USER,
            word=WORD,
        )

    def _give_away(self) -> None:
        """Started by root it works as Debian-exim, which must be able to enter its folders."""
        if os.geteuid() != 0:
            return
        own = pwd.getpwnam("Debian-exim")
        for each in (self.folder, *self.folder.rglob("*")):
            os.chown(each, own.pw_uid, own.pw_gid)

    def _wait(self) -> None:
        for _ in range(400):
            if self._process.poll() is not None:
                _, said = self._process.communicate()
                raise AssertionError(said.decode())
            with socket.socket() as trial:
                if trial.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.025)
        raise AssertionError("Exim does not come up")
