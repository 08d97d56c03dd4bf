"""What feeds brought before."""
