"""Gmail over HTTPS: built by google-api-python-client, sent by requests, decoded by msgspec."""
