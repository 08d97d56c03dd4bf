"""Files that are elsewhere."""
