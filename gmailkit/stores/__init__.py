"""Places where mail lives, behind one protocol (`stores.protocol`)."""
