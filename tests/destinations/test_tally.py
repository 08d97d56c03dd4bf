"""A run's rows are counted by outcome and by part, and what of them has no place."""

from collections.abc import Sequence

import pyarrow as pa
from sqlalchemy import Connection

from destinations.decide import begin, tally_of
from destinations.protocol import Tally
from rollbook.rows.outcomes import OUTCOMES
from stage.database import table_of
from tests.destinations.stage import Row, day, row, stage, staged, terms

LOST = {name: f"{name} IS NOT NULL" for name in ("completed_on", "feedback")}
FULL: Row = {"completed_on": day("2023-05-04"), "feedback": "fine"}
PLACE = {name: pa.int64() for name in ("part_id", "row_no", "col_no")}


def _tally(connection: Connection, rows: Sequence[tuple[str, Row]], lost: dict[str, str] = LOST) -> Tally:
    """The tally of rows, each with the outcome that judging or deciding gave it."""
    stage(
        connection, [{**said, "outcome": "rejected" if outcome == "rejected" else "accepted"} for outcome, said in rows]
    )
    opened = staged()
    begin(opened, terms())
    decided = [
        (said.get("part_id", 1_000_000), line, 0, outcome)
        for line, (outcome, said) in enumerate(rows, 2)
        if outcome not in ("accepted", "rejected")
    ]
    opened.add("outcomes", table_of(decided, **PLACE, outcome=pa.string()))
    opened.run("end")
    return tally_of(opened, lost)


def test_an_empty_run_has_every_outcome_at_nought(connection: Connection) -> None:
    tally = _tally(connection, [])
    assert tally.outcomes == dict.fromkeys(OUTCOMES, 0)
    assert (tally.read, tally.accepted, dict(tally.not_kept), dict(tally.by_part)) == (0, 0, {}, {})


def test_rows_are_counted_by_outcome_and_by_part(connection: Connection) -> None:
    """What is to be loaded counts as loaded in the whole, and as accepted in its part."""
    decided = ("accepted", "accepted", "rejected", "rejected", "unchanged", "duplicate", "updated")
    rows = [(outcome, row(f"{number}@x.org")) for number, outcome in enumerate(decided)]
    tally = _tally(connection, [*rows, ("accepted", row("c@x.org", part_id=1_000_001))])
    assert {outcome: number for outcome, number in tally.outcomes.items() if number} == {
        "loaded": 3,
        "rejected": 2,
        "unchanged": 1,
        "duplicate": 1,
        "updated": 1,
    }
    assert (tally.read, tally.accepted) == (8, 3)
    assert tally.by_part[1_000_001] == {"accepted": 1}
    assert tally.by_part[1_000_000]["accepted"] == 2
    assert sum(tally.by_part[1_000_000].values()) == 7


def test_what_has_no_place_is_counted_of_rows_that_are_kept(connection: Connection) -> None:
    """Of those to be loaded and of updated ones; a field that nothing is lost of is not named."""
    loaded = [row("a@x.org", **FULL), row("b@x.org", completed_on=day("2023-05-04")), row("c@x.org")]
    others = [(outcome, row("d@x.org", **FULL)) for outcome in ("updated", "rejected", "duplicate", "unchanged")]
    lost = {**LOST, "attendance_confirmed": "grade IS NOT NULL"}
    tally = _tally(connection, [*(("accepted", said) for said in loaded), *others], lost)
    assert tally.not_kept == {"completed_on": 3, "feedback": 2}
    assert all(type(number) is int for number in tally.not_kept.values())
