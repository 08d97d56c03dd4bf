"""Small forms of text that several rooms write and read: letters of columns, lengths of time, patterns, addresses."""
