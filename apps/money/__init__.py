"""Money: what the books say and the documents that prove it."""
