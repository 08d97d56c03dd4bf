"""Tests of destinations/http/."""
