"""A backup that says nothing to whoever has no key to it: age for the packs, SQLite with a cipher
for what is derived from them. docs/encryption.md tells which file holds what.
"""
