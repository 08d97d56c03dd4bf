"""Words for what became of somebody."""
