"""Tests of transforms/planning/."""
