"""What became of every row, and what a run changed."""
