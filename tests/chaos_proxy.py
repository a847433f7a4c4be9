"""What lies between a client and a server on a bad day: it drops, delays and corrupts."""

from __future__ import annotations

import random
import select
import socket
import threading
import time
from contextlib import suppress
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Weather:
    """Of one connection: after so many bytes in both directions it is cut, a byte is flipped, or
    nothing goes on for a moment; 0 never.
    """

    cut: int = 0
    flip: int = 0
    delay: int = 0


class ChaosProxy:
    """In front of a port of this machine; every connection has a weather of its own, by chance.

    `clear`: no byte is flipped, since nobody could tell without TLS.
    """

    def __init__(self, port: int, seed: int, *, clear: bool = False, mean: int = 20_000) -> None:
        self._to = port
        self._random = random.Random(seed)
        self._clear = clear
        self._mean = mean
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self.connections = 0
        threading.Thread(target=self._serve, daemon=True).start()

    def __enter__(self) -> ChaosProxy:
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self.connections += 1
            weather = self._weather()
            threading.Thread(target=self._pass, args=(connection, weather), daemon=True).start()

    def _weather(self) -> Weather:
        def some() -> int:
            return 1 + int(self._random.expovariate(1 / self._mean))

        kind = self._random.random()
        if kind < 0.15:
            return Weather()
        return Weather(
            cut=some() if kind < 0.6 or self._clear else 0,
            flip=some() if kind >= 0.6 and not self._clear else 0,
            delay=some() if kind > 0.8 else 0,
        )

    def _pass(self, client: socket.socket, weather: Weather) -> None:
        passed = 0
        with client, socket.create_connection(("127.0.0.1", self._to)) as server, suppress(OSError):
            while True:
                for here in select.select([client, server], [], [])[0]:
                    piece = bytearray(here.recv(65_536))
                    if not piece:
                        return
                    before, passed = passed, passed + len(piece)
                    if before < weather.delay <= passed:
                        time.sleep(0.02)
                    if before < weather.flip <= passed:
                        piece[weather.flip - before - 1] ^= 0x55
                    if before < weather.cut <= passed:
                        del piece[weather.cut - before - 1 :]
                    (server if here is client else client).sendall(piece)
                    if weather.cut and passed >= weather.cut:
                        return
