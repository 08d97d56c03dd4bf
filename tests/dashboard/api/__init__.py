"""Tests of dashboard/api/."""
