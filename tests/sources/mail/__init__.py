"""Tests of sources/mail/."""
