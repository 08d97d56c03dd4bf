"""Failed rows: their list, groups, grid, sides and cases."""
