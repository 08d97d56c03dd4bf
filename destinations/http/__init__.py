"""Requests to systems outside, and their answers."""
