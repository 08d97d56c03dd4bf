"""The memory of every run, in the database: files, staged rows, verdicts, failures, cases."""
