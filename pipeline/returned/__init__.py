"""Failed rows on their way back: from a corrected workbook, from the ledger, or from a page."""
