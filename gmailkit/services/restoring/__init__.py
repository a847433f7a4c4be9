"""Mail of a backup put back into Gmail: planned, then copied, and all of it can be taken back."""
