"""What a run writes: accounts, failed rows, changes, suggestions."""
