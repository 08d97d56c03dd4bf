"""Tests of sources/cells/."""
