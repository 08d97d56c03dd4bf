"""Rows of other databases."""
