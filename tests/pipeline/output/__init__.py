"""What runs write."""
