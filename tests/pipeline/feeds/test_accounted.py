"""What a complete feed cancels because it is missing stands in `changes`, of a check too, and in the sign-off."""

from pathlib import Path
from typing import Any

import openpyxl
import pytest

from tests.pipeline import app
from tests.pipeline.feeds.desk import Desk, row, rows

CANCELLED = [
    ("l5@example.com", "completed_on", "2023-03-01", None),
    ("l5@example.com", "status", "completed", "cancelled"),
]


@pytest.fixture
def desk(tmp_path: Path, prepared_url: str) -> Desk:
    """A complete feed, on each of the three databases."""
    return Desk(tmp_path, prepared_url, name="hris", complete=True, on_missing="cancel")


def changes(desk: Desk, run: str) -> list[tuple[Any, ...]]:
    """What `changes` lists of a run or a check."""
    out = ("--database", desk.url, "--out", desk.folder / "out")
    lines = app.run("changes", run, *out).told["changes"]
    return sorted(tuple(line[name] for name in ("learner", "field", "was", "is")) for line in lines)


def test_cancelled_enrollments_are_changes(desk: Desk) -> None:
    first = desk.send(rows(range(1, 6))).told["run"]
    changed = [*rows(range(1, 4)), row(4, "No show")]
    checked = desk.check(changed)
    assert desk.cancelled() == []
    sent = desk.send(changed)
    foreseen, found = changes(desk, checked.told["run"]), changes(desk, sent.told["run"])
    assert found == foreseen
    assert [line for line in found if line[0].startswith("l5")] == CANCELLED
    book = openpyxl.load_workbook(sent.told["reports"]["changes"]).worksheets[0]
    assert book.max_row == len(found) + 1
    signed = ("--database", desk.url, "--out", desk.folder / "out")
    assert app.run("sign-off", sent.told["run"], *signed).exit == 0
    page = Path(app.run("sign-off", sent.told["run"], *signed).told["sign_off"]).read_text(encoding="utf-8")
    assert "Cancelled because they are missing in the feed “hris”: 1" in page
    told = app.run("sign-off", first, *signed).told["differences"]
    assert told == [f"2 enrollments were changed later by run {sent.told['run']}."]


def test_a_run_that_only_cancels_leaves_its_workbook(desk: Desk) -> None:
    desk.send(rows(range(1, 6)))
    sent = desk.send(rows(range(1, 5)))
    assert changes(desk, sent.told["run"]) == CANCELLED
    assert Path(sent.told["reports"]["changes"]).is_file()
