"""The mail protocols themselves."""
