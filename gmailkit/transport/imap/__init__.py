"""IMAP (RFC 3501, RFC 9051), spoken by imapclient.

wire.py        the connection as imapclient uses it: bounded, timed, shown without secrets
login.py       LOGIN and PLAIN with a password, XOAUTH2 and OAUTHBEARER with a token
session.py     one conversation that goes on over lost connections; folders, listings, messages
answers.py     what a server says of messages and folders
idle.py        waiting for something new (RFC 2177)
fault.py       what went wrong, as errors of gmailkit
explain.py     what each command and answer means, and where that is written
"""
