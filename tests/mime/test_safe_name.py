"""File names of strangers: S7 of the security figures, at least 150 hostile names."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gmailkit.mime.filename import MAX_BYTES, fitted, safe_name

# Hostile name -> what it becomes.
NAMES: dict[str, str] = {
    # Paths are cut to their last segment.
    "../evil.txt": "evil.txt",
    "../../evil.txt": "evil.txt",
    "../../../../../../etc/passwd": "passwd",
    "..\\..\\evil.txt": "evil.txt",
    "..\\../evil.txt": "evil.txt",
    "./evil.txt": "evil.txt",
    "a/../../evil.txt": "evil.txt",
    "....//....//evil.txt": "evil.txt",
    "/etc/passwd": "passwd",
    "//etc/passwd": "passwd",
    "/": "attachment.pdf",
    "//": "attachment.pdf",
    "a/": "a",
    "a/..": "a",
    "a/.": "a",
    "a//": "a",
    "a\\": "a",
    "~/.ssh/authorized_keys": "authorized_keys",
    "~root/x": "x",
    "dir/sub/file.pdf": "file.pdf",
    "C:\\Windows\\win.ini": "win.ini",
    "c:/Windows/win.ini": "win.ini",
    "C:evil.txt": "evil.txt",
    "C:": "attachment.pdf",
    "C:\\": "attachment.pdf",
    "C:..\\x": "x",
    "\\\\server\\share\\x.doc": "x.doc",
    "//server/share/x.doc": "x.doc",
    "\\\\?\\C:\\x.doc": "x.doc",
    "\\\\.\\pipe\\x": "x",
    "\\\\.\\PhysicalDrive0": "PhysicalDrive0",
    "file:///etc/passwd": "passwd",
    "http://evil.example/x.exe": "x.exe",
    "/dev/null": "null",
    "/proc/self/mem": "mem",
    # Dots and blanks at the ends.
    "": "attachment.pdf",
    " ": "attachment.pdf",
    ".": "attachment.pdf",
    "..": "attachment.pdf",
    "...": "attachment.pdf",
    ". .": "attachment.pdf",
    " . . ": "attachment.pdf",
    "./": "attachment.pdf",
    "../": "attachment.pdf",
    "../..": "attachment.pdf",
    "..\\": "attachment.pdf",
    "./.": "attachment.pdf",
    "." * 300: "attachment.pdf",
    " " * 300: "attachment.pdf",
    ".bashrc": "bashrc",
    ".ssh": "ssh",
    "..a": "a",
    "a.": "a",
    "a..": "a",
    "a ": "a",
    "a. ": "a",
    "a . . ": "a",
    " a": "a",
    "\ta\t": "_a_",
    "evil.exe.": "evil.exe",
    "evil.exe ": "evil.exe",
    "evil.exe\u00a0": "evil.exe",
    "evil.exe\u3000": "evil.exe",
    "evil.pdf" + " " * 60 + ".exe": "evil.pdf .exe",
    "a\u2024": "a",
    "\u2024\u2024": "attachment.pdf",
    "\u2025": "attachment.pdf",
    "\u2026": "attachment.pdf",
    "\uff0e\uff0e": "attachment.pdf",
    "\ufe52\ufe52": "attachment.pdf",
    # Devices of Windows.
    "CON": "_CON",
    "con": "_con",
    "Con.txt": "_Con.txt",
    "con.tar.gz": "_con.tar.gz",
    "con .txt": "_con .txt",
    "con.": "_con",
    "con ": "_con",
    "PRN": "_PRN",
    "prn.pdf": "_prn.pdf",
    "AUX": "_AUX",
    "aux.h": "_aux.h",
    "NUL": "_NUL",
    "nul.txt": "_nul.txt",
    "NUL.": "_NUL",
    "COM0": "_COM0",
    "COM1": "_COM1",
    "com9.txt": "_com9.txt",
    "COM\u00b9": "_COM\u00b9",
    "com\u00b2.log": "_com\u00b2.log",
    "LPT0": "_LPT0",
    "LPT1": "_LPT1",
    "lpt9.doc": "_lpt9.doc",
    "LPT\u00b3": "_LPT\u00b3",
    "CONIN$": "_CONIN$",
    "conout$": "_conout$",
    "CLOCK$": "_CLOCK$",
    "\uff23\uff2f\uff2e": "_\uff23\uff2f\uff2e",
    "C:\\CON": "_CON",
    "../aux.c": "_aux.c",
    "console.log": "console.log",
    "com10": "com10",
    "nullable.txt": "nullable.txt",
    # Characters that mean something to a system.
    "a<b>.txt": "a_b_.txt",
    'a"b".txt': "a_b_.txt",
    "a|b": "a_b",
    "a?b": "a_b",
    "a*b": "a_b",
    "file.txt:evil.exe": "file.txt_evil.exe",
    "file.txt::$DATA": "file.txt__$DATA",
    "::$DATA": "__$DATA",
    "-rf": "_-rf",
    "$(reboot).txt": "$(reboot).txt",
    "`reboot`.txt": "`reboot`.txt",
    "a;b&c": "a;b&c",
    "%2e%2e%2fpasswd": "%2e%2e%2fpasswd",
    "..%2f..%2fpasswd": "%2f..%2fpasswd",
    "..%c0%afpasswd": "%c0%afpasswd",
    # Control characters.
    "a\0b.txt": "a_b.txt",
    "evil.exe\0.pdf": "evil.exe_.pdf",
    "\0": "_",
    "a\nb": "a_b",
    "a\r\nb": "a__b",
    "a\x1b[31mb": "a_[31mb",
    "a\x07b": "a_b",
    "a\x7fb": "a_b",
    "a\x85b": "a_b",
    "a\x9bb": "a_b",
    "a\u2028b": "a_b",
    "a\u2029b": "a_b",
    "\ud800a": "_a",
    "a\udcffb": "a_b",
    # Bidi controls and other invisibles.
    "invoice\u202efdp.exe": "invoicefdp.exe",
    "a\u202ab": "ab",
    "a\u202bb": "ab",
    "a\u202cb": "ab",
    "a\u202db": "ab",
    "a\u2066b": "ab",
    "a\u2067b": "ab",
    "a\u2068b": "ab",
    "a\u2069b": "ab",
    "a\u200eb": "ab",
    "a\u200fb": "ab",
    "a\u061cb": "ab",
    "a\u200bb": "ab",
    "a\u2060b": "ab",
    "\ufeffa": "a",
    "a\u00adb": "ab",
    "\u202e": "attachment.pdf",
    "\u200b\u200b": "attachment.pdf",
    "\u200d": "attachment.pdf",
    "a\U000e0061b": "ab",
    "\u2800": "attachment.pdf",
    "\u3164": "attachment.pdf",
    ".\u202e.": "attachment.pdf",
    "c\u200bon": "_con",
    # What looks like a slash.
    "..\u2215..\u2215evil": "_.._evil",
    "a\u2044b": "a_b",
    "a\u2215b": "a_b",
    "a\uff0fb": "a_b",
    "a\u29f8b": "a_b",
    "a\u2571b": "a_b",
    "a\u27cbb": "a_b",
    "a\u2216b": "a_b",
    "a\uff3cb": "a_b",
    "a\ufe68b": "a_b",
    "a\u29f5b": "a_b",
    "a\u29f9b": "a_b",
    "a\u27cdb": "a_b",
    "\uff0fetc\uff0fpasswd": "_etc_passwd",
    # Too long: cut between characters, in front of the suffix.
    "x" * 300: "x" * 200,
    "x" * 296 + ".pdf": "x" * 196 + ".pdf",
    "x" * 10_000 + ".tar.gz": "x" * 193 + ".tar.gz",
    "\u00e9" * 300 + ".pdf": "\u00e9" * 98 + ".pdf",
    "\u65e5" * 10_000 + ".docx": "\u65e5" * 65 + ".docx",
    "\U0001f4ce" * 100 + ".pdf": "\U0001f4ce" * 49 + ".pdf",
    "x." + "y" * 300: "x." + "y" * 198,
    "x" * 190 + "." + "y" * 40: "x" * 190 + "." + "y" * 9,
    "x" * 195 + " . " + "y" * 9 + ".pdf": "x" * 195 + ".pdf",
    # Nothing wrong: left alone.
    "report.pdf": "report.pdf",
    "Bericht M\u00e4rz (2).pdf": "Bericht M\u00e4rz (2).pdf",
    "\u6c7a\u7b97\u5831\u544a.pdf": "\u6c7a\u7b97\u5831\u544a.pdf",
    "\u0645\u0631\u062d\u0628\u0627.txt": "\u0645\u0631\u062d\u0628\u0627.txt",
    "\U0001f469\u200d\U0001f469.png": "\U0001f469\u200d\U0001f469.png",
    "e\u0301.txt": "\u00e9.txt",
    "a  b.txt": "a b.txt",
    "v1.2.3": "v1.2.3",
}


@pytest.mark.parametrize("name", NAMES, ids=lambda name: ascii(name)[1:40])
def test_hostile_names(name: str) -> None:
    assert safe_name(name, content_type="application/pdf") == NAMES[name]


def test_the_table_is_long_enough() -> None:
    assert len(NAMES) >= 150


@pytest.mark.parametrize(
    ("content_type", "name"),
    [
        ("", "attachment"),
        ("text/plain", "attachment.txt"),
        ("IMAGE/JPEG", "attachment.jpg"),
        ("message/rfc822", "attachment.eml"),
        ("text/calendar; method=REQUEST", "attachment.ics"),
        ("application/octet-stream", "attachment.bin"),
        ("application/x-unknown", "attachment"),
        ("../../x", "attachment"),
    ],
)
def test_a_missing_name_is_made_from_the_type(content_type: str, name: str) -> None:
    assert safe_name("", content_type=content_type) == name


DEVICES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)\s*(\..*)?", re.IGNORECASE | re.DOTALL)
NASTY = st.sampled_from(
    [*"./\\: \0\n~$%<>|?*\u202e\u2215\uff0f\u200d\u0301\u034f", "..", "con", "a", "é"]
)
ANY_NAME = st.text() | st.lists(NASTY, max_size=30).map("".join) | st.text(min_size=150)


@given(ANY_NAME)
@example("e\u200e\u0301")
def test_every_name_becomes_one_harmless_segment(name: str) -> None:
    safe = safe_name(name, content_type="application/pdf")
    assert safe
    assert len(safe.encode()) <= MAX_BYTES
    assert not set(safe) & set('/\\:<>"|?*\u2044\u2215\uff0f\u29f8\uff3c')
    assert not any(unicodedata.category(ch) in ("Cc", "Cs", "Zl", "Zp") for ch in safe)
    assert not any(unicodedata.bidirectional(ch) in BIDI_CONTROLS for ch in safe)
    assert not safe.startswith((".", " "))
    assert not safe.endswith((".", " "))
    assert not DEVICES.fullmatch(safe)
    assert safe_name(safe, content_type="image/png") == safe


BIDI_CONTROLS = ("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI")


@given(ANY_NAME)
def test_nothing_is_written_outside_the_folder(name: str) -> None:
    folder = Path("/some/folder")
    assert (folder / safe_name(name)).resolve().parent == folder


def test_a_monstrous_name_takes_no_time() -> None:
    assert safe_name("x" * 50_000_000 + ".pdf") == "x" * 196 + ".pdf"


def test_a_long_name_is_cut_between_characters_and_keeps_its_ending() -> None:
    assert fitted("书" * 100, ".receipts.csv") == "书" * 80 + ".receipts.csv"
    assert fitted("a" * 249 + ". b", ".csv") == "a" * 249 + ".csv"
    assert fitted("short", ".csv") == "short.csv"
    assert safe_name("书" * 100 + ".tar.gz") == "书" * 64 + ".tar.gz"
