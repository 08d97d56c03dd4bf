"""What is told of runs where others than the operator may read it."""

from datetime import UTC, datetime

import pytest

from flows.artifacts import why_stopped
from ledger import runs
from rollbook.rows.outcomes import Counts


@pytest.mark.parametrize(
    ("destination", "name"),
    [("smarteru", "SmarterU"), ("moon", "Moon ERP"), ("axcelerate", "aXcelerate"), ("database", "the destination")],
)
def test_a_stop_names_the_system_that_did_not_answer(destination: str, name: str) -> None:
    run = runs.Run(
        run_id="240601-ab2cd",
        command="import",
        state=runs.STOPPED,
        destination=destination,
        started_at=datetime(2024, 6, 1, tzinfo=UTC),
        finished_at=None,
        started_by=None,
        request="{}",
        signature=None,
        repeats_run_id=None,
        retries_run_id=None,
        exit_code=3,
        counts=Counts(),
        cases={},
        summary={runs.BY_SILENCE: True},
    )
    told = f"Run 240601-ab2cd was stopped: {name} did not answer. Then: rollbook resume 240601-ab2cd"
    assert why_stopped(run) == told
