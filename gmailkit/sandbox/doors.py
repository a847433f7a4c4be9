"""The ports beside HTTP: opened when they are asked for, so a sandbox starts as fast as ever."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from gmailkit.errors import UsageError
from gmailkit.sandbox.faults import Faults
from gmailkit.sandbox.meter import Meter
from gmailkit.sandbox.state.state import State
from gmailkit.sandbox.traffic import Traffic

if TYPE_CHECKING:
    from gmailkit.sandbox.authority import Authority
    from gmailkit.sandbox.door import Door, Serve

Kind = Literal["imap", "pop3", "smtp", "smtps"]


class Doors:
    """`wanted` are the ports to open at the start; None leaves it to the first question."""

    def __init__(
        self,
        state: State,
        meter: Meter,
        traffic: Traffic,
        faults: Faults,
        wanted: Mapping[Kind, int | None],
    ) -> None:
        self._state = state
        self._meter = meter
        self._traffic = traffic
        self._faults = faults
        self._wanted = wanted
        self._open: dict[Kind, Door] = {}
        self._guard = threading.Lock()
        self._running = False

    def open(self) -> None:
        """Raises UsageError for a port that cannot be had."""
        self._running = True
        for kind, port in self._wanted.items():
            if port is not None:
                self.port(kind)

    def port(self, kind: Kind) -> int:
        if not self._running:
            raise UsageError("The sandbox is not running.", hint="Call start() first.")
        with self._guard:
            if kind not in self._open:
                self._open[kind] = self._made(kind)
            return self._open[kind].port

    def ports(self) -> dict[str, int]:
        """Of the doors that are open."""
        with self._guard:
            return {kind: self._open[kind].port for kind in self._wanted if kind in self._open}

    def close(self) -> None:
        self._running = False
        with self._guard:
            while self._open:
                self._open.popitem()[1].close()

    def trust(self) -> ssl.SSLContext:
        return ssl.create_default_context(cadata=self.certificate)

    @property
    def certificate(self) -> str:
        return self._authority.pem

    @cached_property
    def _authority(self) -> Authority:
        from gmailkit.sandbox.authority import Authority

        return Authority()  # of the real time, by which clients judge a certificate

    def _made(self, kind: Kind) -> Door:
        from gmailkit.sandbox.authority import LOCAL
        from gmailkit.sandbox.door import Door

        tls = self._authority.context(LOCAL)
        serve = self._served(kind, tls)
        return Door(self._wanted[kind] or 0, serve, tls=None if kind == "smtp" else tls)

    def _served(self, kind: Kind, tls: ssl.SSLContext) -> Serve:
        match kind:
            case "imap":
                from gmailkit.sandbox.imap.server import Imap

                return Imap(self._state, self._traffic, self._faults).serve
            case "pop3":
                from gmailkit.sandbox.pop3.session import Pop3

                return Pop3(self._state, self._traffic, self._faults).serve
            case "smtp" | "smtps":
                from gmailkit.sandbox.smtp.session import Smtp

                return Smtp(self._state, self._meter, self._faults, tls).serve
