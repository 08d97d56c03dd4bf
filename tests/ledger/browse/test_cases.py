"""Failed rows are browsed page by page: no row twice, none lost, whatever is filtered by and however it is sorted."""

import json
import random
from collections import Counter
from datetime import timedelta
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, insert, select, update

from ledger import runs
from ledger.browse import search
from ledger.browse.cases import SORTS, Filter, Sort, case, choices, overview, page, sheets_of
from ledger.browse.search import STATES
from ledger.cases import cases
from ledger.cases.cases import record_cases
from ledger.remote.waiting import WAITING
from ledger.runs import RunFile
from ledger.tables import rollbook_batches, rollbook_case_labels, rollbook_cases
from rollbook.errors import CannotBegin
from rollbook.rows.outcomes import Counts
from tests.ledger.judged import NOON, a_part, a_run, failures_of, kept_of, rows_of, stage_part
from transforms.planning.sheet_plan import SheetPlan

CODES = ("date.invalid", "grade.percentage", "status.unknown")
HEADERS = ("Date", "Grade", None)
FILES = ("a.xlsx", "b/c.csv", "x" * 200 + "1.xlsx", "x" * 200 + "2.xlsx")
NAMES = ("Zoë O'Brien", "Ünal 100%", "سارة", 'Say "no"', "C:\\new_file", "plain")


def fingerprint(number: int) -> str:
    return f"{number:032x}"


def met(connection: Connection, run: str, rows: list[dict[str, Any]], day: int = 0, **also: Any) -> None:
    """A run in which these rows failed: number (of the fingerprint), codes, header, cells."""
    a_run(connection, run, NOON + timedelta(days=day))
    bad = [{"outcome": "rejected", "row": place} for place in range(2, len(rows) + 2)]
    told = [
        {"row": place, "column": "B", "header": row.get("header"), "code": code, "value": row.get("value")}
        for place, row in enumerate(rows, 2)
        for code in row["codes"]
    ]
    kept = [
        (place, fingerprint(row["number"]), json.dumps(row.get("cells", {}), ensure_ascii=False))
        for place, row in enumerate(rows, 2)
    ]
    stage_part(connection, a_part(connection, run, **also), rows_of(*bad), failures_of(*told), {}, kept_of(*kept))
    record_cases(connection, run)


def model_row(rows: dict[int, dict[str, Any]], run: str, day: int, row: dict[str, Any], **of: str) -> None:
    """What a list in Python knows of the same case."""
    first = {"runs": [], "state": "open", "cells": row["cells"], **of}
    known = rows.setdefault(row["number"], first)
    known["runs"].append(run)
    known |= {"seen": day, "codes": set(row["codes"]), "header": row["header"]}


@pytest.fixture
def many(connection: Connection) -> tuple[Connection, dict[int, dict[str, Any]]]:
    """Six runs over four files; most rows are met again, some with other problems; some are fixed or ignored."""
    draw = random.Random(6)
    rows: dict[int, dict[str, Any]] = {}
    for day in range(6):
        run, file, sheet = f"r{day}", draw.choice(FILES), draw.choice(["Sheet1", "Sheet2"])
        failed: list[dict[str, Any]] = [
            {
                "number": number,
                "codes": draw.sample(CODES, draw.choice([1, 1, 2])),
                "header": draw.choice(HEADERS),
                "cells": {"A": draw.choice(NAMES), "BC": str(number)},
            }
            for number in draw.sample(range(90), 30)
        ]
        met(connection, run, failed, day, source_file=file, source_sheet=sheet)
        for row in failed:
            model_row(rows, run, day, row, file=file, sheet=sheet)
    ids = dict(connection.execute(select(rollbook_cases.c.fingerprint, rollbook_cases.c.case_id)).tuples().all())
    known = {ids[fingerprint(number)]: row for number, row in rows.items()}
    for case_id, row in known.items():
        row["state"] = draw.choice(["open", "open", *STATES])
        here = rollbook_cases.c.case_id == case_id
        connection.execute(update(rollbook_cases).where(here).values(state=row["state"]))
    on_their_way(connection, [row for row in known.values() if draw.random() < 0.3], rows)
    return connection, known


