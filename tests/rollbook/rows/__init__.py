"""The words for rows."""
