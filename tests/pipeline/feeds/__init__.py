"""Feeds, from their files to what is kept in mind of them."""
