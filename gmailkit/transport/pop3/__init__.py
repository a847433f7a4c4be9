"""POP3 (RFC 1939), spoken by Python's poplib.

wire.py      the connection as poplib uses it: bounded, timed, shown without secrets
login.py     USER or PLAIN with a password, XOAUTH2 and OAUTHBEARER with a token (RFC 5034)
session.py   one conversation that goes on over lost connections, messages by their lasting names
fault.py     what went wrong, as errors of gmailkit
explain.py   what each command and answer means, and where that is written
"""
