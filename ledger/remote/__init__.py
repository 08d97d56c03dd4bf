"""What is sent to systems outside, and what they are known to hold."""
