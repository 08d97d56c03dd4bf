"""What the pages ask the ledger."""
