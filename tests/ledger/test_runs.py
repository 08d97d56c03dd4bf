"""Runs are begun, ended, found again, and answered from the ledger when the same file comes again."""

import re
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, delete, insert, select, update

from ledger import parts, runs
from ledger.cases.cases import record_cases
from ledger.runs import RunFile, find, find_repeat, new_run_id, record_repeat
from ledger.tables import rollbook_cases, training_enrollments
from rollbook.errors import AccountsError, CannotBegin
from rollbook.rows.outcomes import Counts
from tests.ledger.judged import NOON, a_part, a_run, failures_of, kept_of, rows_of, stage_part

LATER = NOON + timedelta(hours=1)


def ended(connection: Connection, run_id: str, **also: Any) -> str:
    """A completed run that loaded one enrollment."""
    a_run(connection, run_id, signature="s", **also)
    counts = Counts(read=2, loaded=1, rejected=1)
    runs.finish(
        connection,
        run_id,
        state="with_failures",
        exit_code=1,
        finished_at=also.get("at", NOON) + timedelta(minutes=1),
        counts=counts,
        cases={"new": 1, "known": 0, "closed": 0},
        summary={"created": {"learners": 1}},
    )
    enrolled(connection, run_id)
    return run_id


def enrolled(connection: Connection, run_id: str, learner: int = 1) -> None:
    values = {"training_session_id": 1, "employee_id": learner, "status": "completed", "enrolled_at": NOON}
    connection.execute(insert(training_enrollments).values(**values, run_id=run_id))


def test_ids_are_readable_and_differ() -> None:
    ids = {new_run_id(NOON) for _ in range(200)}
    assert len(ids) == 200
    assert all(re.fullmatch("261121-[2-9a-hjkmnp-tv-z]{5}", run_id) for run_id in ids)


def test_a_run_is_told_as_it_was_begun_and_ended(connection: Connection) -> None:
    a_run(connection, started_by="ann", request='{"files": ["a.xlsx"]}', signature="s", retries_run_id="261120-zzzzz")
    begun = find(connection, "last")
    assert (begun.state, begun.counts, begun.finished_at, begun.summary) == ("running", Counts(), None, {})
    assert (begun.request, begun.started_at, begun.started_by) == ('{"files": ["a.xlsx"]}', NOON, "ann")
    counts = Counts(read=3, loaded=1, duplicate=1, rejected=1, ignored=4)
    cases = {"new": 1, "known": 0, "closed": 2}
    runs.finish(
        connection,
        begun.run_id,
        state="with_failures",
        exit_code=1,
        finished_at=LATER,
        counts=counts,
        cases=cases,
        summary={"not_kept": {"ü": 1}},
    )
    runs.add_to_summary(connection, begun.run_id, seconds=1.5)
    done = find(connection, begun.run_id)
    assert (done.state, done.exit_code, done.finished_at) == ("with_failures", 1, LATER)
    assert (done.counts, done.cases) == (counts, cases)
    assert done.summary == {"not_kept": {"ü": 1}, "seconds": 1.5}
    assert done.rows_run_id == done.run_id


def test_accounts_that_do_not_add_up_end_no_run(connection: Connection) -> None:
    run = a_run(connection)
    with pytest.raises(AccountsError):
        runs.finish(connection, run, state="completed", exit_code=0, finished_at=LATER, counts=Counts(read=2, loaded=1))
    assert find(connection, run).state == "running"


def test_a_run_is_found_by_its_id_its_beginning_or_as_the_last(connection: Connection) -> None:
    a_run(connection, "261121-abcde", LATER)
    a_run(connection, "261121-abxyz")
    a_run(connection, "261121-abc")
    assert find(connection, "261121-abcde").run_id == "261121-abcde"
    assert find(connection, "261121-ABX").run_id == "261121-abxyz"
    assert find(connection, "261121-abc").run_id == "261121-abc"
    assert find(connection, "last").run_id == "261121-abcde"
    assert [run.run_id for run in runs.list_runs(connection, 1)] == ["261121-abcde"]


@pytest.mark.parametrize(
    ("name", "told"),
    [("2", "261121-abcde, 261121-abxyz"), ("261121-q", "no run '261121-q'"), ("%", "no run '%'"), ("", "Name a run")],
)
def test_a_name_of_none_or_several_runs_is_told(connection: Connection, name: str, told: str) -> None:
    a_run(connection, "261121-abcde")
    a_run(connection, "261121-abxyz")
    with pytest.raises(CannotBegin, match=re.escape(told)):
        find(connection, name)


def test_without_any_run_there_is_no_last_one(connection: Connection) -> None:
    with pytest.raises(CannotBegin, match="no runs yet"):
        find(connection, "last")


def test_unfinished_runs_are_those_a_crash_or_a_stop_left(connection: Connection) -> None:
    for number, state in enumerate(runs.STATES):
        run = a_run(connection, f"261121-{state}"[:20], NOON - timedelta(days=number))
        runs.mark(connection, run, state=state)
    assert [run.state for run in runs.unfinished(connection)] == ["stopped", "running"]


def test_files_are_told_as_they_were_written_down(connection: Connection) -> None:
    run = a_run(connection)
    for number in (2, 1):
        runs.add_file(connection, RunFile(run, number, f"{number}.xlsx", profile='[dates]\norder = "DMY"'))
    runs.mark_file(connection, run, 1, state="failed", code="file.password", message="Remove the password.")
    first, second = runs.list_files(connection, run)
    assert (first.path, first.state, first.code, second.state) == ("1.xlsx", "failed", "file.password", "found")
    assert second.profile == '[dates]\norder = "DMY"'


