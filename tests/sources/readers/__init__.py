"""Tests of sources/readers/."""
