"""`users.settings.cse` of the Gmail API: client-side encryption of Google Workspace.

For administrators by a service account with domain-wide delegation, and for users with hardware
keys; others are Refused. Prices are Open: Google prints none.
"""

from __future__ import annotations

from collections.abc import Iterable

from gmailkit.client.listing import Pages
from gmailkit.client.paging import listed
from gmailkit.model.cse import (
    ChainValidation,
    CseIdentitiesPage,
    CseIdentity,
    CseKeyPair,
    CseKeyPairsPage,
    CsePrivateKeyMetadata,
)
from gmailkit.wire.call import Wire


class Cse:
    def __init__(self, wire: Wire) -> None:
        self.identities = Identities(wire)
        self.keypairs = KeyPairs(wire)


class Identities:
    """Addresses that may send encrypted mail. Last line of each method: its price, least scope."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def list(
        self,
        *,
        page_size: int | None = None,
        page_token: str | None = None,
        limit: int | None = None,
    ) -> Pages[CseIdentity]:
        """All identities, page by page; 20 a page unless `page_size` says otherwise.

        5 units; gmail.settings.basic.
        """
        return listed(
            self._wire,
            "settings.cse.identities.list",
            CseIdentitiesPage,
            lambda page: page.cse_identities,
            key=lambda each: each.email_address,
            limit=limit,
            page_token=page_token,
            page_size=page_size,
        )

    def get(self, cse_email_address: str) -> CseIdentity:
        """5 units; gmail.settings.basic."""
        return self._wire.call(
            "settings.cse.identities.get", CseIdentity, cse_email_address=cse_email_address
        )

    def create(self, identity: CseIdentity) -> CseIdentity:
        """Let the primary address send encrypted mail; its certificate is published in the domain.

        5 units; gmail.settings.basic.
        """
        return self._wire.call("settings.cse.identities.create", CseIdentity, body=identity)

    def patch(self, identity: CseIdentity) -> CseIdentity:
        """Give the identity `identity.email_address` another key pair.

        5 units; gmail.settings.basic.
        """
        return self._wire.call(
            "settings.cse.identities.patch",
            CseIdentity,
            email_address=identity.email_address,
            body=identity,
        )

    def delete(self, cse_email_address: str) -> None:
        """Delete the identity for good; one like it can be created again.

        5 units; gmail.settings.basic.
        """
        self._wire.do("settings.cse.identities.delete", cse_email_address=cse_email_address)


class KeyPairs:
    """S/MIME key pairs whose private half Google does not have.

    Last line of each method: its price, least scope.
    """

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def list(
        self,
        *,
        page_size: int | None = None,
        page_token: str | None = None,
        limit: int | None = None,
    ) -> Pages[CseKeyPair]:
        """All key pairs, page by page; 20 a page unless `page_size` says otherwise.

        5 units; gmail.settings.basic.
        """
        return listed(
            self._wire,
            "settings.cse.keypairs.list",
            CseKeyPairsPage,
            lambda page: page.cse_key_pairs,
            key=lambda pair: pair.key_pair_id,
            limit=limit,
            page_token=page_token,
            page_size=page_size,
        )

    def get(self, key_pair_id: str) -> CseKeyPair:
        """5 units; gmail.settings.basic."""
        return self._wire.call("settings.cse.keypairs.get", CseKeyPair, key_pair_id=key_pair_id)

    def create(
        self,
        pkcs7: str,
        *,
        private_key_metadata: Iterable[CsePrivateKeyMetadata] = (),
        chain_validation: ChainValidation | None = None,
    ) -> CseKeyPair:
        """Upload a certificate chain (PKCS #7 in PEM) and where its private key is kept.

        The chain is validated in all ("all") unless `chain_validation` is "none".
        5 units; gmail.settings.basic.
        """
        body = CseKeyPair(pkcs7=pkcs7, private_key_metadata=tuple(private_key_metadata))
        return self._wire.call(
            "settings.cse.keypairs.create",
            CseKeyPair,
            body=body,
            chain_validation=chain_validation,
        )

    def disable(self, key_pair_id: str) -> CseKeyPair:
        """Turn the pair off: no decrypting, no signing with it until `enable`.

        5 units; gmail.settings.basic.
        """
        return self._wire.call(
            "settings.cse.keypairs.disable", CseKeyPair, key_pair_id=key_pair_id, body={}
        )

    def enable(self, key_pair_id: str) -> CseKeyPair:
        """Turn a disabled pair on again.

        5 units; gmail.settings.basic.
        """
        return self._wire.call(
            "settings.cse.keypairs.enable", CseKeyPair, key_pair_id=key_pair_id, body={}
        )

    def obliterate(self, key_pair_id: str) -> None:
        """DESTROY the pair for good: WHAT WAS ENCRYPTED WITH IT CAN NEVER BE READ AGAIN.

        Refused until it was disabled for 30 days.
        5 units; gmail.settings.basic.
        """
        self._wire.do("settings.cse.keypairs.obliterate", key_pair_id=key_pair_id, body={})
