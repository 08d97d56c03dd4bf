"""What the columns of a table feed, and what they say beside it."""
