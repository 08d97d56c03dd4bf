"""Tests of ledger/reference/."""
