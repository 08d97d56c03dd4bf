"""Registers, matrices and wide sheets."""
