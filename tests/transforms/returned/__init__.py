"""Tests of transforms/returned/."""
