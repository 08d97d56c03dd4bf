"""What columns feed."""
