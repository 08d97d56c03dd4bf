"""Tests of destinations/decide/."""
