"""What would become of many rows is told row by row, as their import does it, and nothing is written."""

from pathlib import Path

import pytest

from dashboard.actions import Actions
from ledger.database import open_database
from rollbook.errors import CannotBegin
from rollbook.settings import Settings
from tests.pipeline import app
from tests.pipeline.desk import Desk


@pytest.fixture
def desk(tmp_path: Path, prepared_url: str) -> Desk:
    """Rows with an unknown status, the last with a wrong day too, on each of the three databases."""
    desk = Desk(tmp_path, prepared_url)
    rows = [(f"p{number}@example.com", str(3000 + number), "S-7", "Excused", "", "2021-04-12") for number in range(4)]
    desk.do("import", desk.sheet(*rows, ("q@example.com", "3100", "S-7", "Excused", "", "2021-04-31")))
    return desk


def _actions(desk: Desk) -> Actions:
    return Actions(Settings(database=desk.url, out=desk.folder / "out"), open_database(desk.url, create=False))


def test_each_row_has_its_own_verdict(desk: Desk) -> None:
    before = app.contents(desk.url)
    found = _actions(desk).judge_each({1: {"D": "attended"}, 2: {"D": "soso"}, 5: {"D": "attended"}})
    assert {case: row.outcome for case, row in found.items()} == {1: "accepted", 2: "rejected", 5: "rejected"}
    assert [problem.code for problem in found[2].problems] == ["status.unknown"]
    assert [(problem.code, problem.source_column) for problem in found[5].problems] == [("date.invalid", "F")]
    assert found[1].problems == ()
    assert app.contents(desk.url) == before


def test_rows_are_judged_as_they_would_be_imported_together(desk: Desk) -> None:
    """Two rows that become alike are copies; two that contradict each other are in conflict."""
    alike = {"A": "p0@example.com", "B": "3000", "D": "attended"}
    copies = _actions(desk).judge_each({1: {"D": "attended"}, 2: alike})
    assert sorted(row.outcome for row in copies.values()) == ["accepted", "duplicate"]
    rivals = _actions(desk).judge_each({1: {"D": "attended"}, 2: {**alike, "D": "no_show"}})
    assert {row.outcome for row in rivals.values()} == {"rejected"}
    assert {problem.code for row in rivals.values() for problem in row.problems} == {"enrollment.conflict"}


def test_a_row_that_is_emptied_holds_no_record(desk: Desk) -> None:
    (found,) = _actions(desk).judge_each({1: dict.fromkeys("ABCDEF", "")}).values()
    assert found.outcome == "ignored"


def test_what_cannot_be_imported_cannot_be_judged(desk: Desk) -> None:
    actions = _actions(desk)
    actions.repair({1: {"D": "attended"}}, "Pat")
    with pytest.raises(CannotBegin, match="Case 1 is fixed"):
        actions.judge_each({1: {"D": "no_show"}, 2: {"D": "attended"}})
