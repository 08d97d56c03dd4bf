"""The processes that parse foreign bytes."""
