"""The text of attached files: plain text, HTML, PDF, Office and OpenDocument."""
