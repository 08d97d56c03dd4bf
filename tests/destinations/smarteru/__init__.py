"""Tests of destinations/smarteru/."""
