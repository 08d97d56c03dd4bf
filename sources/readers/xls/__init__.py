"""Workbooks of Excel 97 to 2003, and the OLE files around them."""
