"""The letters by which spreadsheet programs name columns."""

import re


def column_letter(number: int) -> str:
    """The letter of the 1-based column `number`: A to Z, then AA."""
    letters = ""
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def column_number(letters: str) -> int:
    """The 1-based number of a column's letters."""
    number = 0
    for character in letters:
        number = number * 26 + ord(character) - ord("A") + 1
    return number


def letters_in(text: str) -> list[str]:
    """The letters of the columns that a text such as `C` or `C, F` names, in its order."""
    return re.findall("[A-Z]+", text)
