"""The subject of a reply and of a forward.

Gmail keeps a message in its conversation only under the same subject, where a prefix of its own
("Re:", "Fwd:") does not count. Which prefixes of other languages it ignores is not known, so none
of those is ever taken away: the rest stays as it was, sign by sign.
"""

from __future__ import annotations

import re

_COUNT_AND_COLON = r"(?:\s?[\[(^]?\d{1,3}[\])]?)?\s*[:：]"  # Re[2]: of The Bat!, Re^2: of old

# What mailers write in place of "Re:" and "Fwd:". No single letter (the Italian "R:"): where one
# is none, a reply would stay without a prefix, while "Re: R: budget" does no harm.
_REPLY = """re aw antw antwort sv vs odp ynt rif res bls ats atb vá απ σχετ отв ответ תגובה השב رد
    回复 回覆 答复 答覆 返信 답장 회신"""
_FORWARD = (
    """fwd fw wg vb vl tr rv enc doorst trs i̇lt ilt πρθ пересл 转发 轉寄 轉發 転送 전달 הועבר"""
)
_IS_REPLY = re.compile(f"(?:{'|'.join(_REPLY.split())}){_COUNT_AND_COLON}", re.IGNORECASE)
_IS_FORWARD = re.compile(f"(?:{'|'.join(_FORWARD.split())}){_COUNT_AND_COLON}", re.IGNORECASE)
_PLAIN = re.compile(r"(?:re\s*:\s*)+", re.IGNORECASE)


def reply_subject(subject: str) -> str:
    """With one "Re: " in front, or the prefix that another mailer gave it already."""
    plain = _PLAIN.match(subject)
    if plain and (plain[0].count(":") > 1 or plain[0] == subject):
        return f"Re: {subject[plain.end() :]}".rstrip()
    return subject if _IS_REPLY.match(subject) else f"Re: {subject}".rstrip()


def forward_subject(subject: str) -> str:
    """With one "Fwd: " in front, in the place of "Re: "; another mailer's prefix stays."""
    rest = _PLAIN.sub("", subject, count=1) if _PLAIN.match(subject) else subject
    return rest if _IS_FORWARD.match(rest) else f"Fwd: {rest}".rstrip()
