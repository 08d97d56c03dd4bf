"""Tests of destinations.moon."""
