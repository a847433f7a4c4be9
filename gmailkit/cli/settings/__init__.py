"""`gmailkit settings`: one file for each of its groups."""
