"""What people write, into what a message is made of: Markdown, templates, replies, invitations."""
