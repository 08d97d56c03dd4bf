"""Tests of pipeline/uploads/."""
