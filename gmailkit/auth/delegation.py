"""Why a service account gets no token for a user, and who can change that.

Sources: Google Identity, "Using OAuth 2.0 for server to server applications"; Workspace Admin
help, "Control API access with domain-wide delegation".
"""

from __future__ import annotations

from collections.abc import Collection

from gmailkit.auth.key_file import KeyFile
from gmailkit.auth.refusal import Refusal, client_error, span, unknown_error
from gmailkit.errors import GmailKitError, Refused, SignInNeeded, UsageError

SKEW_SECONDS = 60  # of our clock against the server's; less explains nothing
_NEW_KEY = (
    "Make a new key in the Google Cloud console (IAM & Admin, Service accounts, {email}, Keys), "
    "then: gmailkit login --service-account KEY.json --subject {subject}"
)
_CONSUMER = ("gmail.com", "googlemail.com")


def check_subject(subject: str) -> str:
    """`subject` if a service account can act for it; raises UsageError or Refused."""
    local, _, domain = subject.partition("@")
    if not local or "." not in domain or " " in subject or "@" in domain:
        raise UsageError(
            f"{subject!r} is no address to act for.", hint="For example: --subject ann@example.com"
        )
    if domain.casefold() in _CONSUMER:
        raise Refused(
            f"A service account cannot act for {subject}: that is for accounts of a Google "
            "Workspace, whose administrator allows it.",
            hint=f"Sign in as a person: gmailkit login {subject}",
        )
    return subject


def what_to_enter(client_id: str, scopes: Collection[str]) -> str:
    """The text for the administrator, ready to be copied."""
    return (
        "The administrator enters this in the Admin console, under Security > Access and data "
        "control > API controls > Manage domain-wide delegation > Add new:\n"
        f"  Client ID: {client_id}\n"
        f"  OAuth scopes: {','.join(scopes)}\n"
        "All of these scopes must be on its list. It takes effect within minutes, at times only "
        "after 24 hours."
    )


def delegation_error(
    refusal: Refusal, key: KeyFile, *, subject: str, scopes: Collection[str], skew: float | None
) -> GmailKitError:
    """`skew` are the seconds that our clock is ahead of the server's, if it told the time."""
    if refusal.error == "unauthorized_client":
        return Refused(
            f"The service account may not act for {subject} (yet), or not with all of these "
            f"permissions{refusal.said}.",
            hint=what_to_enter(key.client_id, scopes),
            reason=refusal.error,
            needs=scopes,
        )
    if refusal.error == "invalid_grant":
        return _no_grant(refusal, key, subject, skew)
    return client_error(refusal, subject) or unknown_error(refusal)


def _no_grant(refusal: Refusal, key: KeyFile, subject: str, skew: float | None) -> SignInNeeded:
    """The likeliest cause, told from Google's sentence and from the clock."""
    said = refusal.description.lower()
    new_key = _NEW_KEY.format(email=key.email, subject=subject)
    off = f"it is {span(abs(skew))} {'ahead' if skew > 0 else 'behind'}" if skew else ""
    if skew is not None and abs(skew) >= SKEW_SECONDS:
        message = f"Google does not take what was signed here: this machine's clock is wrong, {off}"
        hint = "Set the clock, and let the system keep it by network time (NTP)."
    elif "email" in said or "user id" in said:
        message = f"Google knows no active account {subject}"
        hint = "Is the address right, the account not suspended, and in the same organisation?"
    elif "account not found" in said:
        message = f"The service account {key.email} no longer exists, or is disabled"
        hint = f"Look for it in the Google Cloud console, or make another. {new_key}"
    elif "signature" in said:
        message = f"Google no longer takes this key of {key.email}: it was probably deleted there"
        hint = new_key
    else:
        message = f"Google gives the service account no token for {subject}"
        hint = (
            "Probably, in this order: the clock of this machine is wrong; the key was deleted in "
            f"the Cloud console; {subject} does not exist. gmailkit doctor looks at the clock."
        )
    return SignInNeeded(f"{message}{refusal.said}.", hint=hint, reason=refusal.error)
