"""The settings of a mailbox as people change them: looked at, agreed to, recorded, then written."""
