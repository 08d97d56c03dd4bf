"""SmarterU: batches of historical session enrollments as XML, sent one at a time, and what became of each block."""
