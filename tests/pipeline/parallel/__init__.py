"""Tests of pipeline/parallel/."""
