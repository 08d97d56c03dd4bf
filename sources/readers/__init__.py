"""Workbooks to raw sheets, each kind by its own reader."""
