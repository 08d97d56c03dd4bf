"""Tests of sources/text/."""
