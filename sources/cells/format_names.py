"""Number formats by the names that Excel gives them in pages and in SpreadsheetML, whatever its language."""

_CODES = {
    "percent": "0.00%",
    "general date": "yyyy-mm-dd hh:mm",
    "long date": "yyyy-mm-dd",
    "medium date": "yyyy-mm-dd",
    "short date": "yyyy-mm-dd",
    "long time": "h:mm:ss",
    "medium time": "h:mm",
    "short time": "h:mm",
    # They leave the number as it is.
    **dict.fromkeys(("general number", "fixed", "standard", "scientific", "currency", "euro currency"), "General"),
    **dict.fromkeys(("yes/no", "true/false", "on/off"), "General"),
}


def code_of(name: str) -> str:
    """The format's code: `Percent` -> `0.00%`; a code stays as it is."""
    return _CODES.get(name.strip().lower(), name)
