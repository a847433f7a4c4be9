"""The library's face: class Gmail, in one part for each thing that a person does with mail."""

from gmailkit.gmail.mailbox import Gmail as Gmail
