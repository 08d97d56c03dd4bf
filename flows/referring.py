"""`rollbook reference load`: what is known of learners, groups, courses and sessions, from a spreadsheet or CSV."""
