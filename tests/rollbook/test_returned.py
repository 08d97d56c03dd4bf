"""What the writer and the reader of a failed-rows workbook agree on."""

import pytest

from rollbook.returned import (
    LABELS,
    OUR_HEADERS,
    Origin,
    our_columns,
    read_row_marks,
    returned_cell,
    row_mark,
)


def test_a_mark_is_the_case_the_beginning_of_its_fingerprint_and_the_ledger() -> None:
    """It is text that no spreadsheet program takes for a number or a date."""
    assert row_mark(17, "3fa2c0de" * 4, "k7mq2x") == "17-3fa2-k7mq2x"
    assert row_mark(17, "3fa2c0de" * 4) == "17-3fa2"
    assert row_mark(None, None, "k7mq2x") == "new-k7mq2x"
    assert row_mark(None, None) == "new"


@pytest.mark.parametrize(
    ("text", "marks"),
    [
        ("17-3fa2", [(17, "3fa2", None)]),
        (" 17-3FA2  18-00ff ", [(17, "3fa2", None), (18, "00ff", None)]),
        ("17-3fa2-k7mq2x 18-00ff-k7mq2x", [(17, "3fa2", "k7mq2x"), (18, "00ff", "k7mq2x")]),
        ("17\u20133fa2 \u2014 K7MQ2X", [(17, "3fa2", "k7mq2x")]),
        ("new-k7mq2x", [(None, None, "k7mq2x")]),
        ("New", [(None, None, None)]),
        ("a new one", []),
        ("17-3fa25", []),
        ("", []),
        ("17", []),
        ("copied by hand", []),
    ],
)
def test_marks_are_read_back(text: str, marks: list[tuple[int | None, str | None, str | None]]) -> None:
    """The rows of a wide sheet carry several; a program may have made dashes of hyphens; what is no mark is none."""
    assert [tuple(mark) for mark in read_row_marks(text)] == marks


def test_a_sheet_of_failed_rows_is_known_by_our_headers_wherever_they_are() -> None:
    """`Rollbook row` is enough, and so are the two others together; one of those two alone is anybody's."""
    assert our_columns([*OUR_HEADERS, "E-mail"]) == {"Rollbook row": 0, "Problems": 1, "What to do": 2}
    assert our_columns(["E-mail", None, "rollbook  ROW "]) == {"Rollbook row": 2}
    assert our_columns(["What to do", "problems"]) == {"What to do": 0, "Problems": 1}
    assert our_columns(["Problems", "E-mail", None]) == {}
    assert our_columns(["What to do", "Status"]) == {}


@pytest.mark.parametrize(
    "origin", [Origin(), Origin(("a", "b"), "k7mq2x", "sqlite:////x.db"), Origin(("a",), is_check=True)]
)
def test_an_origin_is_read_as_it_was_written(origin: Origin) -> None:
    """As labels and texts, which the properties of the workbook and its summary sheet hold."""
    assert set(origin.to_labels()) <= set(LABELS)
    assert Origin.from_labels(origin.to_labels()) == origin


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
