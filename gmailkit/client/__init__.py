"""Google's methods as typed calls; one file per resource."""
