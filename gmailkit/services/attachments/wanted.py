"""Which attachments are saved, and which of them are programs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase

from gmailkit.errors import UsageError
from gmailkit.model.mail import Attachment

# Windows, macOS and Linux run these when somebody opens them; the last are documents with macros.
_PROGRAMS = frozenset(
    """app appimage application appref-ms bat bin chm cmd com command cpl deb desktop dll dmg exe
    gadget hta iso jar jnlp js jse lnk msc msi msix msp pif pkg ps1 psm1 py pyw reg rpm run scf scr
    sct sh sys url vb vbe vbs vhd vhdx wsf wsh workflow xbap xll docm dotm pptm potm xlam xlsm
    xltm""".split()
)
_MAGIC = (b"MZ", b"\x7fELF", b"#!", b"\xfe\xed\xfa\xce", b"\xfe\xed\xfa\xcf", b"\xcf\xfa\xed\xfe")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """`types` are content types ("image/png", "image/*", "image") or endings ("pdf"), any of which
    will do; sizes in bytes of the file. Nothing said: all.
    """

    types: tuple[str, ...] = ()
    larger: int | None = None
    smaller: int | None = None

    @classmethod
    def of(
        cls, types: Iterable[str] = (), *, larger: int | None = None, smaller: int | None = None
    ) -> Wanted:
        """Raises UsageError for a type that can be none."""
        known = tuple(each.strip().lower().removeprefix(".") for each in types)
        for each in known:
            if not each or each.count("/") > 1 or " " in each:
                raise UsageError(
                    f"{each!r} is no type of a file.",
                    hint="Write an ending (pdf) or image/png, image/*.",
                )
        return cls(types=known, larger=larger, smaller=smaller)

    def has(self, attachment: Attachment) -> bool:
        size = attachment.size
        if self.larger is not None and size <= self.larger:
            return False
        if self.smaller is not None and size >= self.smaller:
            return False
        return not self.types or any(_is(each, attachment) for each in self.types)


def _is(wanted: str, attachment: Attachment) -> bool:
    kind = attachment.content_type.lower().partition(";")[0].strip()
    if "/" in wanted:
        return fnmatchcase(kind, wanted)
    return attachment.filename.lower().endswith(f".{wanted}") or wanted in kind.split("/")


def is_program(attachment: Attachment) -> bool:
    """Whether a system may run it when it is opened, by its name or by its first bytes."""
    ending = attachment.filename.rstrip(". ").rpartition(".")[2].lower()
    return ending in _PROGRAMS or attachment.content.startswith(_MAGIC)
