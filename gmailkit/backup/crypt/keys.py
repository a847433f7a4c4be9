"""Who may read a backup: the folder `keys/` in it.

    recipients.txt    whom packs are encrypted for; `age -R` takes it
    001.age …         the backup's own keys, each an age identity, for the recipients of today
    passphrase.age    the newest of them, for whoever knows the passphrase; absent without one
    sha256sums.txt    what the others were when they were written
    index.age         32 random bytes that open the encrypted databases, for all of recipients.txt

Packs are for the owners' recipients and for the newest key of the backup itself. So an owner's
identity opens a pack even where `keys/` is lost, and an owner who is added later opens the old
packs too, by the key of the backup. No secret is here in the clear.
"""

from __future__ import annotations

import errno
import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from gmailkit.backup.crypt import age
from gmailkit.backup.crypt.age import Identities
from gmailkit.backup.crypt.database import KEY
from gmailkit.backup.crypt.given import GIVEN, BackupKey
from gmailkit.backup.crypt.identity_file import identity_of_passphrase
from gmailkit.backup.marker import KEYS
from gmailkit.backup.shelf import shelf_of
from gmailkit.backup.storage import DISK, Storage
from gmailkit.errors import BackupDamaged, GmailKitError, KeyNeeded, UsageError
from gmailkit.secret import Secret

RECIPIENTS, PASSPHRASE, INDEX_KEY = "recipients.txt", "passphrase.age", "index.age"
SUMS = "sha256sums.txt"
SHORTEST_PASSPHRASE = 8  # characters
_OWN = "# the key of the backup itself, in this folder"
_CHECK = "# check "
_TRIES = 3
_OWN_KEY = re.compile(r"\d{3}\.age", re.ASCII)


@dataclass(frozen=True, slots=True)
class Owners:
    """Who is to read a backup: recipients of age, a passphrase, or both.

    Raises UsageError for a recipient that is none, for nobody, and for a short passphrase.
    """

    recipients: tuple[str, ...] = ()
    passphrase: str | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        found = dict.fromkeys(age.check_recipient(each) for each in self.recipients)
        object.__setattr__(self, "recipients", tuple(found))
        if not found and self.passphrase is None:
            raise UsageError(
                "Nobody could read that backup.",
                hint="Name a key, --recipient age1…, or take a passphrase: --passphrase",
            )
        if self.passphrase is not None and len(self.passphrase) < SHORTEST_PASSPHRASE:
            raise UsageError(
                f"A passphrase has {SHORTEST_PASSPHRASE} characters or more.",
                hint="Five or six words that nobody would put together are best.",
            )

    @property
    def warning(self) -> str:
        """What to say aloud when only one key opens it; "" when there are several."""
        if len(self.recipients) + (self.passphrase is not None) > 1:
            return ""
        what = "its passphrase" if self.passphrase is not None else f"the key {self.recipients[0]}"
        return (
            f"Only {what} opens this backup. If that is lost, all of it is lost: nobody can open "
            "it without. Keep a copy elsewhere, or add a second key."
        )


@dataclass(frozen=True, slots=True)
class Opened:
    """The keys of a backup in the hands of an owner; `own` are the backup's, by number. `notes`
    tell what is odd about the folder.
    """

    identities: Identities
    index_key: bytes
    own: Mapping[int, Secret]
    notes: tuple[str, ...] = ()


