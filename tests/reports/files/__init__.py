"""Exports and lists."""
