"""Gmail as a Python library. Names load on first touch, so importing this costs nothing."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gmailkit.backup.check import verify as verify
    from gmailkit.backup.crypt.beginning import begin_encrypted as begin_encrypted
    from gmailkit.backup.crypt.given import BackupKey as BackupKey
    from gmailkit.backup.crypt.given import use_key as use_key
    from gmailkit.backup.crypt.keys import Owners as Owners
    from gmailkit.config import Settings as Settings
    from gmailkit.errors import BackupDamaged as BackupDamaged
    from gmailkit.errors import BackupLocked as BackupLocked
    from gmailkit.errors import BudgetSpent as BudgetSpent
    from gmailkit.errors import CannotDo as CannotDo
    from gmailkit.errors import CannotWrite as CannotWrite
    from gmailkit.errors import Conflict as Conflict
    from gmailkit.errors import DailyLimit as DailyLimit
    from gmailkit.errors import GmailKitError as GmailKitError
    from gmailkit.errors import Kept as Kept
    from gmailkit.errors import KeyNeeded as KeyNeeded
    from gmailkit.errors import MailboxFull as MailboxFull
    from gmailkit.errors import NoBackup as NoBackup
    from gmailkit.errors import NotFound as NotFound
    from gmailkit.errors import PartialError as PartialError
    from gmailkit.errors import QueryError as QueryError
    from gmailkit.errors import Refused as Refused
    from gmailkit.errors import ServerFault as ServerFault
    from gmailkit.errors import SignInNeeded as SignInNeeded
    from gmailkit.errors import TimedOut as TimedOut
    from gmailkit.errors import TimeSpent as TimeSpent
    from gmailkit.errors import TryLater as TryLater
    from gmailkit.errors import Unreachable as Unreachable
    from gmailkit.errors import UsageError as UsageError
    from gmailkit.gmail import Gmail as Gmail
    from gmailkit.gmail.watching import watch as watch
    from gmailkit.model.envelope import Envelope as Envelope
    from gmailkit.model.label import Label as Label
    from gmailkit.model.mail import Address as Address
    from gmailkit.model.mail import Attachment as Attachment
    from gmailkit.model.mail import Mail as Mail
    from gmailkit.model.message import Message as Message
    from gmailkit.model.profile import Profile as Profile
    from gmailkit.query.builder import Q as Q
    from gmailkit.sandbox import Sandbox as Sandbox
    from gmailkit.services.copying.carrying import copy_mail as copy_mail
    from gmailkit.services.copying.check import compare_stores as compare_stores
    from gmailkit.services.copying.plan import plan_copy as plan_copy
    from gmailkit.services.copying.undoing import undo_copy as undo_copy
    from gmailkit.services.explaining import explain_query as explain_query
    from gmailkit.services.export.mail import export as export
    from gmailkit.services.offline.mailbox import open_backup as open_backup
    from gmailkit.services.places import Places as Places
    from gmailkit.services.sending.merge.options import MergeOptions as MergeOptions
    from gmailkit.services.sending.writing.event import Event as Event
    from gmailkit.services.sign_in import login as login
    from gmailkit.services.sign_in import logout as logout
    from gmailkit.services.smtp import smtp_probe as smtp_probe
    from gmailkit.services.stats.saved import stats as stats
    from gmailkit.services.watching.event import MailEvent as MailEvent
    from gmailkit.services.watching.watch import Watch as Watch

__version__ = "0.1.0.dev0"

_ERRORS = (
    "BackupDamaged BackupLocked BudgetSpent CannotDo CannotWrite Conflict DailyLimit GmailKitError "
    "Kept KeyNeeded MailboxFull NoBackup NotFound PartialError QueryError Refused ServerFault "
    "SignInNeeded TimeSpent TimedOut TryLater Unreachable UsageError"
).split()
_HOMES = {
    **dict.fromkeys(_ERRORS, "errors"),
    "Address": "model.mail",
    "Attachment": "model.mail",
    "BackupKey": "backup.crypt.given",
    "Envelope": "model.envelope",
    "Event": "services.sending.writing.event",
    "Gmail": "gmail",
    "Label": "model.label",
    "Mail": "model.mail",
    "MailEvent": "services.watching.event",
    "MergeOptions": "services.sending.merge.options",
    "Message": "model.message",
    "Owners": "backup.crypt.keys",
    "Places": "services.places",
    "Profile": "model.profile",
    "Q": "query.builder",
    "Sandbox": "sandbox",
    "Settings": "config",
    "begin_encrypted": "backup.crypt.beginning",
    "compare_stores": "services.copying.check",
    "copy_mail": "services.copying.carrying",
    "explain_query": "services.explaining",
    "export": "services.export.mail",
    "login": "services.sign_in",
    "logout": "services.sign_in",
    "open_backup": "services.offline.mailbox",
    "plan_copy": "services.copying.plan",
    "smtp_probe": "services.smtp",
    "stats": "services.stats.saved",
    "undo_copy": "services.copying.undoing",
    "use_key": "backup.crypt.given",
    "verify": "backup.check",
    "Watch": "services.watching.watch",
    "watch": "gmail.watching",
}

__all__ = ["__version__", *sorted(_HOMES)]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'gmailkit' has no attribute {name!r}")
    return getattr(importlib.import_module(f"gmailkit.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return __all__
