"""Corrected workbooks that come back as replies to the messages that they were sent with."""
