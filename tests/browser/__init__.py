"""What people see in a browser: every page, and the whole repair."""
