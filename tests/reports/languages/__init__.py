"""Tests of reports/languages/."""
