"""Submission over SMTP (RFC 6409), spoken by Python's smtplib.

server.py      which server, by URL, and how its connection is kept safe
trust.py       whose certificates are believed
dialogue.py    the connection: every line of both sides becomes an event
transcript.py  those events: as text, as JSON; without secrets and without the message
explain.py     what each command and each reply means, and where that is written
reply.py       a server's answer
offer.py       what a server says it can
login.py       AUTH: XOAUTH2 with a token, PLAIN and LOGIN with a password
letter.py      the bytes of a message as they may go over the wire
envelope.py    from whom and to whom, which is not what the headers say
session.py     one conversation, from greeting to QUIT
fault.py       what went wrong, as errors of gmailkit
sink.py        a server on loopback that takes everything, for tests
"""
