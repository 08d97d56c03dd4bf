"""How the three databases are spoken to: bulk loading, plans, temporary tables, and what is MariaDB's own."""
