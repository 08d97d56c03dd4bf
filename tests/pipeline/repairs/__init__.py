"""Tests of pipeline/repairs/."""