class Keys:
    """The `keys/` of one backup."""

    def __init__(self, backup: Path, storage: Storage = DISK) -> None:
        self.backup = backup
        self._shelf = shelf_of(backup, storage)
        self.told = self._shelf.told  # the backup, as people name it

    @property
    def complete(self) -> bool:
        """Whether they are there; what is written last is."""
        return self._has(RECIPIENTS)

    def recipients(self) -> list[str]:
        """Whom a new pack is for: the owners and the backup itself. Raises BackupDamaged."""
        owners, own = self._listed()
        return [*owners, own]

    def owners(self) -> list[str]:
        return self._listed()[0]

    @property
    def has_passphrase(self) -> bool:
        return self._has(PASSPHRASE)

    def make(self, owners: Owners) -> None:
        """Lay the folder out for a new backup. Raises CannotWrite."""
        self._give_to(owners, {1: age.new_identity()})

    def copy_from(self, other: Keys) -> None:
        """Take over the keys of another backup. Raises CannotWrite."""
        for name in sorted(other._files()):
            self._put(name, other._read(name))

    def rotate(self, owners: Owners, opened: Opened) -> None:
        """From now on packs are for `owners` and a new key of the backup. They read the old packs
        too. Whoever could read those and is no owner any more still can: what was written stays
        as it is. Raises CannotWrite; a crash in between leaves a folder that old or new keys open.
        """
        number = max([0, *opened.own, *self._numbers()]) + 1
        before = [age.recipient_of(each) for each in opened.own.values()]
        with suppress(BackupDamaged):  # written anew here
            before += self.owners()
        own = {**opened.own, number: age.new_identity()}
        self._give_to(owners, own, before=before)

    def open(self, given: BackupKey = GIVEN) -> Opened:
        """The keys, by what this process was given. Raises KeyNeeded when it was given none, or
        others; UsageError for a file that cannot be read; BackupDamaged.
        """
        found = self.try_open(given)
        if found is None:
            raise KeyNeeded(
                f"{self.told} is encrypted, and no key was given.",
                hint="Name the file with your age identity: --identity FILE (or GMAILKIT_IDENTITY)."
                + (
                    " Or the passphrase: on a terminal, or in GMAILKIT_BACKUP_PASSPHRASE."
                    if self.has_passphrase
                    else ""
                ),
            )
        return found

    def try_open(self, given: BackupKey = GIVEN, *, ask: bool = True) -> Opened | None:
        """The same; None when nothing was given. `ask`: a person may be asked."""
        wrong: KeyNeeded | None = None
        if own := given.identities():
            try:
                return self._opened(own)
            except KeyNeeded as error:  # one for another backup: the passphrase may still be known
                wrong = error
        if self.has_passphrase and (opened := self._by_passphrase(given, ask=ask)):
            return opened
        if wrong:
            raise wrong
        return None

    def _by_passphrase(self, given: BackupKey, *, ask: bool) -> Opened | None:
        """A person who mistypes may try again; whoever else is wrong is not asked twice."""
        encrypted, tries = self._read(PASSPHRASE), 0
        while (passphrase := given.passphrase_of(self.backup, ask=ask)) is not None:
            try:
                identity = _remembered(encrypted, passphrase)
            except KeyNeeded:
                tries += 1
                if not given.mistyped(self.backup) or tries == _TRIES:
                    raise
            else:
                return self._opened(identity, own=True)
        return None

    def _opened(self, given: Identities, *, own: bool = False) -> Opened:
        """What `given` opens, directly or by a key that it opens; `own`: it is the backup's."""
        identities = given
        found: dict[int, Secret] = {}
        for number in reversed(self._numbers()):
            with suppress(KeyNeeded, BackupDamaged, OSError, UsageError):  # a key of another time
                text = age.decrypt(self._read(_own_key(number)), identities)
                (found[number],) = map(Secret, age.identities_in(text.decode("ascii")))
                identities = Identities([*identities.texts, found[number]], told=given.told)
        if own and given.texts[0] not in found.values():
            found[max(self._numbers(), default=0) + 1] = given.texts[0]
        notes = []
        try:
            key = age.decrypt(self._read(INDEX_KEY), identities)
        except KeyNeeded as error:
            raise KeyNeeded(
                f"{given.told} holds no key that opens {self.told}.",
                hint=f"It was made for {', '.join(self.owners()) or 'a passphrase'}.",
            ) from error
        except (OSError, BackupDamaged) as error:
            # What it opens is derived: with another key it is made anew.
            key = hashlib.sha256(b"gmailkit index" + str(identities.texts[-1]).encode()).digest()
            notes.append(f"{self._name(INDEX_KEY)} cannot be read ({_short(error)}).")
        if not self._is_as_left(identities):
            notes.append(
                f"{self._name(RECIPIENTS)} is not as its owner left it: new packs may be readable"
                " for somebody else. Set it right: gmailkit backup keys "
                f"'{self.told}' --rotate --recipient …"
            )
        return Opened(identities, key[:KEY], found, tuple(notes))

    def _give_to(
        self,
        owners: Owners,
        own: Mapping[int, Secret],
        *,
        before: Sequence[str] = (),
    ) -> None:
        """In an order in which a crash leaves nothing that neither old nor new keys open: until
        the newest key can be had, those `before` it open what they opened.
        """
        number = max(own)
        newest = own[number]
        older = {each: identity for each, identity in own.items() if each != number}
        everybody = [*owners.recipients, age.recipient_of(newest)]
        self._seal(older, [*everybody, *before])
        if owners.recipients:
            self._seal({number: newest}, owners.recipients)
        if owners.passphrase is not None:
            sealed = age.encrypt_with_passphrase(_line(newest), Secret(owners.passphrase))
            self._put(PASSPHRASE, sealed)
        key = secrets.token_bytes(KEY)
        self._put(INDEX_KEY, age.encrypt([key], everybody).bytes)
        lines = [*owners.recipients, _OWN, everybody[-1]]
        lines.append(_CHECK + _check(newest, everybody))
        listed = "".join(f"{line}\n" for line in lines).encode()
        self._put(SUMS, self._sums({RECIPIENTS: listed}))  # keys that are complete have them
        self._put(RECIPIENTS, listed)
        if owners.passphrase is None and self.has_passphrase:
            self._shelf.remove(_path(PASSPHRASE))
        self._seal(older, everybody)
        self._put(SUMS, self._sums())

    def _seal(self, own: Mapping[int, Secret], readers: Sequence[str]) -> None:
        for number, identity in own.items():
            sealed = age.encrypt([_line(identity)], list(dict.fromkeys(readers))).bytes
            self._put(_own_key(number), sealed)

    def problems(self) -> list[str]:
        """A sentence for each file that is not as it was written; no key is needed to tell."""
        try:
            said = self._read(SUMS)
        except OSError as error:
            return [f"{self._name(SUMS)} cannot be read ({error.strerror})."]
        found = {name: digest for digest, name in _pairs(self._sums())}
        told = {name: digest for digest, name in _pairs(said)}
        names = sorted(name for name in {*found, *told} if found.get(name) != told.get(name))
        return [f"{KEYS}/{name} is not as it was written." for name in names]

    def _sums(self, coming: Mapping[str, bytes] = MappingProxyType({})) -> bytes:
        """As `sha256sum *` writes it; `coming` is put next."""
        found = {name: self._read(name) for name in self._files() if name != SUMS}
        found.update(coming)
        lines = [f"{hashlib.sha256(found[name]).hexdigest()}  {name}\n" for name in sorted(found)]
        return "".join(lines).encode()

    def _files(self) -> list[str]:
        names = [name.removeprefix(f"{KEYS}/") for name in self._shelf.sizes(KEYS)]
        return [name for name in names if name.endswith((".age", ".txt"))]

    def _has(self, name: str) -> bool:
        return self._shelf.size(_path(name)) is not None

    def _read(self, name: str) -> bytes:
        """Raises OSError, of one that is missing too."""
        content = self._shelf.read(_path(name))
        if content is None:
            raise FileNotFoundError(errno.ENOENT, "No such file", self._name(name))
        return content

    def _put(self, name: str, content: bytes) -> None:
        self._shelf.put(_path(name), content)

    def _name(self, name: str) -> str:
        return f"{self.told}/{_path(name)}"

    def _listed(self) -> tuple[list[str], str]:
        """The owners' recipients, and that of the backup itself, which is the last one."""
        age.require()
        try:
            lines = self._read(RECIPIENTS).decode("ascii").splitlines()
            found = [age.check_recipient(line) for line in lines if line and line[0] != "#"]
            return found[:-1], found[-1]
        except (OSError, UnicodeError, UsageError, IndexError) as error:
            raise BackupDamaged(
                f"{self._name(RECIPIENTS)} cannot be read ({_short(error)}), so nobody knows whom "
                "to encrypt for.",
                hint=f"Write it anew with your key: gmailkit backup keys '{self.told}' --rotate "
                "--recipient …",
            ) from error

    def _is_as_left(self, identities: Identities) -> bool:
        """Whether recipients.txt was written by somebody who had the newest key of the backup."""
        try:
            owners, own = self._listed()
            lines = self._read(RECIPIENTS).decode("ascii").splitlines()
        except BackupDamaged:
            return False
        said = next((line[len(_CHECK) :] for line in lines if line.startswith(_CHECK)), "")
        newest = next((t for t in identities.texts if age.recipient_of(t) == own), None)
        return newest is not None and hmac.compare_digest(said, _check(newest, [*owners, own]))

    def _numbers(self) -> list[int]:
        """Of the backup's own keys that lie here, in order."""
        return sorted(int(name[:3]) for name in self._files() if _OWN_KEY.fullmatch(name))


_opened: dict[tuple[bytes, str], Identities] = {}


def _remembered(encrypted: bytes, passphrase: Secret) -> Identities:
    """scrypt takes a second: once for each process."""
    place = hashlib.sha256(encrypted).digest(), str(passphrase)
    if place not in _opened:
        _opened[place] = identity_of_passphrase(encrypted, passphrase)
    return _opened[place]


def _path(name: str) -> str:
    return f"{KEYS}/{name}"


def _own_key(number: int) -> str:
    return f"{number:03d}.age"


def _line(identity: Secret) -> bytes:
    return f"{identity!s}\n".encode("ascii")


def _check(own: Secret, recipients: Iterable[str]) -> str:
    text = "gmailkit recipients\n" + "\n".join(recipients)
    return hmac.new(str(own).encode(), text.encode(), hashlib.sha256).hexdigest()


def _pairs(sums: bytes) -> list[tuple[str, str]]:
    """Digest and name of each line."""
    lines = sums.decode("utf-8", "replace").splitlines()
    return [(line[:64], line[66:]) for line in lines]


def _short(error: Exception) -> str:
    if isinstance(error, OSError):
        return error.strerror or "unknown error"
    return error.message.rstrip(".") if isinstance(error, GmailKitError) else "damaged"
