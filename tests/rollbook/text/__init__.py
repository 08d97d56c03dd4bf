"""Small forms of text."""
