"""The database itself as a destination."""
