"""What waits in the outbox, sent to the systems and taken back."""
