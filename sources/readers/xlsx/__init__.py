"""Workbooks of .xlsx and .xlsm: what is fast where it provably applies, else a streaming XML parser."""
