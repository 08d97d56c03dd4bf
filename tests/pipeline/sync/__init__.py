"""Tests of pipeline/sync/."""
