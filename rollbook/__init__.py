"""The words that every room of Rollbook uses: fields, statuses, outcomes, profile, settings, errors."""

__version__ = "0.1.0"
