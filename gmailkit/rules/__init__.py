"""Rules for mail as a file says them: read, written, turned into filters. Asks nobody."""
