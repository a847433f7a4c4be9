"""One verb of a user per file, as plain functions."""
