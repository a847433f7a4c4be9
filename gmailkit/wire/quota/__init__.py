"""One scheduler for all requests: the pace, the books, and what refusals teach."""
