"""What other systems know, read into the ledger."""
