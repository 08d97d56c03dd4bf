"""What the writer and the reader of a failed-rows workbook agree on."""

import pytest

from rollbook.returned import OUR_HEADERS, is_returned, read_row_marks, returned_cell, row_mark


def test_a_mark_is_the_case_and_the_beginning_of_its_fingerprint() -> None:
    """It is text that no spreadsheet program takes for a number or a date."""
    assert row_mark(17, "3fa2c0de" * 4) == "17-3fa2"


@pytest.mark.parametrize(
    ("text", "marks"),
    [
        ("17-3fa2", [(17, "3fa2")]),
        (" 17-3FA2  18-00ff ", [(17, "3fa2"), (18, "00ff")]),
        ("", []),
        ("17", []),
        ("copied by hand", []),
    ],
)
def test_marks_are_read_back(text: str, marks: list[tuple[int, str]]) -> None:
    """The rows of a wide sheet carry several; what is no mark is none."""
    assert read_row_marks(text) == marks


def test_a_returned_sheet_is_known_by_its_first_three_headers() -> None:
    """Case and blanks do not matter, another order does."""
    assert is_returned([*OUR_HEADERS, "E-mail"])
    assert is_returned(["rollbook row ", " PROBLEMS", "What to do"])
    assert not is_returned(["Problems", "Rollbook row", "What to do"])
    assert not is_returned(["Rollbook row", None, None])


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("plain", "plain"),
        ("=1+1", "'=1+1"),
        ("'=1+1", "''=1+1"),
        ("a\x00b", "a␀b"),
        ("\ufffe", "\ufffd"),
        ("2024-01-31 00:00:00", "2024-01-31"),
        ("2024-01-31 09:30:00", "2024-01-31 09:30:00"),
    ],
)
def test_a_cell_is_shown(raw: str, shown: str) -> None:
    """Harmless, visible, and without the midnight of a date."""
    assert returned_cell(raw) == shown


def test_a_text_too_long_for_a_cell_is_cut_and_says_so() -> None:
    """The limit is in UTF-16 units, and no character is halved."""
    cut = returned_cell("😀" * 20_000)
    assert len(cut.encode("utf-16-le")) // 2 <= 32_767
    assert cut.endswith("😀 … [cut by Rollbook: 20,000 characters]")
    assert returned_cell("a" * 32_767) == "a" * 32_767
