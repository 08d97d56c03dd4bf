"""What is known: last night, learners and sessions, one search, who did what."""
