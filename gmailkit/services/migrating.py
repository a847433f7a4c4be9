"""A whole account copied into another one: its mail, then its labels and settings.

The mail comes first: nobody knows whether filters meet what is imported, and they find their labels
then. What only a person can do is named.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from gmailkit.errors import PartialError, UsageError, to_type
from gmailkit.services.copying.carrying import CopyDone, copy_mail
from gmailkit.services.copying.into_gmail.run import BRINGING
from gmailkit.services.copying.plan import CopyPlan, plan_copy
from gmailkit.services.copying.run import OnPassed
from gmailkit.services.places import Places
from gmailkit.services.restoring.settings import (
    SavedSettings,
    SettingsPlan,
    SettingsRestored,
    plan_of,
    restore_settings,
)
from gmailkit.stores.locate import Location

# Open: Google may add a way; as of 2026 the API has none for these.
BY_HAND = "Templates, blocked addresses, themes and the settings of stars and tabs are set by hand."


@dataclass(frozen=True, slots=True, kw_only=True)
class Migration:
    """What would come. `settings` are as they would be before the mail comes, with labels that
    the mail brings along among them.
    """

    mail: CopyPlan
    settings: SettingsPlan

    @property
    def left(self) -> tuple[str, ...]:
        """What a person has to do, in sentences."""
        return (*self.settings.left, *self.by_hand)

    @property
    def by_hand(self) -> tuple[str, ...]:
        """The same without what is left of the settings."""
        forward = to_type("--account", self.settings.origin, "settings", "forwarding")
        return (BY_HAND, f"Tell people the new address, and forward the old one: {forward}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Migrated:
    """What came of it. `mail` is None where there was none to copy, and where some of it did not
    come, which `partly` tells.
    """

    mail: CopyDone | None
    partly: PartialError | None
    settings: SettingsRestored


def plan_migration(
    places: Places,
    old: str,
    new: str,
    *,
    rules: Iterable[str] = (),
    mark: str | None = None,
    everywhere: bool = False,
) -> Migration:
    """What `migrate` would do; nothing is changed. Both are accounts: "gmail:old@example.com".

    Raises UsageError for what is no account, Refused where the sign-in of the new one does not
    allow all of it, and what `plan_copy` raises.
    """
    here, there = (account_named(places, each) for each in (old, new))
    mail = plan_copy(places, str(here), str(there), rules=rules, mark=mark, everywhere=everywhere)
    settings = _settings(places, here, there)
    calls = [each.method for each in (*settings.labels, *settings.calls)]
    for method in dict.fromkeys((*(BRINGING if mail.refs else ()), *calls)):
        places.connection(there).check_allowed(method)
    return Migration(mail=mail, settings=settings)


def migrate(
    places: Places,
    plan: Migration,
    *,
    quarantine: Path | None = None,
    receipts: Path | None = None,
    is_over: Callable[[], bool] = lambda: False,
    on_progress: OnPassed = lambda passed: None,
) -> Migrated:
    """Copy the mail, then what of the settings is not there yet. Stopped at any point, a new plan
    goes on. Each part is undone by its own line of the journal, the last one first.

    Raises TimeSpent when the time `is_over` before all mail came.
    """
    source, target = plan.mail.source, plan.mail.target
    connection = places.connection(target)
    mail, partly = None, None
    try:
        if plan.mail.refs:
            mail = copy_mail(
                places,
                plan.mail,
                quarantine=quarantine,
                receipts=receipts,
                is_over=is_over,
                on_progress=on_progress,
            )
    except PartialError as error:  # the settings are no worse for it
        partly = error
    done = restore_settings(connection, _settings(places, source, target))
    return Migrated(mail=mail, partly=partly, settings=done)


def _settings(places: Places, old: Location, new: Location) -> SettingsPlan:
    here, there = places.connection(old), places.connection(new)
    return plan_of(
        there,
        SavedSettings.of_account(here.client),
        path=Path(f"gmail:{here.address}"),
        origin=here.address,
        what=f"take over the settings of {here.address}",
    )


def account_named(places: Places, text: str) -> Location:
    """Of "old@example.com" or "gmail:old@example.com". Raises UsageError for what is none."""
    plain = "@" in text and ":" not in text and "/" not in text
    location = places.locate(f"gmail:{text}" if plain else text, to_make=True)
    if location.scheme != "gmail":
        raise UsageError(
            f"{text} is no account of Gmail.",
            hint="Name two accounts, gmail:old@example.com; mail alone: gmailkit copy SRC DST",
        )
    return location
