"""Tests of reports/notifications/."""
