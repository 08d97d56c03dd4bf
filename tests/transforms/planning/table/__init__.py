"""How tables are found."""