def test_counts_come_from_rows_and_parts(connection: Connection) -> None:
    run = a_run(connection)
    rows = rows_of(*({"outcome": outcome} for outcome in ("loaded", "rejected", "rejected", "duplicate")))
    stage_part(connection, a_part(connection, run), rows, failures_of(), {"blank": [(5, 6)]})
    stage_part(connection, a_part(connection, run, 2), rows_of(), failures_of(), {"blank": [(5, 5)], "note": [(9, 9)]})
    assert parts.count_read(connection, run) == (4, 4)
    assert parts.standing_by_part(connection, run) == {1_000_001: {"loaded": 1, "rejected": 2, "duplicate": 1}}
    assert runs.rows_by_sheet(connection, run) == {(1, 0): (4, {"blank": 3, "note": 1})}


def test_failures_are_counted_the_most_frequent_first(connection: Connection) -> None:
    run = a_run(connection)
    codes = ("status.missing", "date.invalid", "date.invalid")
    failures = failures_of(*({"row": 2, "code": code} for code in codes))
    stage_part(connection, a_part(connection, run), rows_of({}), failures, {})
    assert list(runs.failures_by_code(connection, run).items()) == [("date.invalid", 2), ("status.missing", 1)]


def test_the_same_request_is_answered_by_the_run_that_did_it(connection: Connection) -> None:
    first = ended(connection, "261121-aaaaa")
    found = find_repeat(connection, "s")
    assert found is not None
    assert found.run_id == first
    assert find_repeat(connection, "another") is None


@pytest.mark.parametrize("state", ["running", "stopped", "pending", "undone"])
def test_a_run_that_did_not_end_well_answers_for_none(connection: Connection, state: str) -> None:
    runs.mark(connection, ended(connection, "261121-aaaaa"), state=state)
    assert find_repeat(connection, "s") is None


def test_a_run_whose_enrollments_were_touched_answers_for_none(connection: Connection) -> None:
    run = ended(connection, "261121-aaaaa")
    enrollments = training_enrollments
    connection.execute(update(enrollments).values(run_id="261121-later"))
    assert find_repeat(connection, "s") is None
    connection.execute(update(enrollments).values(run_id=run))
    assert find_repeat(connection, "s") is not None
    connection.execute(delete(enrollments))
    assert find_repeat(connection, "s") is None


def test_a_verdict_that_hangs_on_other_rows_is_given_anew_once_others_loaded(connection: Connection) -> None:
    run = ended(connection, "261121-aaaaa")
    failures = failures_of({"row": 2, "code": "session.full"})
    stage_part(connection, a_part(connection, run), rows_of({"outcome": "rejected"}), failures, {})
    assert find_repeat(connection, "s") is not None
    a_run(connection, "261121-bbbbb", LATER)
    assert find_repeat(connection, "s") is not None
    counts = Counts(read=1, loaded=1)
    runs.finish(connection, "261121-bbbbb", state="completed", exit_code=0, finished_at=LATER, counts=counts)
    assert find_repeat(connection, "s") is None


def test_a_repeat_is_a_run_of_its_own_with_nothing_loaded(connection: Connection) -> None:
    first = ended(connection, "261121-aaaaa")
    runs.add_file(connection, RunFile(first, 1, "a.xlsx", state="done"))
    runs.add_file(connection, RunFile(first, 2, "b.xlsx", state="failed", code="file.password"))
    part = a_part(connection, first)
    rows = rows_of({"outcome": "rejected", "learner_email": "a@b.c"})
    stage_part(
        connection, part, rows, failures_of({"row": 2, "code": "status.missing"}), {}, kept_of((2, "f" * 32, "{}"))
    )
    record_cases(connection, first)
    found = find_repeat(connection, "s")
    assert found is not None

    again = record_repeat(
        connection, found, run_id="261121-bbbbb", started_at=LATER, finished_at=LATER, started_by="bob"
    )

    assert (again.state, again.exit_code, again.started_by) == ("with_failures", 1, "bob")
    assert again.counts == Counts(read=2, unchanged=1, rejected=1)
    assert again.cases == {"new": 0, "known": 1, "closed": 0}
    assert again.summary["created"] == {}
    assert (again.repeats_run_id, again.rows_run_id) == (first, first)
    assert [file.state for file in runs.list_files(connection, again.run_id)] == ["unchanged", "failed"]
    assert [one.source_file for one in parts.list_parts(connection, again.run_id)] == [part.source_file]
    cases = rollbook_cases.c
    met = connection.execute(select(cases.times, cases.first_seen, cases.last_seen, cases.last_run_id)).one()
    assert tuple(met) == (2, NOON, LATER, again.run_id)
    once_more = find_repeat(connection, "s")
    assert once_more is not None
    assert once_more.run_id == first


def test_a_signature_depends_on_every_fact_but_not_on_their_order() -> None:
    facts = {"files": [["a.xlsx", "00"]], "generation": {"learners": 1}}
    assert runs.signature_of(facts) == runs.signature_of(dict(reversed(facts.items())))
    assert runs.signature_of(facts) != runs.signature_of({**facts, "generation": {"learners": 2}})
