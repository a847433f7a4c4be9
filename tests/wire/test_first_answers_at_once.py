"""The first answers of a kind may come to several threads at once."""

from __future__ import annotations

import subprocess
import sys

# Each shape is new to msgspec; threads change as often as Python lets them.
PROGRAM = """
import sys, threading, types
from gmailkit.wire.call import _decoder

SHAPES = '''
import msgspec
class Header(msgspec.Struct):
    name: str = ""
class Part(msgspec.Struct):
    parts: "list[Part]" = []
    headers: "list[Header]" = []
class Message(msgspec.Struct):
    id: str = ""
    part: "Part | None" = None
'''
ANSWER = b'{"id": "a", "part": {"parts": [{"parts": [{"headers": [{"name": "x"}]}]}]}}'
sys.setswitchinterval(1e-6)
for number in range(1000):
    name = f"shapes_{number}"
    module = sys.modules[name] = types.ModuleType(name)
    exec(SHAPES, module.__dict__)
    together, ids = threading.Barrier(8), []

    def first():
        together.wait()
        ids.append(_decoder(module.Message).decode(ANSWER).id)

    threads = [threading.Thread(target=first) for _ in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert ids == ["a"] * 8, ids
print("all read")
"""


def test_the_first_answers_are_read_by_eight_threads_at_once() -> None:
    run = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True)
    assert (run.stdout, run.returncode) == ("all read\n", 0), run.stderr
