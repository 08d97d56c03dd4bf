"""What would become of corrected rows: judged and decided as `check` does, with nothing written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import pandas as pd

from ledger import parts
from ledger.cases import failures
from ledger.database import reading
from ledger.dry_run import rehearsal
from pipeline import steps
from pipeline.lifecycle import beginning, new_work
from pipeline.load import foresee
from pipeline.open_files import OpenFiles
from pipeline.repairs.repair import NOT_CHANGED, changed, open_cases, refuse_overwriting, request_of, run_files
from pipeline.repairs.requests import AS_BEFORE, NOT_SEEN, Cells, RehearsedRow, RehearsedRows, Seen, Terms
from rollbook.errors import CannotBegin
from rollbook.rows.outcomes import ACCEPTED, FAILED, REJECTED
from rollbook.rows.problems import Problem

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from rollbook.settings import Settings

_FOUND = ("code", "source_column", "header", "field", "value", "message", "remedy")


@dataclass(frozen=True)
class _Rehearsed:
    """What a rehearsal found.

    outcomes: how many rows by outcome. problems: `failures.PROBLEM_COLUMNS`. rows: part_id, row, col, fingerprint,
    outcome of each row. stored: `rollbook_cases`' columns of the cases.
    """

    destination: str
    outcomes: Counter[str]
    problems: pd.DataFrame
    rows: pd.DataFrame
    stored: pd.DataFrame


def judged(
    engine: Engine, settings: Settings, case_id: int, cells: Cells, seen: Mapping[int, Seen] = NOT_SEEN
) -> RehearsedRow:
    """What becomes of an open case with these cells: judged and decided as `check` does.

    Raises CannotBegin where `repaired` would.
    """
    found = _rehearsal(engine, settings, {case_id: cells}, seen, AS_BEFORE)
    return RehearsedRow(_outcome(found.outcomes), tuple(_problem(line) for line in found.problems.to_dict("records")))


def judged_each(
    engine: Engine, settings: Settings, cells: Mapping[int, Cells], seen: Mapping[int, Seen] = NOT_SEEN
) -> dict[int, RehearsedRow]:
    """case_id -> what becomes of it if all of these are imported together; raises CannotBegin where `repaired` would.

    A problem of a whole row of a wide sheet is told of each of its cases.
    """
    found = _rehearsal(engine, settings, cells, seen, AS_BEFORE, keeps_all=True)
    case_of = dict(zip(found.stored["fingerprint"], found.stored["case_id"], strict=True))
    outcomes: dict[int, Counter[str]] = {case_id: Counter() for case_id in cells}
    of_place: dict[tuple[int, int, int], list[int]] = {}
    for row in found.rows.to_dict("records"):
        case_id = case_of.get(row["fingerprint"])
        if case_id in outcomes:
            outcomes[case_id][row["outcome"]] += 1
            for col in {0, row["col"]}:
                of_place.setdefault((row["part_id"], row["row"], col), []).append(case_id)
    problems: dict[int, list[Problem]] = {case_id: [] for case_id in cells}
    for line in found.problems.to_dict("records"):
        for case_id in of_place.get((line["part_id"], line["row"], line["col"]), []):
            problems[case_id].append(_problem(line))
    return {case_id: RehearsedRow(_outcome(outcomes[case_id]), tuple(problems[case_id])) for case_id in cells}


def rehearsed(
    engine: Engine, settings: Settings, cells: Mapping[int, Cells], terms: Terms = AS_BEFORE
) -> RehearsedRows:
    """What becomes of many open cases with these cells, in numbers; raises CannotBegin where `repaired` would."""
    found = _rehearsal(engine, settings, cells, NOT_SEEN, terms)
    return RehearsedRows(dict(found.outcomes), dict(Counter(found.problems["code"])), found.destination)


def _rehearsal(
    engine: Engine,
    settings: Settings,
    cells: Mapping[int, Cells],
    seen: Mapping[int, Seen],
    terms: Terms,
    *,
    keeps_all: bool = False,
) -> _Rehearsed:
    """keeps_all: the outcome of each row is found, of the rows that would load too."""
    with reading(engine) as connection, connection.begin():
        stored = open_cases(connection, list(cells), with_their_rows=True)
        request = request_of(connection, settings, stored, None, terms)
    with TemporaryDirectory(prefix="rollbook-") as folder, rehearsal(engine) as (ledger, existing):
        request = replace(request, out=folder)
        work = new_work(ledger, request, existing=existing)
        files = run_files(work, stored, request, terms)
        refuse_overwriting(work, stored, cells, seen)
        work.repairs = {**dict.fromkeys(cells, NOT_CHANGED), **changed(work, stored, cells)}
        beginning(files)(work)
        steps.judge_files(OpenFiles(work), list(work.files))
        failed = [file.message for file in work.files.values() if file.code]
        if failed:
            raise CannotBegin(f"With today's profile, these rows cannot be read: {failed[0]}")
        with work.transaction() as connection:
            tally = foresee(work, connection, keeps_all=keeps_all)
            problems = failures.problems(connection, work.run_id)
            rows = parts.kept_rows(connection, work.run_id)
    outcomes = sum((Counter(outcomes) for outcomes in tally.by_part.values()), Counter[str]())
    return _Rehearsed(request.destination, outcomes, problems, rows, stored)


def _outcome(rows: Counter[str]) -> str:
    """The outcome of the one row; the worst where a repaired cell made more than one of it."""
    worst = [name for name in (REJECTED, FAILED, "duplicate", "unchanged") if rows[name]]
    return worst[0] if worst else ACCEPTED if rows.total() else "ignored"


def _problem(line: Mapping[Any, Any]) -> Problem:
    plain = {name: None if pd.isna(line[name]) else str(line[name]) for name in _FOUND}
    return Problem(
        plain["code"] or "",
        plain["header"],
        plain["source_column"],
        plain["field"],
        plain["value"],
        plain["message"] or "",
        plain["remedy"] or "",
    )
