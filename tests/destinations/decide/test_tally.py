"""A run's staged rows are counted by outcome and by part, and what of them has no place."""

from sqlalchemy import Connection, insert

from destinations.decide.tally import tally_of
from ledger.tables import rollbook_rows
from rollbook.outcomes import OUTCOMES
from tests.destinations.stage import Row, day, row, stage, terms

LOST = {name: rollbook_rows.c[name].is_not(None) for name in ("completed_on", "feedback")}
FULL: Row = {"completed_on": day("2023-05-04"), "feedback": "fine"}


def _also(connection: Connection, line: int, outcome: str, **said: object) -> None:
    values = {"run_id": "r1", "part_id": 1_000_000, "row_no": line, "col_no": 0, "outcome": outcome, **said}
    connection.execute(insert(rollbook_rows).values(**values))


def test_an_empty_run_has_every_outcome_at_nought(connection: Connection) -> None:
    tally = tally_of(connection, terms(), LOST)
    assert tally.outcomes == dict.fromkeys(OUTCOMES, 0)
    assert (tally.read, tally.accepted, dict(tally.not_kept), dict(tally.by_part)) == (0, 0, {}, {})


def test_rows_are_counted_by_outcome_and_by_part(connection: Connection) -> None:
    """What is to be loaded counts as loaded in the whole, and as accepted in its part."""
    stage(connection, [row("a@x.org"), row("b@x.org"), row("c@x.org", part_id=1_000_001)])
    for line, outcome in enumerate(("rejected", "rejected", "unchanged", "duplicate", "updated", "pending"), 10):
        _also(connection, line, outcome)
    tally = tally_of(connection, terms(), {})
    assert {outcome: number for outcome, number in tally.outcomes.items() if number} == {
        "loaded": 3,
        "rejected": 2,
        "unchanged": 1,
        "duplicate": 1,
        "updated": 1,
        "pending": 1,
    }
    assert (tally.read, tally.accepted) == (9, 3)
    assert tally.by_part[1_000_001] == {"accepted": 1}
    assert tally.by_part[1_000_000]["accepted"] == 2
    assert sum(tally.by_part[1_000_000].values()) == 8


def test_what_has_no_place_is_counted_of_rows_that_are_kept(connection: Connection) -> None:
    """Of those to be loaded and of updated ones; a field that nothing is lost of is not named."""
    stage(connection, [row("a@x.org", **FULL), row("b@x.org", completed_on=day("2023-05-04")), row("c@x.org")])
    for line, outcome in enumerate(("updated", "rejected", "duplicate", "unchanged"), 10):
        _also(connection, line, outcome, **FULL)
    tally = tally_of(connection, terms(), {**LOST, "attendance_confirmed": rollbook_rows.c.grade.is_not(None)})
    assert tally.not_kept == {"completed_on": 3, "feedback": 2}
    assert all(type(number) is int for number in tally.not_kept.values())


def test_another_run_is_not_counted(connection: Connection) -> None:
    stage(connection, [row("a@x.org", **FULL)], run_id="r0")
    stage(connection, [row("a@x.org")])
    tally = tally_of(connection, terms(), LOST)
    assert (tally.read, dict(tally.not_kept)) == (1, {})
