"""Tests of destinations/."""
