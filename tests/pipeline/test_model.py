"""Imports, loads of reference data, undo and retry in any order: the database holds what the model says, everywhere."""

import csv
import itertools
import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, create_engine, select
from sqlalchemy.pool import NullPool

from ledger.database import parse_url
from ledger.tables import (
    employees,
    metadata,
    rollbook_cases,
    rollbook_ledger,
    training_enrollments,
    training_sessions,
)
from tests.pipeline import app
from tests.pipeline.rollbook_model import COURSE, DATE, UNKNOWN_STATUS, RollbookModel, Row, cells_of
from tests.servers.prepared import KINDS, Prepared

HEADERS = (
    *("Email", "Employee ID", "Session ID", "Course", "Session date"),
    *("Status", "Grade", "Enrolled on", "Completed on"),
)
MAILS, NUMBERS = ("a@x.org", "b@x.org"), ("1", "2")
# An example is several whole commands: few, and hundreds where more are asked for.
EXAMPLES = (settings.default or settings()).max_examples * 3 // 4
_FILES = itertools.count(1)


@dataclass(frozen=True)
class Import:
    """Rows of one file."""

    rows: tuple[Row, ...]
    on_conflict: str = "reject"
    on_existing: str = "reject"


@dataclass(frozen=True)
class OfRun:
    """What is done to a run, by how many runs it lies back."""

    command: Literal["undo", "retry"]
    back: int


@dataclass(frozen=True)
class Load:
    """Learners (e-mail, number); or the session."""

    learners: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Forget:
    """A kind of reference data."""

    kind: Literal["learners", "sessions"]


Step = Import | OfRun | Load | Forget

_NAMES = st.sampled_from(
    [*((mail, "") for mail in MAILS), *(("", number) for number in NUMBERS), *itertools.product(MAILS, NUMBERS)]
)
# A grade goes with the status `completed` only: others are refused for it, which is not what is tried here.
_CONTENT = st.one_of(
    st.fixed_dictionaries({"status": st.sampled_from(["attended", "no_show", UNKNOWN_STATUS])}),
    st.fixed_dictionaries({"status": st.just("completed"), "grade": st.sampled_from(["", "", "A", "B"])}),
)
_ROWS = st.builds(
    lambda who, content, **said: Row(who[0], who[1], **content, **said),
    _NAMES,
    _CONTENT,
    session=st.sampled_from(["S1", "S1", "S2", ""]),
    enrolled=st.sampled_from(["", "", "2023-01-05"]),
    completed=st.sampled_from(["", "2024-03-06", "2024-03-07"]),
)
_IMPORTS = st.builds(
    Import,
    st.lists(_ROWS, min_size=1, max_size=4).map(tuple),
    st.sampled_from(["reject", "reject", "first", "last", "best"]),
    st.sampled_from(["reject", "reject", "update", "best"]),
)
_LOADS = st.one_of(st.just(Load()), st.builds(Load, st.lists(_NAMES, min_size=1, max_size=3).map(tuple)))
_OF_RUNS = st.builds(OfRun, st.sampled_from(["undo", "undo", "retry"]), st.integers(0, 3))
_FORGETS = st.builds(Forget, st.sampled_from(["learners", "sessions"]))
STEPS = st.lists(st.one_of(_IMPORTS, _IMPORTS, _IMPORTS, _LOADS, _OF_RUNS, _OF_RUNS, _FORGETS), min_size=2, max_size=6)


