"""A judged part as tables."""

import json

from ledger.tables import rollbook_failures, rollbook_rows
from stage.parts import FAILURES, ROWS, Part, judged_part
from tests.ledger.judged import failures_of, rows_of

PART = Part("261121-aaaaa", 1_000_001, 1, 0, "a.xlsx", "Sheet1", 2, 9)


def test_rows_and_failures_fit_the_tables_in_which_they_may_stay() -> None:
    """But for the run, which the ledger adds, and what deciding adds."""
    assert set(rollbook_rows.c.keys()) - set(ROWS.names) == {"run_id", "duplicate_of"}
    assert set(rollbook_failures.c.keys()) - set(FAILURES.names) == {"run_id"}


def test_fields_without_a_column_are_kept_as_json() -> None:
    unusual = {"contact_id": "12", "started_on": "2020-01-31", "access_override": "locked"}
    rows = judged_part(PART, rows_of(unusual, {"learner_email": "a@b.c"}), failures_of(), {}).rows
    assert [extra and json.loads(extra) for extra in rows["extra"].to_pylist()] == [unusual, None]
