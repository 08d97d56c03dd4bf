"""Tests of reports/workbook/."""
