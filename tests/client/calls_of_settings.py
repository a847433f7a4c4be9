"""Every method below `settings` but those of `sendAs` and `cse`, each once."""

from __future__ import annotations

from datetime import UTC, datetime

from client.calls import call
from gmailkit.model.filter import Filter, FilterAction, FilterCriteria
from gmailkit.model.ids import LabelId
from gmailkit.model.settings import (
    AutoForwarding,
    Delegate,
    ForwardingAddress,
    ImapSettings,
    LanguageSettings,
    PopSettings,
    VacationSettings,
)

ALIAS = "ann+x@example.org"
ALIAS_PATH = "ann%2Bx%40example.org"

VACATION = {
    "enableAutoReply": True,
    "responseSubject": "Away",
    "responseBodyPlainText": "Back on Monday.",
    "restrictToContacts": True,
    "startTime": "1798066800000",
    "endTime": "1798758000001",
}
VACATION_OBJECT = VacationSettings(
    enable_auto_reply=True,
    response_subject="Away",
    response_body_plain_text="Back on Monday.",
    restrict_to_contacts=True,
    start_time=datetime(2026, 12, 23, 23, tzinfo=UTC),
    end_time=datetime(2026, 12, 31, 23, 0, 0, 1000, tzinfo=UTC),
)
FORWARDING = {"enabled": True, "emailAddress": "b@example.org", "disposition": "archive"}
FORWARDING_OBJECT = AutoForwarding(
    enabled=True, email_address="b@example.org", disposition="archive"
)
IMAP = {
    "enabled": True,
    "autoExpunge": True,
    "expungeBehavior": "trash",
    "maxFolderSize": 2000,
}
IMAP_OBJECT = ImapSettings(
    enabled=True, auto_expunge=True, expunge_behavior="trash", max_folder_size=2000
)
POP = {"accessWindow": "fromNowOn", "disposition": "markRead"}
POP_OBJECT = PopSettings(access_window="fromNowOn", disposition="markRead")
LANGUAGE = {"displayLanguage": "en-GB"}
LANGUAGE_OBJECT = LanguageSettings(display_language="en-GB")

SIMPLE = (
    call(
        "settings.getVacation",
        lambda c: c.settings.get_vacation(),
        "GET /settings/vacation",
        answer=VACATION,
        gives=VACATION_OBJECT,
    ),
    call(
        "settings.updateVacation",
        lambda c: c.settings.update_vacation(VACATION_OBJECT),
        "PUT /settings/vacation",
        body=VACATION,
        answer=VACATION,
        gives=VACATION_OBJECT,
    ),
    call(
        "settings.getAutoForwarding",
        lambda c: c.settings.get_auto_forwarding(),
        "GET /settings/autoForwarding",
        answer=FORWARDING,
        gives=FORWARDING_OBJECT,
    ),
    call(
        "settings.updateAutoForwarding",
        lambda c: c.settings.update_auto_forwarding(FORWARDING_OBJECT),
        "PUT /settings/autoForwarding",
        body=FORWARDING,
        answer=FORWARDING,
        gives=FORWARDING_OBJECT,
    ),
    call(
        "settings.getImap",
        lambda c: c.settings.get_imap(),
        "GET /settings/imap",
        answer=IMAP,
        gives=IMAP_OBJECT,
    ),
    call(
        "settings.updateImap",
        lambda c: c.settings.update_imap(IMAP_OBJECT),
        "PUT /settings/imap",
        body=IMAP,
        answer=IMAP,
        gives=IMAP_OBJECT,
    ),
    call(
        "settings.getPop",
        lambda c: c.settings.get_pop(),
        "GET /settings/pop",
        answer=POP,
        gives=POP_OBJECT,
    ),
    call(
        "settings.updatePop",
        lambda c: c.settings.update_pop(POP_OBJECT),
        "PUT /settings/pop",
        body=POP,
        answer=POP,
        gives=POP_OBJECT,
    ),
    call(
        "settings.getLanguage",
        lambda c: c.settings.get_language(),
        "GET /settings/language",
        answer=LANGUAGE,
        gives=LANGUAGE_OBJECT,
    ),
    call(
        "settings.updateLanguage",
        lambda c: c.settings.update_language(LANGUAGE_OBJECT),
        "PUT /settings/language",
        body=LANGUAGE,
        answer=LANGUAGE,
        gives=LANGUAGE_OBJECT,
    ),
)

