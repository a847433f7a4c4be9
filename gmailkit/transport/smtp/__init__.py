"""SMTP (RFC 5321): a session that keeps a readable transcript."""
