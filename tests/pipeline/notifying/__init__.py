"""Tests of pipeline/notifying/."""
