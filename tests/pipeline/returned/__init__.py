"""Tests of failed rows on their way back."""
