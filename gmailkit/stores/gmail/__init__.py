"""A mailbox of Gmail, by its API.

source.py   as a source: its messages with labels, flags and conversations
target.py   as a target: what is taken in, by import or insert, and what is there already
"""

from gmailkit.stores.gmail.source import GmailSource as GmailSource
from gmailkit.stores.gmail.target import CHAT as CHAT
from gmailkit.stores.gmail.target import DRAFT as DRAFT
from gmailkit.stores.gmail.target import HEADER as HEADER
from gmailkit.stores.gmail.target import PLACED as PLACED
from gmailkit.stores.gmail.target import Conversations as Conversations
from gmailkit.stores.gmail.target import GmailTarget as GmailTarget
from gmailkit.stores.gmail.target import name_of_mailbox as name_of_mailbox
from gmailkit.stores.gmail.target import searched_id as searched_id
