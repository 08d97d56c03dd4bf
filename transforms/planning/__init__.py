"""How a sheet is read: its table, its columns, its sessions."""
