"""What is inspected and proposed."""
