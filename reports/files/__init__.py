"""What is written as a file of its own: exports, and the lists beside a batch."""
