"""The rules of policy.toml, and what they say of one message."""
