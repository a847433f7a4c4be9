"""Getting, keeping, renewing and giving up a token."""
