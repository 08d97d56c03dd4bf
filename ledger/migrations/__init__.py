"""The history of the schema; every revision is also named in `ledger.database.REVISIONS`."""
