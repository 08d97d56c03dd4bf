"""Cells as text, and raw sheets on disk."""
