"""Texts to clean values."""
