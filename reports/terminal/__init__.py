"""What commands print: tables and pages that fit a terminal."""
