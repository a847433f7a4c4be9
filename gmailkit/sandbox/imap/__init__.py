"""Gmail's IMAP: IMAP4rev1 with X-GM-EXT-1 over the same mailboxes as the REST side.

Written from RFC 3501 and its extensions, and from Google's pages on IMAP; labels are folders.
"""