@dataclass
class Played:
    """A database and its model, side by side. runs: the model's name of each run, and the run's ID."""

    url: str
    folder: Path
    model: RollbookModel = field(default_factory=RollbookModel)
    runs: dict[str, str] = field(default_factory=dict)
    accounts: dict[str, Counter[str]] = field(default_factory=dict)

    def play(self, step: Step) -> None:
        """Do the step in both; they must agree about its outcome, and then about all that there is.

        What a run changed is listed field by field, and nothing else.
        """
        before = contents_of_enrollments(self.url)
        if isinstance(step, Import):
            self._import(step)
        elif isinstance(step, OfRun):
            self._of_run(step)
        elif isinstance(step, Load):
            self._load(step)
        else:
            assert self._do("reference", "forget", step.kind).exit == self.model.forget(step.kind)
        assert stored(self.url) == self.model.state()
        if len(self.accounts) < len(self.runs):
            self._account(list(self.runs.values())[-1], before)

    def _account(self, run: str, before: dict[int, dict[str, str]]) -> None:
        self.accounts[run] = self.listed(run)
        after = contents_of_enrollments(self.url)
        changed = {
            (number, name, was, after[number][name])
            for number, fields in before.items()
            if number in after
            for name, was in fields.items()
            if was != after[number][name]
        }
        lines = self._do("changes", run).told["changes"]
        assert {
            (line["enrollment_id"], line["field"], line["was"] or "", line["is"] or "") for line in lines
        } == changed
        assert len(lines) == len(changed)

    def listed(self, run: str) -> Counter[str]:
        """The rows of a run by outcome, as `rows` lists them: each place once."""
        lines = self._do("rows", run).told["rows"]
        places = [tuple(line[name] for name in ("source_file", "source_row", "source_column")) for line in lines]
        assert len(set(places)) == len(places)
        return Counter(line["outcome"] for line in lines)

    def _do(self, *words: str | Path) -> app.Answer:
        return app.run(*words, "--database", self.url)

    def _import(self, step: Import) -> None:
        path = sheet(self.folder, step.rows)
        policies = ("--on-conflict", step.on_conflict, "--on-existing", step.on_existing)
        answer = self._do("import", path, "--out", self.folder / "out", *policies)
        name = str(len(self.runs))
        self.runs[name] = answer.told["run"]
        assert outcomes(answer) == self.model.run(name, step.rows, step.on_conflict, step.on_existing)
        assert self.listed(answer.told["run"]) + Counter(read=answer.told["rows"]["read"]) == outcomes(answer)

    def _of_run(self, step: OfRun) -> None:
        if not self.runs:
            return
        name = list(self.runs)[max(0, len(self.runs) - 1 - step.back)]
        if step.command == "undo":
            assert self._do("undo", self.runs[name]).exit == self.model.undo(name)
            return
        rows = self.model.retried(name)
        answer = self._do("retry", self.runs[name], "--out", self.folder / "out")
        if not rows or self.model.runs[name].undone:
            assert answer.exit == 2
            return
        again = str(len(self.runs))
        self.runs[again] = answer.told["run"]
        assert outcomes(answer) == self.model.run(again, rows, own=True)

    def _load(self, step: Load) -> None:
        if step.learners:
            path = table(self.folder, ("email", "employee_number"), step.learners)
            assert self._do("reference", "load", "learners", path).exit == self.model.load_learners(step.learners)
            return
        path = table(
            self.folder, ("session_id", "course_id", "course_name", "session_date"), [("L1", "F-1", COURSE, DATE)]
        )
        assert self._do("reference", "load", "sessions", path).exit == self.model.load_session("L1")


def table(folder: Path, headers: Sequence[str], rows: Sequence[Sequence[str]]) -> Path:
    """A CSV file under a name of its own: the same content is no known file."""
    path = folder / f"sheet{next(_FILES):06}.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([headers, *rows])
    return path


def sheet(folder: Path, rows: Sequence[Row]) -> Path:
    """The rows as a file."""
    return table(folder, HEADERS, [cells_of(row) for row in rows])


def outcomes(answer: app.Answer) -> Counter[str]:
    """The accounts of a run, those that are not 0."""
    return +Counter({name: number for name, number in answer.told["rows"].items() if name != "ignored"})


def stored(url: str) -> dict[str, list[tuple[str, ...]]]:
    """What a database holds, as the model tells it."""
    engine = create_engine(parse_url(url), poolclass=NullPool)
    with engine.connect() as connection:
        return {
            "people": _people(connection),
            "sessions": _sessions(connection),
            "enrollments": _enrollments(connection),
            "cases": _cases(connection),
        }


