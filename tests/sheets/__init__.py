"""Small sheets as people and systems make them, one folder a kind, each with the records that must come of it."""
