"""Whether a text speaks of an attachment, in the languages that mail is often written in."""

from __future__ import annotations

import re

# Stems of what people write when they attach something; \b stands where the script has word ends.
_WORDS = (
    r"(?<!any )(?<!no )(?<!without )\battach(?:ed|ing|ments?)\b"
    r"|\benclos(?:ed|ure|ures)\b",  # English
    r"\banbei\b|\b(?:im|als|mit) anhang\b|\bangehängt\w*|\bbeigefügt\w*"
    r"|\b(?:in der|als) anlage\b|\bbeiliegend\w*",  # German
    r"\bpi[eè]ces? jointes?\b|\bci-joint\w*|\b(?:en|ci) annexe\b",  # French
    r"\badjunt[oa]s?\b|\badjuntamos\b|\barchivos? adjuntos?\b",  # Spanish
    r"\bem anexo\b|\banexad[oa]s?\b|\bsegue(?:m)? (?:em )?anexos?\b",  # Portuguese
    r"\b(?:in|ti|vi) alleg(?:o|ato|ati)\b|\ballegat[oaie]\b",  # Italian
    r"\bbijlagen?\b|\bbijgevoegd\w*|\bbijgesloten\b",  # Dutch
    r"\bbifoga(?:d|t|r|de)\b|\bbilag(?:a|or)\b",  # Swedish
    r"\bvedhæft\w+|\bvedlagt\w*|\bvedlegg\w*",  # Danish, Norwegian
    r"\bliitteenä\b|\bliitetiedosto\w*|\bohessa liite\b",  # Finnish
    r"\bzałącz\w+|\bw załączeniu\b",  # Polish
    r"\bv příloze\b|\bpřílo(?:ha|hu|hy)\b|\bpřiložen\w*|\bprílohe\b",  # Czech, Slovak
    r"\bmellékel\w+|\bmelléklet\w*|\bcsatol(?:t|va|om)\w*",  # Hungarian
    r"\bataşat\w*|\batașat\w*",  # Romanian
    r"\bekte(?:ki)?\b|\bilişikte\w*",  # Turkish
    r"\bво вложени\w+|\bвложени[еяю]\b|\bприлага\w+|\bприкреп\w+",  # Russian
    r"\bу вкладенні\b|\bдодаю файл\w*",  # Ukrainian
    r"\bσυνημμέν\w+|\bεπισυνάπτ\w+",  # Greek
    r"מצורף|מצורפת|מצורפים|מצ״ב|מצ\"ב",  # Hebrew
    r"مرفق|المرفقات|مرفقة",  # Arabic
    r"संलग्न",  # Hindi
    r"添付|附件|附上|첨부",  # Japanese, Chinese, Korean
)
_MENTION = re.compile("|".join(_WORDS), re.IGNORECASE)

# Where somebody else's words begin, or a footer that says the same below every mail.
_END = re.compile(
    r"^(?:-- ?$|-{2,} ?(?:original message|forwarded message|ursprüngliche nachricht)\b"
    r"|_{10,}$|(?:on|am|le|el|il|em|op) (?=[^\n]*[\d@])[^\n]{5,160}:$)",
    re.IGNORECASE | re.MULTILINE,
)
_LOOKED_AT = 200_000  # characters


def mentions_attachment(text: str) -> str:
    """The word that speaks of an attachment, or "". What is quoted says nothing."""
    text = text[:_LOOKED_AT]
    if end := _END.search(text):
        text = text[: end.start()]
    own = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith(">"))
    found = _MENTION.search(own)
    return found[0] if found else ""
