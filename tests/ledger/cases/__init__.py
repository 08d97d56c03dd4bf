"""Cases and their groups on real databases."""
