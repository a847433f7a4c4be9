"""Gmail's search language: text to tree, tree to text, tree against a document. Pure."""
