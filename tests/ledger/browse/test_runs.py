"""Pages of runs and of deliveries: each line once, in order, from wherever a page begins."""

from datetime import timedelta

from sqlalchemy import Connection, insert

from ledger.browse.runs import batches, blocks, named_files, run_page, some_files
from ledger.runs import RunFile, add_file
from ledger.tables import rollbook_batches, rollbook_deliveries
from tests.ledger.judged import NOON, a_part, a_run

RUN = "261121-aaaaa"


def test_runs_come_once_the_latest_first(connection: Connection) -> None:
    """In both directions, with ties told apart by their IDs; an unknown place is the first page."""
    known = [
        a_run(connection, f"261121-{name}", NOON + timedelta(seconds=number // 2))
        for number, name in enumerate("abcde")
    ]
    known.reverse()
    seen: list[str] = []
    page = run_page(connection, size=2)
    assert not page.has_newer
    while page.runs:
        seen += [run.run_id for run in page.runs]
        page = run_page(connection, older=seen[-1], size=2)
        assert page.has_newer
    assert seen == known
    back = run_page(connection, newer=known[4], size=2)
    assert ([run.run_id for run in back.runs], back.has_newer, back.has_older) == (known[2:4], True, True)
    back = run_page(connection, newer=known[2], size=2)
    assert ([run.run_id for run in back.runs], back.has_newer, back.has_older) == (known[:2], False, True)
    assert [run.run_id for run in run_page(connection, older="nothing", size=9).runs] == known
    last = run_page(connection, older=known[1], size=3)
    assert (len(last.runs), last.has_older) == (3, False)


def test_files_come_once_in_order(connection: Connection) -> None:
    """Some of them at a time; of several runs the first ones by name."""
    a_run(connection, RUN)
    a_run(connection, "261121-bbbbb")
    for number in range(1, 6):
        add_file(connection, RunFile(RUN, number, f"{number}.csv", plan="[]"))
    assert named_files(connection, [RUN, "261121-bbbbb"]) == {RUN: (["1.csv", "2.csv"], 5), "261121-bbbbb": ([], 0)}
    assert named_files(connection, []) == {}
    assert [file.file_no for file in some_files(connection, RUN, size=3)] == [1, 2, 3]
    assert [file.file_no for file in some_files(connection, RUN, after=3, size=3)] == [4, 5]


def test_deliveries_come_once_in_order(connection: Connection) -> None:
    """All of them, or those that were refused or wait; of one batch; with their places and how many of each state."""
    a_run(connection, RUN)
    part = a_part(connection, RUN)
    states = ["loaded", "failed", "pending", "loaded", "rejected", "unchanged"]
    place = {"run_id": RUN, "part_id": part.part_id, "col_no": 0}
    for batch in (1, 2):
        told = {"run_id": RUN, "batch_no": batch, "state": "settled", "block_count": 3}
        connection.execute(insert(rollbook_batches).values(**told))
    for number, state in enumerate(states):
        batch, block = divmod(number, 3)
        who = {"learner_email": f"u{number}@example.com"} if number % 2 else {"learner_employee_id": f"00{number}"}
        line = {**place, **who, "batch_no": batch + 1, "block_no": block + 1, "row_no": number + 2, "state": state}
        connection.execute(insert(rollbook_deliveries).values(**line, session_id="S1", code="X:1", message="no"))
    seen, after = [], (0, 0)
    while page := blocks(connection, RUN, after=after, size=4):
        seen += page
        after = page[-1][:2]
    assert [line.state for line in seen] == states
    assert [line.learner for line in seen[:2]] == ["000", "u1@example.com"]
    assert seen[4][:5] == (2, 2, "a.xlsx", "Sheet1", 6)
    assert [line.state for line in blocks(connection, RUN, is_refused=True)] == ["failed", "pending", "rejected"]
    assert [line.block_no for line in blocks(connection, RUN, batch_no=2)] == [1, 2, 3]
    assert blocks(connection, "other") == []
    first, second = batches(connection, RUN)
    assert (first.batch_no, first.blocks, first.by_state) == (1, 3, {"failed": 1, "loaded": 1, "pending": 1})
    assert [batch.batch_no for batch in batches(connection, RUN, after=1)] == [second.batch_no] == [2]
