"""Tests, one folder a room; real servers, not mocks."""
