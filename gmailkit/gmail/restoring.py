"""Mail of a backup put back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from gmailkit.gmail.connected import Connected

if TYPE_CHECKING:
    from gmailkit.backup.crypt.given import Identity
    from gmailkit.query.builder import Q
    from gmailkit.services.copying.run import Passed
    from gmailkit.services.days import When
    from gmailkit.services.restoring.plan import RestorePlan
    from gmailkit.services.restoring.run import Restored
    from gmailkit.services.restoring.settings import SettingsPlan, SettingsRestored


class Restoring(Connected):
    """Needs gmail.modify."""

    def plan_restore(
        self,
        path: str | Path,
        *,
        origin: str = "",
        query: str | Q = "",
        as_of: When | None = None,
        mark: str | None = None,
        everywhere: bool = False,
        identity: Identity = None,
    ) -> RestorePlan:
        """What `restore` would do with the backup folder `path`; nothing is changed.

        `origin` is the account whose mail it is, where the folder holds that of several. Everything
        that is restored bears the label `mark`: "restored/" and the day for None, no label for "".
        `everywhere`: with what lay in Spam and Trash. `as_of`, a day or a moment, takes the backup
        as it was known to be then: without what was saved or found deleted later, and with the
        labels of then. `identity` opens one that is encrypted, for `restore` too.
        """
        from gmailkit.services.restoring.plan import plan_restore

        return plan_restore(
            self._connection,
            Path(path).expanduser(),
            origin=origin,
            query=str(query),
            as_of=as_of,
            mark=mark,
            everywhere=everywhere,
            identity=identity,
        )

    def plan_restore_settings(
        self,
        path: str | Path,
        *,
        origin: str = "",
        as_of: When | None = None,
        identity: Identity = None,
    ) -> SettingsPlan:
        """What `restore_settings` would write: labels with colours and visibility, filters, the
        vacation reply, names and signatures, IMAP, POP and the language. 7 units.
        """
        from gmailkit.services.restoring.settings import plan_settings

        folder = Path(path).expanduser()
        return plan_settings(
            self._connection, folder, origin=origin, as_of=as_of, identity=identity
        )

    def restore_settings(self, plan: SettingsPlan) -> SettingsRestored:
        """Write what was planned; what is there besides stays. Needs gmail.settings.basic too."""
        from gmailkit.services.restoring.settings import restore_settings

        return restore_settings(self._connection, plan)

    def restore(
        self,
        plan: RestorePlan,
        *,
        quarantine: str | Path | None = None,
        receipts: str | Path | None = None,
        on_progress: Callable[[Passed], None] = lambda passed: None,
    ) -> Restored:
        """Put back what the plan names, oldest first: bytes, labels, flags, conversations.

        Messages that are there already stay as they are. Stopped at any point, the next run goes on
        and adds nothing twice; `undo` moves to Trash what was added. What Gmail refuses is named by
        PartialError, and kept in the folder `quarantine`. The file `receipts` gets a line of JSON
        for each message. At the end all that was added is counted by its label; what is not there
        is named too. 30 units a message at least.
        """
        from gmailkit.services.copying.receipts import Receipts
        from gmailkit.services.restoring.run import restore

        folder = Path(quarantine).expanduser() if quarantine is not None else None
        if receipts is None:
            return restore(self._connection, plan, quarantine=folder, on_progress=on_progress)
        with Receipts(Path(receipts).expanduser()) as kept:
            return restore(
                self._connection,
                plan,
                quarantine=folder,
                on_settled=kept.note,
                on_progress=on_progress,
            )
