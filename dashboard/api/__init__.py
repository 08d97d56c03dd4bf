"""The HTTP interface for programs: files are submitted; runs, rows, changes and cases are read; runs are undone."""
