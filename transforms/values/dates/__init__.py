"""Texts that say days and times."""
