"""`gmailkit` and `python -c` as processes that are forked where everything is loaded already.

Most of a short command is imports, and the documents hold hundreds. What runs is the same: a
process of its own, with the arguments, folder, environment and streams of whoever calls it. How a
cold one starts, other tests see (test_startup.py, and all that take the fixture `program`).

    with warm(folder):   # with `folder` first in its PATH a shell finds `gmailkit`, and
        ...              # `warm-python -c CODE`
"""

from __future__ import annotations

import importlib
import io
import marshal
import os
import runpy
import select
import signal
import socket
import subprocess
import sys
import time
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import ModuleType

LOADED = """
gmailkit.cli.app gmailkit.gmail.mailbox gmailkit.services.practice gmailkit.sandbox.server
gmailkit.services.offline.mailbox googleapiclient.discovery requests
""".split()

# Hands itself over: streams, then folder, environment and arguments; ends as the other one ended.
CALLER = f"""#!{sys.executable} -IS
import marshal, os, socket, sys
line = socket.socket(socket.AF_UNIX)
line.connect(%r)
socket.send_fds(line, [b"."], [0, 1, 2])
line.sendall(marshal.dumps((%r, sys.argv[1:], os.getcwd(), dict(os.environ))))
line.shutdown(socket.SHUT_WR)
status = line.recv(8)
sys.exit(os.waitstatus_to_exitcode(int(status)) if status else 70)
"""


@contextmanager
def warm(folder: Path) -> Iterator[Path]:
    """A folder of programs, which work while this is open."""
    address = str(folder / "line")
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("gmailkit", "warm-python"):
        (folder / name).write_text(CALLER % (address, name))
        (folder / name).chmod(0o700)
    with (
        socket.socket(socket.AF_UNIX) as line,
        subprocess.Popen([sys.executable, __file__, address]) as server,
    ):
        try:
            while line.connect_ex(address):
                assert server.poll() is None, "it did not start"
                time.sleep(0.02)
            yield folder
        finally:
            server.kill()


def serve(address: str) -> None:
    """Fork for each call a process that waits for the one that does the work."""
    for name in LOADED:
        importlib.import_module(name)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # those that wait: nobody waits for them
    with socket.socket(socket.AF_UNIX) as line:
        line.bind(address)
        line.listen(50)
        while True:
            caller, _ = line.accept()
            with caller:
                if os.fork() == 0:
                    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                    line.close()
                    _answer(caller)
                    os._exit(0)


def _answer(caller: socket.socket) -> None:
    start, streams, _, _ = socket.recv_fds(caller, 1, 3)
    if not start:
        return
    with caller.makefile("rb") as file:
        program, words, folder, environment = marshal.loads(file.read())
    child = os.fork()
    if child == 0:
        caller.close()
        _become(streams, folder, environment)
        _run(program, words)
    for each in streams:
        os.close(each)
    if _is_gone(caller, child):
        os.kill(child, signal.SIGTERM)  # whoever ends the caller means this one
    _, status = os.waitpid(child, 0)
    with suppress(BrokenPipeError):
        caller.sendall(str(status).encode())


def _is_gone(caller: socket.socket, child: int) -> bool:
    """Whether the caller goes before the child ends."""
    ended = os.pidfd_open(child)
    both = select.poll()
    both.register(caller, 0)  # that the other side is closed is told unasked
    both.register(ended, select.POLLIN)
    found = {descriptor for descriptor, _ in both.poll()}
    os.close(ended)
    return ended not in found


def _become(streams: Sequence[int], folder: str, environment: dict[str, str]) -> None:
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    time.tzset()
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    sys.stdin = sys.__stdin__ = io.TextIOWrapper(io.FileIO(0, closefd=False))  # type: ignore[misc]
    sys.stdout = sys.__stdout__ = _writing(1, "strict")  # type: ignore[misc]
    sys.stderr = sys.__stderr__ = _writing(2, "backslashreplace")  # type: ignore[misc]


def _writing(number: int, errors: str) -> io.TextIOWrapper:
    raw = io.BufferedWriter(io.FileIO(number, "w", closefd=False))
    return io.TextIOWrapper(raw, errors=errors, line_buffering=number == 2)


def _run(program: str, words: list[str]) -> None:
    code = 0
    try:
        if program == "gmailkit":
            sys.argv = [program, *words]
            runpy.run_module("gmailkit", run_name="__main__", alter_sys=True)
        else:
            assert words[0] == "-c"
            sys.argv, sys.path[0] = words[:1], ""
            sys.modules["__main__"] = main = ModuleType("__main__")
            exec(compile(words[1], "<string>", "exec"), main.__dict__)
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:  # noqa: BLE001 - as Python does it
        traceback.print_exc()
        code = 1
    from gmailkit.__main__ import _leave

    _leave(code)


if __name__ == "__main__":
    serve(sys.argv[1])
