"""Where a run's files come from."""
