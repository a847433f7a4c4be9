"""The four OAuth 2.0 addresses of Google: authorize, token, revoke, tokeninfo."""
