"""What is written before the act, so that a crash can be told and mended."""
