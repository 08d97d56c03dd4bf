"""Tests of sources/process/."""
