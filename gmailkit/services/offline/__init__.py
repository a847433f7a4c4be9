"""Mail of a backup, found and read as if it were on Gmail; nobody is asked."""
