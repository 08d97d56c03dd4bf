"""Tests of rollbook/."""
