"""Gmail's POP3 over the same mailboxes as the REST side (RFC 1939, RFC 2449, RFC 5034)."""
