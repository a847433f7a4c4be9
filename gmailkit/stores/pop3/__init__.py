"""Mailboxes on servers of POP3."""

from gmailkit.stores.pop3.store import Pop3Store as Pop3Store
