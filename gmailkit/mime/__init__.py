"""Bytes of mail to `Mail` and back; text, addresses, names and mboxrd beside it. Pure."""
