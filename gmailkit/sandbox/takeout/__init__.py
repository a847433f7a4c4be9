"""Google Takeout's archive of a mailbox: mbox files in a zip or tgz, in the account's language.

Written from what is known of real archives; none of it is documented by Google.
"""
