"""Reference data: loaded, adopted, forgotten."""
