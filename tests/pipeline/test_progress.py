"""How far a run is, as its ledger and its judged parts say."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, insert

from ledger import runs
from ledger.activity import Activity, record
from ledger.database import open_database
from ledger.runs import RunFile
from ledger.tables import rollbook_batches, rollbook_deliveries
from pipeline.progress import progress_of
from rollbook.clock import now
from tests.ledger.judged import a_part, a_run

RUN = "261121-aaaaa"


@pytest.fixture
def ledger(prepared_sqlite_url: str, tmp_path: Path) -> Iterator[Connection]:
    """A run of two files, of which none is read yet."""
    with open_database(prepared_sqlite_url, create=False).connect() as connection, connection.begin():
        a_run(connection, RUN, at=now(), request=json.dumps({"out": str(tmp_path)}))
        for number in (1, 2):
            runs.add_file(connection, RunFile(RUN, number, f"{number}.csv"))
        yield connection


def _judge(folder: Path, part_id: int) -> None:
    parts = folder / RUN / "work" / "parts"
    parts.mkdir(parents=True, exist_ok=True)
    (parts / f"{part_id}.rows.parquet").write_bytes(b"")


def test_reading_and_judging(ledger: Connection, tmp_path: Path) -> None:
    """Each file is an equal share; a part counts when it is whole."""
    run = runs.find(ledger, RUN)
    begun = progress_of(ledger, run)
    assert (begun.step, begun.share, begun.of, begun.files, begun.all_files) == ("read", 0.0, 0, 0, 2)
    first = a_part(ledger, RUN, 1, first_row=2, last_row=101)
    a_part(ledger, RUN, 2, first_row=102, last_row=201)
    runs.mark_file(ledger, RUN, 1, state="opened")
    _judge(tmp_path, first.part_id)
    (tmp_path / RUN / "work" / "parts" / "9.rows.parquet.host-1.tmp").write_bytes(b"")
    half = progress_of(ledger, run)
    assert (half.step, half.share, half.rows, half.of, half.files) == ("read", 0.25, 100, 200, 1)
    assert half.per_second is not None
    assert half.per_second > 0


def test_all_judged_is_loading(ledger: Connection, tmp_path: Path) -> None:
    part = a_part(ledger, RUN, 1)
    _judge(tmp_path, part.part_id)
    for number in (1, 2):
        runs.mark_file(ledger, RUN, number, state="opened")
    assert progress_of(ledger, runs.find(ledger, RUN)).step == "load"


def test_a_delivery_counts_its_rows(ledger: Connection) -> None:
    ledger.execute(insert(rollbook_batches).values(run_id=RUN, batch_no=1, state="sending", block_count=4))
    for number, state in enumerate(("loaded", "failed", "pending", "pending"), 1):
        block = {"run_id": RUN, "batch_no": 1, "block_no": number, "part_id": 1, "row_no": number, "col_no": 0}
        ledger.execute(insert(rollbook_deliveries).values(**block, state=state))
    found = progress_of(ledger, runs.find(ledger, RUN))
    assert (found.step, found.rows, found.of, found.share) == ("deliver", 2, 4, 0.5)


def test_the_rate_is_that_since_it_went_on(ledger: Connection, tmp_path: Path) -> None:
    """What was judged before is no speed of now."""
    part = a_part(ledger, RUN, 1)
    _judge(tmp_path, part.part_id)
    record(ledger, Activity("resume", now().replace(year=2100), "pat", RUN))
    assert progress_of(ledger, runs.find(ledger, RUN)).per_second is None
