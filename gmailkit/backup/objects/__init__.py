"""Backups in object storage: every file is put whole, once, and read by ranges."""
