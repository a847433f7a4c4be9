"""A backup on disk. The format is docs/backup-format.md."""
