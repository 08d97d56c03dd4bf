"""Tests of dashboard/records."""
