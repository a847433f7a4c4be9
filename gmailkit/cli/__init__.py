"""The terminal: parse, call, print. No mail logic."""
