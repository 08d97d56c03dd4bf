"""Pages of failed rows."""
