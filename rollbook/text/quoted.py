"""Texts of people within a sentence: sheets, headers, cells."""


def quoted(text: str) -> str:
    """The text in quotation marks on one line: `“Jörg's list”`; line breaks and runs of spaces become one space."""
    return f"“{' '.join(text.split())}”"
