"""Failed rows that wait for a fix: cases, their cells, labels and groups."""
