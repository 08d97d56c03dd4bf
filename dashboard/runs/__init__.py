"""Runs: the list, one with how it stands, and what can be done with it."""