def on_their_way(connection: Connection, some: list[dict[str, Any]], rows: dict[int, dict[str, Any]]) -> None:
    """A run that stopped while it delivered these; what is fixed or ignored does not wait."""
    numbers = [number for number, row in rows.items() if row in some]
    a_run(connection, "out", NOON - timedelta(days=30), destination="moon")
    places = list(enumerate(numbers, 2))
    kept = kept_of(*((place, fingerprint(number), "{}") for place, number in places))
    pending = rows_of(*({"outcome": "pending", "row": place} for place, _ in places))
    stage_part(connection, a_part(connection, "out"), pending, failures_of(), {}, kept)
    connection.execute(insert(rollbook_batches).values(run_id="out", batch_no=1, state="recorded", block_count=1))
    for number in numbers:
        rows[number]["waits"] = rows[number]["state"] == "open"


def fits(row: dict[str, Any], wanted: Filter) -> bool:
    same = {"file": row["file"], "sheet": row["sheet"], "column": row["header"]}
    return (
        all(getattr(wanted, name) in (None, value) for name, value in same.items())
        and (row.get("waits", False) if wanted.state == WAITING else wanted.state in (None, row["state"]))
        and (wanted.code is None or wanted.code in row["codes"])
        and (wanted.run is None or wanted.run in row["runs"])
        and (wanted.text is None or any(wanted.text.casefold() in cell.casefold() for cell in row["cells"].values()))
    )


def key_of(case_id: int, row: dict[str, Any], by: str, code: str | None) -> tuple[Any, int]:
    source = f"{row['file'][:190]}\n{row['sheet'][:60]}"
    keys = {"case": 0, "last_seen": row["seen"], "file": source, "code": code or min(row["codes"])}
    return keys[by], case_id


def pages(connection: Connection, wanted: Filter, sort: Sort, size: int) -> list[int]:
    """The cases of all pages from the first to the last; those back to the first hold the same."""
    one = page(connection, wanted, sort, size=size)
    assert one.before is None
    forth = [line.case_id for line in one.lines]
    while one.after is not None:
        assert len(one.lines) == size
        assert not one.more_to_search
        one = page(connection, wanted, sort, after=one.after, size=size)
        forth += [line.case_id for line in one.lines]
    back = [line.case_id for line in one.lines]
    while one.before is not None:
        one = page(connection, wanted, sort, before=one.before, size=size)
        back = [line.case_id for line in one.lines] + back
    assert back == forth
    return forth


FILTERS = st.builds(
    Filter,
    run=st.none() | st.sampled_from([f"r{day}" for day in range(6)]),
    file=st.none() | st.sampled_from(FILES),
    sheet=st.none() | st.sampled_from(["Sheet1", "Sheet2"]),
    code=st.none() | st.sampled_from(CODES),
    column=st.none() | st.sampled_from(["Date", "Grade"]),
    state=st.sampled_from([*STATES, WAITING, None]),
    text=st.none() | st.sampled_from(["o", "zoË o", "ünal", "ÜNAL 100%", "سارة", '"', "\\new_", "bc", "7", "nobody"]),
)


