"""Letters of columns."""

import pytest

from rollbook.text.letters import column_letter, column_number


@pytest.mark.parametrize(
    ("number", "letter"), [(1, "A"), (26, "Z"), (27, "AA"), (702, "ZZ"), (703, "AAA"), (16384, "XFD")]
)
def test_letters_as_spreadsheet_programs_show_them(number: int, letter: str) -> None:
    """And back again."""
    assert column_letter(number) == letter
    assert column_number(letter) == number
