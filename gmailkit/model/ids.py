"""Ids are strings on the wire, but types here: mixing them up is this API's classic slip."""

from __future__ import annotations

from typing import NewType

MessageId = NewType("MessageId", str)  # lower-case hex of a 64-bit number; unique in one mailbox
ThreadId = NewType("ThreadId", str)  # the same form
DraftId = NewType("DraftId", str)  # stays while the message in it gets new ids
LabelId = NewType("LabelId", str)  # "INBOX", "Label_12"
