"""Tests of pipeline/replies/."""
