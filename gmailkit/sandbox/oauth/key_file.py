"""The key file of a service account, as Google lets one download it."""

from __future__ import annotations

from gmailkit.sandbox.state.service_accounts import PROJECT, ServiceAccount


def key_file(account: ServiceAccount, private_key: str, origin: str) -> dict[str, object]:
    return {
        "type": "service_account",
        "project_id": PROJECT,
        "private_key_id": account.key_id,
        "private_key": private_key,
        "client_email": account.email,
        "client_id": account.client_id,
        "auth_uri": f"{origin}/o/oauth2/auth",
        "token_uri": f"{origin}/token",
        "auth_provider_x509_cert_url": f"{origin}/oauth2/v1/certs",
        "universe_domain": "googleapis.com",
    }
