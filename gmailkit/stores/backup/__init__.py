"""A backup folder, or one in object storage.

source.py   the messages of one account in it
target.py   mail of any other store, brought into it
followed.py mail of a mailbox of Gmail that is followed there
"""

from gmailkit.stores.backup.followed import FollowedTarget as FollowedTarget
from gmailkit.stores.backup.source import BackupStore as BackupStore
from gmailkit.stores.backup.source import item_of as item_of
from gmailkit.stores.backup.target import BackupTarget as BackupTarget
