"""Mail oneself a digest of what is unread, newest first, grouped by sender.

python examples/unread_digest.py
"""

from __future__ import annotations

from collections import defaultdict

from gmailkit import Envelope, Gmail


def digest(envelopes: list[Envelope]) -> str:
    by_sender: dict[str, list[Envelope]] = defaultdict(list)
    for envelope in envelopes:
        by_sender[str(envelope.sender)].append(envelope)
    lines = [f"{len(envelopes)} unread messages"]
    for sender, theirs in sorted(by_sender.items(), key=lambda item: -len(item[1])):
        lines += ["", f"{sender} ({len(theirs)})"]
        lines += [f"  {each.date:%d %b %H:%M}  {each.subject}" for each in theirs]
    return "\n".join(lines) + "\n"


def main() -> None:
    with Gmail() as gmail:
        unread = list(gmail.search("is:unread in:inbox", limit=50))
        gmail.send(to=gmail.address, subject=f"{len(unread)} unread", text=digest(unread))
    print(f"Sent a digest of {len(unread)} messages.")


if __name__ == "__main__":
    main()
