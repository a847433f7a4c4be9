"""The search database of a backup: derived from it, may be deleted at any time."""
