"""Bulk loading and what is MariaDB's own."""
