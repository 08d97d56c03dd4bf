"""Rows of other databases, by a query."""
