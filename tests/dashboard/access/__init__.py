"""Tests of dashboard/access."""
