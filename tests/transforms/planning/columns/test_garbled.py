"""Garbled texts are told in every field of texts, as what they were; the others stay as they are."""

import pandas as pd
import pytest

from tests.transforms.sheets import canonical_of, table_of
from transforms.planning.columns.garbled import garbled_in

_HEAD = ["Employee ID", "Email", "Learner name", "Course name", "Session ID", "Status", "Comments"]
_ROW = ["007", "ann@example.org", "Zoë Ångström", "Hygiène", "S1", "attended", "très bien"]


@pytest.mark.parametrize("column", [0, 1, 2, 3, 4, 6])
@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("JÃ¼rgen", "“Ã¼” was “ü”"),
        ("MartÃ\xadn", "“Ã\xad” was “í”"),
        ("J\ufffdrgen", "“\ufffd” stands for a lost letter"),
        ("G+APY-khan", "“+APY-” was “ö”"),
        ("G=C3=B6khan", "“=C3=B6” was “ö”"),
    ],
)
def test_a_garbled_cell_is_told(column: int, text: str, told: str) -> None:
    """Names, IDs, addresses and remarks, before anything else is made of the text."""
    row = [*_ROW[:column], text, *_ROW[column + 1 :]]
    found = canonical_of([_HEAD, row, _ROW])
    assert table_of(found.failures, "row", "value", "code", "detail") == [(2, text, "cell.garbled", told)]


def test_a_word_that_the_profile_names_is_no_doubt() -> None:
    """What is said of it is taken."""
    rows = [_HEAD, [*_ROW[:2], "JÃ¼rgen Lee", *_ROW[3:]]]
    found = canonical_of(rows, '[values.learner_name]\n"JÃ¼rgen Lee" = "Jürgen Lee"')
    assert found.rows["learner_name"].tolist() == ["Jürgen Lee"]


@pytest.mark.parametrize("texts", [["Ann", None], ["Zoë", "Ä »"], [None, None], []])
def test_nothing_is_said_of_other_texts(texts: list[str | None]) -> None:
    """Not even a column of codes."""
    assert garbled_in(pd.Series(texts, dtype="str")) is None
