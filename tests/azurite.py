"""Azurite's blob service on loopback, where it is installed (npm install -g azurite)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from email.utils import formatdate

ACCOUNT = "devstoreaccount1"  # Azurite's own, and its key: both are in its documentation
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
PROGRAM = shutil.which("azurite-blob")


@contextmanager
def azurite() -> Iterator[dict[str, str]]:
    """The environment in which it is Azure."""
    assert PROGRAM
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = ["--disableTelemetry", "--silent", "--inMemoryPersistence", "--skipApiVersionCheck"]
    server = subprocess.Popen(
        [PROGRAM, "--blobHost", "127.0.0.1", "--blobPort", str(port), *words],
        stdout=subprocess.DEVNULL,
    )
    try:
        for _ in range(200):
            with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            time.sleep(0.05)
        yield {
            "AZURE_STORAGE_ACCOUNT_NAME": ACCOUNT,
            "AZURE_STORAGE_ACCOUNT_KEY": KEY,
            "AZURE_ENDPOINT": f"http://127.0.0.1:{port}/{ACCOUNT}",
            "AZURE_ALLOW_HTTP": "true",
        }
    finally:
        server.terminate()
        server.wait()


def make_container(endpoint: str, name: str) -> None:
    """By Azure's "Authorize with Shared Key"."""
    place = endpoint.removeprefix("http://").partition("/")
    date, version = formatdate(usegmt=True), "2021-12-02"
    said = "PUT" + "\n" * 12 + f"x-ms-date:{date}\nx-ms-version:{version}\n"
    said += f"/{ACCOUNT}/{ACCOUNT}/{name}\nrestype:container"
    signed = hmac.new(base64.b64decode(KEY), said.encode(), hashlib.sha256).digest()
    connection = http.client.HTTPConnection(place[0])
    connection.request(
        "PUT",
        f"/{place[2]}/{name}?restype=container",
        headers={
            "x-ms-date": date,
            "x-ms-version": version,
            "Authorization": f"SharedKey {ACCOUNT}:{base64.b64encode(signed).decode()}",
        },
    )
    answer = connection.getresponse()
    connection.close()
    assert answer.status == 201, answer.read()
