"""Passphrases without scrypt, which takes its second by design, where it is not what is tested."""

from __future__ import annotations

import hashlib

import pytest

from gmailkit.backup.crypt import age, identity_file
from gmailkit.errors import KeyNeeded


def leave_out_scrypt(monkeypatch: pytest.MonkeyPatch) -> None:
    def key(words: str) -> bytes:
        return hashlib.sha256(str(words).encode()).digest()

    def opened(sealed: bytes, words: str) -> bytes:
        if not sealed.startswith(key(words)):
            raise KeyNeeded("That is not the passphrase of this backup.")
        return sealed[32:]

    monkeypatch.setattr(age, "encrypt_with_passphrase", lambda plain, words: key(words) + plain)
    monkeypatch.setattr(identity_file, "decrypt_with_passphrase", opened)
