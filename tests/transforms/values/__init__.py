"""Tests of transforms/values/."""
