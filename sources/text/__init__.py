"""Text files to raw sheets."""
