"""Mail that comes in: a mailbox, and mails taken apart in a process of their own."""