def _people(connection: Connection) -> list[tuple[str, ...]]:
    there = employees.c
    query = select(there.employee_number, there.email, there.origin)
    return sorted((number or "", mail or "", origin) for number, mail, origin in connection.execute(query))


def _sessions(connection: Connection) -> list[tuple[str, ...]]:
    query = select(training_sessions.c.session_code, training_sessions.c.origin)
    return sorted((code, origin) for code, origin in connection.execute(query))


def _enrollments(connection: Connection) -> list[tuple[str, ...]]:
    there, people = training_enrollments, employees.c
    query = (
        select(there, people.employee_number, people.email, training_sessions.c.session_code)
        .join(employees, people.id == there.c.employee_id)
        .join(training_sessions, training_sessions.c.id == there.c.training_session_id)
    )
    return sorted(
        (
            *(line["employee_number"] or "", line["email"] or "", line["session_code"]),
            *(line["status"], line["grade"] or ""),
            *(_given(line, name) for name in ("enrolled_at", "completed_at")),
        )
        for line in connection.execute(query).mappings()
    )


def contents_of_enrollments(url: str) -> dict[int, dict[str, str]]:
    """Number -> field -> what `changes` tells of it, of each enrollment."""
    with create_engine(parse_url(url), poolclass=NullPool).connect() as connection:
        return {
            line["id"]: {
                **{name: line[name] or "" for name in ("status", "grade")},
                **{f"{name}_on": _told(line, f"{name}_at") for name in ("enrolled", "completed")},
            }
            for line in connection.execute(select(training_enrollments)).mappings()
        }


def _told(line: Any, name: str) -> str:
    if line[name] is None:
        return ""
    form = "%Y-%m-%d" if f"{line[name]:%H:%M:%S.%f}" == "00:00:00.000000" else "%Y-%m-%d %H:%M"
    return f"{line[name]:{form}}{' (default)' if line[f'{name}_is_default'] else ''}"


def _given(line: Any, name: str) -> str:
    return "" if line[name] is None or line[f"{name}_is_default"] else f"{line[name]:%Y-%m-%d}"


def _cases(connection: Connection) -> list[tuple[str, ...]]:
    cases = rollbook_cases.c
    found = []
    for text, state in connection.execute(select(cases.cells, cases.state)):
        cells = json.loads(text)
        found.append((*(cells.get(letter) or "" for letter in "ABCDEFGHI"), state))
    return sorted(found)


@pytest.fixture
def emptied_of(prepared: Prepared, tmp_path: Path) -> Iterator[Callable[[str], Played]]:
    """Gives databases of a kind with no row to play on: one of each, which is emptied in between."""
    with ExitStack() as stack:
        urls: dict[str, str] = {}

        def make(kind: str) -> Played:
            if kind not in urls:
                urls[kind] = stack.enter_context(prepared.one(kind, tmp_path))
            return _emptied(urls[kind], tmp_path)

        yield make


def _emptied(url: str, folder: Path) -> Played:
    engine = create_engine(parse_url(url), poolclass=NullPool)
    with engine.begin() as connection:
        for each in metadata.sorted_tables:
            if each is not rollbook_ledger:  # the name that the database bears for as long as it lives
                connection.execute(each.delete())
    return Played(url, folder)


@settings(max_examples=EXAMPLES)
@given(st.sampled_from(KINDS), STEPS)
def test_whatever_is_done_the_database_holds_what_the_model_says(
    emptied_of: Callable[[str], Played], kind: str, steps: list[Step]
) -> None:
    """Outcomes, exit codes, learners, sessions, enrollments and cases, after each step, on any of the databases."""
    played = emptied_of(kind)
    for step in steps:
        played.play(step)
    assert {run: played.listed(run) for run in played.accounts} == played.accounts
