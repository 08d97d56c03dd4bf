"""Files to raw tables: all cells as text, each with the place it came from."""
