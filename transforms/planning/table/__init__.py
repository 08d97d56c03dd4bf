"""How the table of a sheet is found: its headers, its titles, and the rows below it that carry no record."""
