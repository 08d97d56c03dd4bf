"""Tests of ledger/remote/."""
