"""Which fields the answers of the API have (discovery document, schemas)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

# Field, or field=Shape where it holds objects of that shape or a list of them.
_SHAPES = """\
Profile: emailAddress historyId messagesTotal threadsTotal
WatchResponse: expiration historyId
Draft: id message=Message
ListDraftsResponse: drafts=Draft nextPageToken resultSizeEstimate
Message: classificationLabelValues=ClassificationLabelValue historyId id internalDate labelIds
    payload=MessagePart raw sizeEstimate snippet threadId
ListHistoryResponse: history=History historyId nextPageToken
Label: color=LabelColor id labelListVisibility messageListVisibility messagesTotal messagesUnread
    name threadsTotal threadsUnread type
ListLabelsResponse: labels=Label
ListMessagesResponse: messages=Message nextPageToken resultSizeEstimate
MessagePartBody: attachmentId data size
AutoForwarding: disposition emailAddress enabled
ImapSettings: autoExpunge enabled expungeBehavior maxFolderSize
LanguageSettings: displayLanguage
PopSettings: accessWindow disposition
VacationSettings: enableAutoReply endTime responseBodyHtml responseBodyPlainText responseSubject
    restrictToContacts restrictToDomain startTime
CseIdentity: emailAddress primaryKeyPairId signAndEncryptKeyPairs=SignAndEncryptKeyPairs
ListCseIdentitiesResponse: cseIdentities=CseIdentity nextPageToken
CseKeyPair: disableTime enablementState keyPairId pem pkcs7
    privateKeyMetadata=CsePrivateKeyMetadata subjectEmailAddresses
ListCseKeyPairsResponse: cseKeyPairs=CseKeyPair nextPageToken
Delegate: delegateEmail verificationStatus
ListDelegatesResponse: delegates=Delegate
Filter: action=FilterAction criteria=FilterCriteria id
ListFiltersResponse: filter=Filter
ForwardingAddress: forwardingEmail verificationStatus
ListForwardingAddressesResponse: forwardingAddresses=ForwardingAddress
SendAs: displayName isDefault isPrimary replyToAddress sendAsEmail signature smtpMsa=SmtpMsa
    treatAsAlias verificationStatus
ListSendAsResponse: sendAs=SendAs
SmimeInfo: encryptedKeyPassword expiration id isDefault issuerCn pem pkcs12
ListSmimeInfoResponse: smimeInfo=SmimeInfo
Thread: historyId id messages=Message snippet
ListThreadsResponse: nextPageToken resultSizeEstimate threads=Thread
ClassificationLabelValue: fields=ClassificationLabelFieldValue labelId
MessagePart: body=MessagePartBody filename headers=MessagePartHeader mimeType partId
    parts=MessagePart
History: id labelsAdded=HistoryLabelAdded labelsRemoved=HistoryLabelRemoved messages=Message
    messagesAdded=HistoryMessageAdded messagesDeleted=HistoryMessageDeleted
LabelColor: backgroundColor textColor
SignAndEncryptKeyPairs: encryptionKeyPairId signingKeyPairId
CsePrivateKeyMetadata: hardwareKeyMetadata=HardwareKeyMetadata kaclsKeyMetadata=KaclsKeyMetadata
    privateKeyMetadataId
FilterAction: addLabelIds forward removeLabelIds
FilterCriteria: excludeChats from hasAttachment negatedQuery query size sizeComparison subject to
SmtpMsa: host password port securityMode username
ClassificationLabelFieldValue: fieldId selection
MessagePartHeader: name value
HistoryLabelAdded: labelIds message=Message
HistoryLabelRemoved: labelIds message=Message
HistoryMessageAdded: message=Message
HistoryMessageDeleted: message=Message
HardwareKeyMetadata: description
KaclsKeyMetadata: kaclsData kaclsUri
"""
# The methods that answer with each shape; the others answer nothing.
_METHODS = """\
Profile: getProfile
WatchResponse: watch
Draft: drafts.create drafts.get drafts.update
ListDraftsResponse: drafts.list
Message: drafts.send messages.get messages.import messages.insert messages.modify messages.send
    messages.trash messages.untrash
ListHistoryResponse: history.list
Label: labels.create labels.get labels.patch labels.update
ListLabelsResponse: labels.list
ListMessagesResponse: messages.list
MessagePartBody: messages.attachments.get
AutoForwarding: settings.getAutoForwarding settings.updateAutoForwarding
ImapSettings: settings.getImap settings.updateImap
LanguageSettings: settings.getLanguage settings.updateLanguage
PopSettings: settings.getPop settings.updatePop
VacationSettings: settings.getVacation settings.updateVacation
CseIdentity: settings.cse.identities.create settings.cse.identities.get
    settings.cse.identities.patch
ListCseIdentitiesResponse: settings.cse.identities.list
CseKeyPair: settings.cse.keypairs.create settings.cse.keypairs.disable
    settings.cse.keypairs.enable settings.cse.keypairs.get
ListCseKeyPairsResponse: settings.cse.keypairs.list
Delegate: settings.delegates.create settings.delegates.get
ListDelegatesResponse: settings.delegates.list
Filter: settings.filters.create settings.filters.get
ListFiltersResponse: settings.filters.list
ForwardingAddress: settings.forwardingAddresses.create settings.forwardingAddresses.get
ListForwardingAddressesResponse: settings.forwardingAddresses.list
SendAs: settings.sendAs.create settings.sendAs.get settings.sendAs.patch settings.sendAs.update
ListSendAsResponse: settings.sendAs.list
SmimeInfo: settings.sendAs.smimeInfo.get settings.sendAs.smimeInfo.insert
ListSmimeInfoResponse: settings.sendAs.smimeInfo.list
Thread: threads.get threads.modify threads.trash threads.untrash
ListThreadsResponse: threads.list
"""

Shape = Mapping[str, str]  # field: the name of what it holds, "" for plain values


@cache
def shapes() -> Mapping[str, Shape]:
    return {
        name: {field: inner for field, _, inner in (word.partition("=") for word in words)}
        for name, words in _read(_SHAPES).items()
    }


@cache
def answers() -> Mapping[str, str]:
    """Method: the name of its answer's shape."""
    return {method: shape for shape, methods in _read(_METHODS).items() for method in methods}


def _read(text: str) -> dict[str, list[str]]:
    """Lines of "name: words", with indented lines that carry on."""
    lines = text.replace("\n    ", " ").splitlines()
    return {name: words.split() for name, _, words in (line.partition(":") for line in lines)}
