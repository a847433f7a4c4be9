"""What a sandbox remembers: people, mail, labels, history, grants."""