FILTER = {
    "id": "ANe1BmjXYZ",
    "criteria": {"from": "ci@example.com", "size": 5000, "sizeComparison": "larger"},
    "action": {"addLabelIds": ["Label_7"], "removeLabelIds": ["INBOX"], "forward": "b@example.org"},
}
CRITERIA = FilterCriteria(from_="ci@example.com", size=5000, size_comparison="larger")
ACTION = FilterAction(
    add_label_ids=(LabelId("Label_7"),),
    remove_label_ids=(LabelId("INBOX"),),
    forward="b@example.org",
)
FILTER_OBJECT = Filter(id="ANe1BmjXYZ", criteria=CRITERIA, action=ACTION)

FILTERS = (
    call(
        "settings.filters.list",
        lambda c: c.settings.filters.list(),
        "GET /settings/filters",
        answer={"filter": [FILTER]},
        gives=(FILTER_OBJECT,),
    ),
    call(
        "settings.filters.get",
        lambda c: c.settings.filters.get("ANe1BmjXYZ"),
        "GET /settings/filters/ANe1BmjXYZ",
        answer=FILTER,
        gives=FILTER_OBJECT,
    ),
    call(
        "settings.filters.create",
        lambda c: c.settings.filters.create(CRITERIA, ACTION),
        "POST /settings/filters",
        body={"criteria": FILTER["criteria"], "action": FILTER["action"]},
        answer=FILTER,
        gives=FILTER_OBJECT,
    ),
    call(
        "settings.filters.delete",
        lambda c: c.settings.filters.delete("ANe1BmjXYZ"),
        "DELETE /settings/filters/ANe1BmjXYZ",
    ),
)

TARGET = {"forwardingEmail": ALIAS, "verificationStatus": "pending"}
TARGET_OBJECT = ForwardingAddress(forwarding_email=ALIAS, verification_status="pending")
DELEGATE = {"delegateEmail": ALIAS, "verificationStatus": "expired"}
DELEGATE_OBJECT = Delegate(delegate_email=ALIAS, verification_status="expired")

ADDRESSES = (
    call(
        "settings.forwardingAddresses.list",
        lambda c: c.settings.forwarding_addresses.list(),
        "GET /settings/forwardingAddresses",
        answer={"forwardingAddresses": [TARGET]},
        gives=(TARGET_OBJECT,),
    ),
    call(
        "settings.forwardingAddresses.get",
        lambda c: c.settings.forwarding_addresses.get(ALIAS),
        f"GET /settings/forwardingAddresses/{ALIAS_PATH}",
        answer=TARGET,
        gives=TARGET_OBJECT,
    ),
    call(
        "settings.forwardingAddresses.create",
        lambda c: c.settings.forwarding_addresses.create(ALIAS),
        "POST /settings/forwardingAddresses",
        body={"forwardingEmail": ALIAS},
        answer=TARGET,
        gives=TARGET_OBJECT,
    ),
    call(
        "settings.forwardingAddresses.delete",
        lambda c: c.settings.forwarding_addresses.delete(ALIAS),
        f"DELETE /settings/forwardingAddresses/{ALIAS_PATH}",
    ),
    call(
        "settings.delegates.list",
        lambda c: c.settings.delegates.list(),
        "GET /settings/delegates",
        answer={"delegates": [DELEGATE]},
        gives=(DELEGATE_OBJECT,),
    ),
    call(
        "settings.delegates.get",
        lambda c: c.settings.delegates.get(ALIAS),
        f"GET /settings/delegates/{ALIAS_PATH}",
        answer=DELEGATE,
        gives=DELEGATE_OBJECT,
    ),
    call(
        "settings.delegates.create",
        lambda c: c.settings.delegates.create(ALIAS),
        "POST /settings/delegates",
        body={"delegateEmail": ALIAS},
        answer=DELEGATE,
        gives=DELEGATE_OBJECT,
    ),
    call(
        "settings.delegates.delete",
        lambda c: c.settings.delegates.delete(ALIAS),
        f"DELETE /settings/delegates/{ALIAS_PATH}",
    ),
)

CALLS = (*SIMPLE, *FILTERS, *ADDRESSES)
