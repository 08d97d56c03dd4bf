"""Feeds: which a run's files belong to, what is unusual in what they sent, and what is kept in mind of it."""
