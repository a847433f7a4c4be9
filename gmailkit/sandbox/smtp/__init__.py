"""Gmail's SMTP submission: what is handed in leaves as what the API sends does (RFC 6409)."""
