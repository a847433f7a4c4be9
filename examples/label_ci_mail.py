"""Take the mail of the build server out of the inbox: failures under "CI/Failed", the rest "CI".

python examples/label_ci_mail.py
"""

from __future__ import annotations

from gmailkit import Gmail

RULES = (
    ("from:ci subject:failed in:inbox", "CI/Failed"),
    ("from:ci in:inbox", "CI"),
)


def main() -> None:
    with Gmail() as gmail:
        for query, label in RULES:
            change = gmail.label(query, add=[label], remove=["INBOX"], create=True)
            print(f"{label}: {change.count} messages")


if __name__ == "__main__":
    main()
