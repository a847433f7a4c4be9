"""Client-side encryption of Google Workspace: identities and key pairs."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar, Literal

from gmailkit.model.shape import Open, Shape

EnablementState = Literal["stateUnspecified", "enabled", "disabled"]
ChainValidation = Literal["all", "none"]


class SignAndEncryptKeyPairs(Shape, frozen=True, kw_only=True):
    signing_key_pair_id: str = ""
    encryption_key_pair_id: str = ""


class CseIdentity(Shape, frozen=True, kw_only=True):
    """An address that sends encrypted mail: with one key pair, or with one each for two tasks."""

    email_address: str = ""
    primary_key_pair_id: str = ""
    sign_and_encrypt_key_pairs: SignAndEncryptKeyPairs | None = None


class CseIdentitiesPage(Shape, frozen=True, kw_only=True):
    cse_identities: tuple[CseIdentity, ...] = ()
    next_page_token: str = ""


class KaclsKeyMetadata(Shape, frozen=True, kw_only=True):
    """A key kept by an external key service; `kacls_data` is that service's, 8 KiB at most."""

    hidden: ClassVar[frozenset[str]] = frozenset({"kacls_data"})

    kacls_uri: str = ""
    kacls_data: str = ""


class HardwareKeyMetadata(Shape, frozen=True, kw_only=True):
    description: str = ""


class CsePrivateKeyMetadata(Shape, frozen=True, kw_only=True):
    private_key_metadata_id: str = ""
    kacls_key_metadata: KaclsKeyMetadata | None = None
    hardware_key_metadata: HardwareKeyMetadata | None = None


class CseKeyPair(Shape, frozen=True, kw_only=True):
    """`pkcs7` goes in, `pem` comes out; `disable_time` is set while the pair is disabled."""

    key_pair_id: str = ""
    pkcs7: str = ""
    pem: str = ""
    subject_email_addresses: tuple[str, ...] = ()
    enablement_state: Open[EnablementState] | None = None
    disable_time: datetime | None = None
    private_key_metadata: tuple[CsePrivateKeyMetadata, ...] = ()


class CseKeyPairsPage(Shape, frozen=True, kw_only=True):
    cse_key_pairs: tuple[CseKeyPair, ...] = ()
    next_page_token: str = ""
