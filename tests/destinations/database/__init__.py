"""Tests of destinations/database/."""
