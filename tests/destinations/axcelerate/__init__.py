"""Tests of destinations/axcelerate/."""
