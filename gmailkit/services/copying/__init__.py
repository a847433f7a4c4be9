"""Mail copied from one store to another: what would be lost, what is copied, what came of it."""
