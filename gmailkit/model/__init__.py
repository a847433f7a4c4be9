"""Shapes of Gmail and of mail: immutable, and nothing here touches a network, a clock or a file."""