@pytest.mark.parametrize("few", [0, 20, 20_000])
def test_pages_hold_what_a_plain_list_holds(
    many: tuple[Connection, dict[int, dict[str, Any]]], few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Walked along an index, gathered and sorted, or either, as the filters need it."""
    connection, known = many
    monkeypatch.setattr(search, "GATHERED", few)
    monkeypatch.setattr(search, "_CHUNKS", (7, 20))
    monkeypatch.setattr(search, "_FIRST_CHUNK", 4)
    monkeypatch.setattr(search, "BUDGET_SECONDS", 60.0)

    @given(FILTERS, st.builds(Sort, st.sampled_from(SORTS), st.booleans()), st.integers(5, 25))
    def check(wanted: Filter, sort: Sort, size: int) -> None:
        found = pages(connection, wanted, sort, size)
        fitting = [key_of(case_id, row, sort.by, wanted.code) for case_id, row in known.items() if fits(row, wanted)]
        assert found == [case_id for _, case_id in sorted(fitting, reverse=sort.descending)]

    check()


def test_a_search_that_takes_too_long_goes_on_where_it_stood(
    many: tuple[Connection, dict[int, dict[str, Any]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    connection, known = many
    monkeypatch.setattr(search, "GATHERED", 0)
    monkeypatch.setattr(search, "_CHUNKS", (3,))
    monkeypatch.setattr(search, "_FIRST_CHUNK", 3)
    monkeypatch.setattr(search, "BUDGET_SECONDS", 0.0)
    wanted = Filter(text="plain", state=None)
    one = page(connection, wanted, Sort(descending=False), size=2)
    assert one.more_to_search
    found = [line.case_id for line in one.lines]
    while one.after is not None:
        one = page(connection, wanted, Sort(descending=False), after=one.after, size=2)
        found += [line.case_id for line in one.lines]
    assert found == sorted(case_id for case_id, row in known.items() if fits(row, wanted))


def test_a_line_tells_the_problems_as_they_were_met_last(connection: Connection) -> None:
    row = {"number": 1, "header": "Grade", "value": "105", "cells": {"A": "Ann", "B": "105"}}
    met(connection, "r1", [{**row, "codes": ["date.invalid", "grade.percentage"]}])
    met(connection, "r2", [{**row, "codes": ["grade.percentage"]}, {**row, "codes": ["grade.percentage"]}], 1)
    (line,) = page(connection, Filter(), Sort()).lines
    assert (line.times, line.row_no, line.source_file, line.last_seen) == (2, 2, "a.xlsx", NOON + timedelta(days=1))
    (problem,) = line.problems
    assert (problem.code, problem.header, problem.source_column, problem.value) == (
        "grade.percentage",
        "Grade",
        "B",
        "105",
    )
    assert page(connection, Filter(code="date.invalid"), Sort()).lines == ()
    labels = rollbook_case_labels.c
    told = connection.execute(select(labels.label, labels.name).order_by(labels.label)).tuples().all()
    assert told == [("code", "grade.percentage"), ("header", "Grade")]


def test_a_run_that_only_repeats_another_met_the_same_cases(connection: Connection) -> None:
    met(connection, "r1", [{"number": 1, "codes": ["date.invalid"]}])
    runs.finish(connection, "r1", state="with_failures", exit_code=1, finished_at=NOON, counts=Counts())
    at = NOON + timedelta(days=1)
    runs.record_repeat(connection, runs.find(connection, "r1"), run_id="r2", started_at=at, finished_at=at)
    (line,) = page(connection, Filter(run="r2"), Sort()).lines
    assert [problem.code for problem in line.problems] == ["date.invalid"]
    assert [one.run_id for one in case(connection, line.case_id).meetings] == ["r1", "r2"]


def test_a_case_is_told_with_all_of_its_cells_and_what_was_changed(connection: Connection) -> None:
    met(connection, "r1", [{"number": 1, "codes": ["date.invalid"], "cells": {"B": "x", "A": "<b>"}}])
    headers = (("A", "Name"), ("B", "Date"), ("AA", "Pay"), ("C", ""))
    plan = SheetPlan(name="Sheet1", position=0, state="read", headers=headers, never=("AA",))
    runs.add_file(connection, RunFile("r1", 1, "a.xlsx", plan=f"[{plan.to_json()}]"))
    (case_id,) = connection.scalars(select(rollbook_cases.c.case_id))
    cases.ignore(connection, [case_id], "left", by="Pat", at=NOON)
    changed = pd.DataFrame({"case_id": [case_id], "source_column": ["B"], "from_value": ["x"], "to_value": [None]})
    cases.record_changes(connection, changed, run_id="r1", changed_at=NOON, changed_by="ann", through="workbook")
    told = case(connection, case_id)
    assert [(cell.letter, cell.header, cell.text) for cell in told.cells] == [
        ("A", "Name", "<b>"),
        ("B", "Date", "x"),
        ("C", "", None),
    ]
    assert (told.line.state, told.reason, told.fixed_by) == ("ignored", "left (Pat, 2026-11-21)", None)
    ignored, change = told.changes
    assert ignored.changed_by == "Pat"
    assert (change.changed_by, change.through, change.from_value, change.to_value) == ("ann", "workbook", "x", None)
    with pytest.raises(CannotBegin, match="no case 99"):
        case(connection, 99)


def test_choices_are_what_there_is_to_filter_by(many: tuple[Connection, dict[int, dict[str, Any]]]) -> None:
    """All open cases are counted, whether they are the fewer or the more."""
    connection, known = many
    _choices_are_right(connection, known)
    for row in known.values():
        row["state"] = "open" if row["state"] != "ignored" else "ignored"
    connection.execute(update(rollbook_cases).where(rollbook_cases.c.state == "fixed").values(state="open"))
    _choices_are_right(connection, known)


def _choices_are_right(connection: Connection, known: dict[int, dict[str, Any]]) -> None:
    told = choices(connection)
    unfixed = [row for row in known.values() if row["state"] == "open"]
    for listed, having in (
        (told.codes, [code for row in unfixed for code in row["codes"]]),
        (told.headers, [row["header"] for row in unfixed if row["header"]]),
        (told.files, [row["file"][:190] for row in unfixed]),
    ):
        assert {one.name[:190] for one in listed} == set(having)
        assert {one.name[:190]: one.open for one in listed} == Counter(having)
        assert [one.open for one in listed] == sorted((one.open for one in listed), reverse=True)
    here = [row["sheet"] for row in unfixed if row["file"] == "a.xlsx"]
    sheets = sheets_of(connection, "a.xlsx")
    assert {one.name: one.open for one in sheets} == {sheet: here.count(sheet) for sheet in here}


def test_all_at_a_glance(many: tuple[Connection, dict[int, dict[str, Any]]]) -> None:
    connection, known = many
    a_run(connection, "n1", NOON + timedelta(days=9), command="nightly")
    counts = Counts(read=4, loaded=1, rejected=3)
    runs.finish(connection, "n1", state="with_failures", exit_code=1, finished_at=NOON, counts=counts)
    told = overview(connection, 6, choices(connection))
    assert [run.run_id for run in told.runs] == ["r3", "r4", "r5", "n1"]
    assert told.last_nightly == told.runs[-1]
    assert {name: number for name, number in told.runs[-1].rows.items() if number} == {
        "read": 4,
        "loaded": 1,
        "rejected": 3,
    }
    states = [row["state"] for row in known.values()]
    assert told.states == {state: states.count(state) for state in STATES}
    assert overview(connection, 0, choices(connection)).runs == told.runs[-1:]


@pytest.mark.parametrize("cursor", ["", "x", "é", "bm8", "WzEsMiwzXQ", "WyJmaWxlIiwwLDFd"])
def test_a_cursor_of_another_order_is_refused(connection: Connection, cursor: str) -> None:
    with pytest.raises(CannotBegin, match="first page"):
        page(connection, Filter(), Sort(), after=cursor)


def test_an_empty_ledger_has_an_empty_page(connection: Connection) -> None:
    empty = page(connection, Filter(text="x", code="y"), Sort("code"))
    assert (empty.lines, empty.before, empty.after, empty.more_to_search) == ((), None, None, False)
    assert overview(connection, 7, choices(connection)).runs == ()
    assert choices(connection).codes == ()
